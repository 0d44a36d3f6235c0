/**
 * Static assets, put into a version's folder: bytes first, under names made from them, the list last.
 *
 * Invariant: a folder with a list has every file that the list names, and none of them ever changes. What another
 * version of the app has already is linked, not copied; the project's own files are always copied, since they may be edited.
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import { type AssetFile, type AssetManifest, type AssetVariant, ASSETS_DIR, ASSETS_FILE } from '../../protocol/assets.ts';
import { BuildError } from '../error.ts';
import { isCompressible } from './content-type.ts';
import { type AssetTree, digestOf, ENDINGS } from './scan.ts';

export type WriteAssetsOptions = {
  /** Make compressed variants: worth its time where many will ask for them. */
  compress: boolean;
};

const PARALLEL = 4;
/** What is smaller fits a packet; what is larger takes too long. */
const LEAST_COMPRESSED = 1024;
const MOST_COMPRESSED = 8 * 1024 * 1024;
/** A variant must save a tenth of it. */
const WORTH = 0.9;

const compressors = {
  br: (bytes: Uint8Array) => promisify(brotliCompress)(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength } }),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 9 }),
};

/** @throws BuildError ("disk", or "source" where a file changed meanwhile) */
export async function writeAssets(tree: AssetTree, dir: string, options: WriteAssetsOptions): Promise<void> {
  if (await areStored(dir, tree.manifest.digest)) return;
  try {
    const folder = join(dir, ASSETS_DIR);
    await mkdir(folder, { recursive: true });
    const place = new Place(folder, await otherFolders(dir));
    await each([...tree.sources], ([file, source]) => place.put(file, source));
    const files = options.compress ? await compressed(tree.manifest.files, place) : tree.manifest.files;
    const manifest: AssetManifest = { ...tree.manifest, files };
    const path = join(dir, ASSETS_FILE);
    await writeSynced(`${path}.tmp`, JSON.stringify(manifest));
    await rename(`${path}.tmp`, path);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new BuildError('disk', `The assets could not be written to ${dir}: ${code === 'ENOSPC' ? 'there is no space left on the device' : code}.`);
  }
}

/** Are these very assets in the folder, all of them? */
async function areStored(dir: string, digest: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(join(dir, ASSETS_FILE), 'utf8')) as AssetManifest).digest === digest;
  } catch {
    return false;
  }
}

/** A folder of bytes that is being filled. */
class Place {
  readonly #folder: string;
  /** Name → a file of another version that has these bytes. */
  readonly #others: ReadonlyMap<string, string>;

  constructor(folder: string, others: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#others = others;
  }

  pathOf(file: string): string {
    return join(this.#folder, file);
  }

  async put(file: string, source: string): Promise<void> {
    if (await this.#linked(file)) return;
    const path = this.pathOf(file);
    const temporary = `${path}.tmp`;
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    if ((await digestOf(temporary)) !== file) {
      await rm(temporary, { force: true });
      throw new BuildError('source', `The asset ${source} was changed while it was read. Save it again.`);
    }
    await sync(temporary);
    await rename(temporary, path);
  }

  /** @returns its size */
  async putBytes(file: string, make: () => Promise<Uint8Array>): Promise<number> {
    if (await this.#linked(file)) return (await readFile(this.pathOf(file))).byteLength;
    const bytes = await make();
    await writeSynced(`${this.pathOf(file)}.tmp`, bytes);
    await rename(`${this.pathOf(file)}.tmp`, this.pathOf(file));
    return bytes.byteLength;
  }

  /** Takes the bytes over from another version. */
  async #linked(file: string): Promise<boolean> {
    const other = this.#others.get(file);
    if (other === undefined) return false;
    try {
      await link(other, this.pathOf(file));
      return true;
    } catch (error) {
      // The other version may be gone, the file system may have no links, or a build was broken off half-way.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') await rm(this.pathOf(file), { force: true });
      return false;
    }
  }
}

/** Makes variants of what is worth it and has none. */
async function compressed(files: readonly AssetFile[], place: Place): Promise<AssetFile[]> {
  const made = new Map<string, readonly AssetVariant[]>();
  const candidates = new Map(
    files
      .filter(({ size, type, variants }) => variants === undefined && size >= LEAST_COMPRESSED && size <= MOST_COMPRESSED && isCompressible(type))
      .map((one) => [one.file, one]),
  );
  await each([...candidates.values()], async ({ file, size }) => {
    const variants: AssetVariant[] = [];
    let bytes: Uint8Array | undefined;
    for (const encoding of ['br', 'gzip'] as const) {
      const name = file + ENDINGS[encoding];
      const length = await place.putBytes(name, async () => compressors[encoding]((bytes ??= await readFile(place.pathOf(file)))));
      if (length < size * WORTH) variants.push({ encoding, file: name, size: length });
      else await rm(place.pathOf(name), { force: true });
    }
    if (variants.length > 0)
      made.set(
        file,
        variants.sort((a, b) => a.size - b.size),
      );
  });
  return files.map((one) => {
    const variants = candidates.has(one.file) && one.variants === undefined && isCompressible(one.type) ? made.get(one.file) : undefined;
    return variants === undefined ? one : { ...one, variants };
  });
}

/** The bytes that other versions of the app have. */
async function otherFolders(dir: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const parent = dirname(dir);
  for (const version of await readdir(parent).catch(() => [])) {
    const folder = join(parent, version, ASSETS_DIR);
    // Without its list a folder may hold half a file.
    if (join(parent, version) === dir || !(await exists(join(parent, version, ASSETS_FILE)))) continue;
    for (const file of await readdir(folder).catch(() => [])) files.set(file, join(folder, file));
  }
  return files;
}

async function exists(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  await file?.close();
  return file !== undefined;
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const next = items.values();
  const run = async (): Promise<void> => {
    for (const item of next) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, run));
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content);
  await sync(path);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
