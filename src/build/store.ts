/**
 * Bundles on disk: one file per module, named by its content, and manifest.json that names them.
 *
 * Invariant: a folder always holds one whole bundle or none. The files of a new one come first, under names
 * that no other content has; renaming the new manifest over the old is the moment it counts; then the files only
 * the old one named go. Files that no manifest named are not touched: the folder may be somebody's "dist".
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isOutOfDescriptors } from '../base/descriptors.ts';
import { readFileOf } from '../base/read-file.ts';
import type { WorkerConfig } from '../config/worker-config.ts';
import type { Bundle, BundleModule } from '../protocol/bundle.ts';
import { byteLength, digestOf, digestOfParts, type DigestParts, wholeDigest } from './assemble.ts';
import { BuildError } from './error.ts';
import { MANIFEST_FILE, MANIFEST_VERSION, type Manifest, type ManifestModule, makeManifest, manifestSchema, type StoredFile } from './manifest.ts';

/** Those of nearly all apps are smaller. */
const USUAL_MANIFEST_BYTES = 16 * 1024;
const PARALLEL = 16;

export interface WriteBundleOptions {
  /** For the manifest: what the bundle was configured with. */
  readonly config?: WorkerConfig | undefined;
  /** How one file is written; a test puts a full disk here. Default: write and flush to the disk. */
  readonly writeFile?: ((path: string, content: string | Uint8Array) => Promise<void>) | undefined;
}

/** Writes a bundle into a folder, which is made if need be, and returns its manifest. @throws BuildError ("disk") with the folder as it was */
export async function writeBundle(bundle: Bundle, dir: string, options: WriteBundleOptions = {}): Promise<Manifest> {
  const write = options.writeFile ?? writeFlushed;
  const suffix = `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const before = await readManifest(dir).catch(() => undefined);
  const kept = new Set(before === undefined ? [] : filesOf(before));
  const written: string[] = [];
  try {
    await mkdir(dir, { recursive: true });
    const put = async (file: string, content: string | Uint8Array): Promise<void> => {
      const path = join(dir, file);
      written.push(path + suffix);
      await write(path + suffix, content);
      if (!kept.has(file) && file !== MANIFEST_FILE) written.push(path);
      await rename(path + suffix, path);
    };
    const modules: ManifestModule[] = [];
    for (const module of bundle.modules) {
      const entry = storedModule(module);
      modules.push(entry);
      await put(entry.file, module.content);
      if (entry.map !== undefined && module.map !== undefined) await put(entry.map.file, module.map);
    }
    const manifest = makeManifest(bundle, modules, options.config);
    await put(MANIFEST_FILE, `${JSON.stringify(manifest, undefined, 2)}\n`);
    const now = new Set(filesOf(manifest));
    for (const file of kept) if (!now.has(file)) await rm(join(dir, file), { force: true });
    return manifest;
  } catch (error) {
    for (const path of written) await rm(path, { force: true }).catch(() => undefined);
    throw diskError(error, dir);
  }
}

/** Reads a bundle and checks every digest, but a source map's when the map is asked for. @throws BuildError ("corrupt") */
export async function readBundle(dir: string): Promise<{ bundle: Bundle; manifest: Manifest }> {
  try {
    return await readOnce(dir);
  } catch (error) {
    // A new version may have replaced the old between reading its manifest and its files.
    if (error instanceof BuildError && error.code === 'corrupt') return await readOnce(dir);
    throw error;
  }
}

async function readOnce(dir: string): Promise<{ bundle: Bundle; manifest: Manifest }> {
  const manifest = await readManifest(dir);
  const modules = await readModules(dir, manifest.modules);
  const { version, format, main, digest, bytes } = manifest;
  const parts = { format, main, modules: Object.freeze(modules) };
  const found = version === MANIFEST_VERSION ? digestOfParts({ format, main, modules: manifest.modules.map(partOf) }) : wholeDigest(parts);
  if (found !== digest || !modules.some((module) => module.name === main)) throw corrupt(dir, 'the digest of the whole does not match');
  return { bundle: Object.freeze({ ...parts, digest, bytes }), manifest };
}

const partOf = ({ name, type, usesMeta, sha256, map }: ManifestModule): DigestParts['modules'][number] => ({
  name,
  type,
  usesMeta,
  content: sha256,
  map: map?.sha256,
});

/** A few at a time: each is an open file, and a bundle may have a thousand. */
async function readModules(dir: string, stored: readonly ManifestModule[]): Promise<BundleModule[]> {
  const modules: BundleModule[] = [];
  const next = stored.entries();
  const read = async (): Promise<void> => {
    for (const [at, module] of next) modules[at] = await readModule(dir, module);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, stored.length) }, read));
  return modules;
}

/** A module, with its source map when that is asked for: most apps never throw, and the map is often the larger part. */
async function readModule(dir: string, { name, type, usesMeta, map, ...stored }: ManifestModule): Promise<BundleModule> {
  const bytes = await readStored(dir, stored);
  const content = type === 'wasm' || type === 'data' ? new Uint8Array(bytes) : bytes.toString('utf8');
  const module = { name, type, content, usesMeta };
  if (map === undefined) return Object.freeze(module);
  let text: string | undefined;
  let isRead = false;
  const readMap = (): string | undefined => {
    if (!isRead) text = mapText(dir, map);
    isRead = true;
    return text;
  };
  return Object.freeze(Object.defineProperty(module, 'map', { get: readMap, enumerable: true }));
}

/** Undefined where another version has taken the map's place meanwhile. */
function mapText(dir: string, { file, sha256 }: StoredFile): string | undefined {
  try {
    const bytes = readFileSync(join(dir, file));
    return digestOf(bytes) === sha256 ? bytes.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, MANIFEST_FILE);
  const text = await readFileOf(path, USUAL_MANIFEST_BYTES).then(String, (error: unknown) => {
    throw unreadable(dir, MANIFEST_FILE, error);
  });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw corrupt(dir, `${MANIFEST_FILE} is not JSON`);
  }
  const result = manifestSchema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw corrupt(dir, `${MANIFEST_FILE} is not a manifest of this version: ${issue?.path.join('.')} ${issue?.message}`);
}

async function readStored(dir: string, { file, sha256, bytes }: StoredFile): Promise<Buffer> {
  const content = await readFileOf(join(dir, file), bytes).catch((error: unknown) => {
    throw unreadable(dir, file, error);
  });
  if (content.byteLength !== bytes || digestOf(content) !== sha256) throw corrupt(dir, `${file} is not what was written`);
  return content;
}

function storedModule({ name, type, content, usesMeta, map }: BundleModule): ManifestModule {
  const entry = { name, type, usesMeta, ...stored(name, content) };
  return map === undefined ? entry : { ...entry, map: stored(`${name}.map`, map) };
}

function stored(name: string, content: string | Uint8Array): StoredFile {
  const sha256 = digestOf(content);
  const ending = /^\.\w+$/.test(extname(name)) ? extname(name) : '';
  const stem = basename(name, ending)
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  return { file: `${stem}.${sha256.slice(0, 12)}${ending}`, sha256, bytes: byteLength(content) };
}

function filesOf(manifest: Manifest): string[] {
  return manifest.modules.flatMap(({ file, map }) => (map === undefined ? [file] : [file, map.file]));
}

async function writeFlushed(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function diskError(error: unknown, dir: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reason =
    code === 'ENOSPC'
      ? 'there is no space left on the device'
      : code === 'EDQUOT'
        ? 'the disk quota is used up'
        : code === 'EROFS'
          ? 'the file system is read-only'
          : code === 'EACCES' || code === 'EPERM'
            ? 'permission denied'
            : code;
  return new BuildError('disk', `The bundle could not be written to ${dir}: ${reason}. What was there before is unchanged.`);
}

/** What cannot be read for want of a file descriptor may be read the next time. */
function unreadable(dir: string, file: string, error: unknown): BuildError {
  if (isOutOfDescriptors(error)) return new BuildError('disk', `The bundle in ${dir} cannot be read at the moment: too many open files.`);
  return corrupt(dir, `${file} cannot be read (${codeOf(error) ?? 'unknown'})`);
}

function corrupt(dir: string, what: string): BuildError {
  return new BuildError('corrupt', `There is no usable bundle in ${dir}: ${what}. Build it again.`);
}
