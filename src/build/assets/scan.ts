/**
 * The folder of an app's static assets, read: which files there are, what they hold, and by which rules they are served.
 *
 * Contract: nothing outside the folder is in the result. A link is followed where it leads to a file inside; other
 * links, and whatever is no regular file, are left out with a warning.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type AssetFile, type AssetManifest, type AssetVariant, ASSETS_VERSION, type HtmlHandling } from '../../protocol/assets.ts';
import { BuildError } from '../error.ts';
import { readSource } from '../module-files.ts';
import { contentType } from './content-type.ts';
import { type InvalidLine, parseHeaders } from './headers-file.ts';
import { createIgnore, type IsIgnored } from './ignore.ts';
import { parseRedirects } from './redirects-file.ts';

export type AssetTree = {
  manifest: AssetManifest;
  /** Name among the bytes → a file that has them. Absolute. */
  sources: ReadonlyMap<string, string>;
  warnings: readonly string[];
};

const IGNORE_FILE = '.assetsignore';
const HEADERS_FILE = '_headers';
const REDIRECTS_FILE = '_redirects';

/** Never served: what concerns the server, and what is somebody's secret. */
const NEVER = [`/${IGNORE_FILE}`, `/${REDIRECTS_FILE}`, `/${HEADERS_FILE}`, '.dev.vars', '.dev.vars.*'];
/** Left out unless `.assetsignore` brings it back: a folder of assets that is the project's own is full of it. */
const SELDOM_MEANT = ['node_modules', '.git', '.env', '.env.*', '.wrangler', '.nano', '.DS_Store', 'wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];

/** @see https://developers.cloudflare.com/workers/platform/limits/#static-assets */
const MOST_FILES = 100_000;
const MOST_BYTES = 25 * 1024 * 1024;
const PARALLEL = 8;

type Found = { path: string; source: string; size: number; key: string };

/** Reads one folder again and again: what has not changed is not read twice. */
export class AssetScanner {
  #digests = new Map<string, { key: string; digest: string }>();

  /** @throws BuildError where the folder cannot be served as it is */
  async scan(directory: string, htmlHandling: HtmlHandling): Promise<AssetTree> {
    const warnings: string[] = [];
    const root = await rootOf(directory);
    const own = await readText(join(root, IGNORE_FILE));
    const lines = own?.split('\n') ?? [];
    const isNever = createIgnore(NEVER);
    const isLeftOut = createIgnore([...SELDOM_MEANT, ...lines]);
    const found = await walk(root, (path) => isNever(path) || isLeftOut(path), warnings);
    if (own === undefined) refusePagesWorker(found);
    const digests = await this.#digestsOf(found);
    const sources = new Map<string, string>();
    const files = found.map(({ path, source, size }): AssetFile => {
      const file = digests.get(source)?.digest ?? '';
      sources.set(file, source);
      return { path, file, size, type: contentType(path) };
    });
    const headers = parseHeaders((await readText(join(root, HEADERS_FILE))) ?? '');
    const { redirects, invalid } = parseRedirects((await readText(join(root, REDIRECTS_FILE))) ?? '', htmlHandling);
    warnings.push(...invalidLines('redirect', REDIRECTS_FILE, invalid), ...invalidLines('header', HEADERS_FILE, headers.invalid));
    const rest = { redirects, headers: headers.rules };
    const digest = createHash('sha256')
      .update(JSON.stringify({ files, ...rest }))
      .digest('hex');
    return { manifest: { version: ASSETS_VERSION, digest, files: withVariants(files), ...rest }, sources, warnings };
  }

  async #digestsOf(found: readonly Found[]): Promise<ReadonlyMap<string, { key: string; digest: string }>> {
    const digests = new Map<string, { key: string; digest: string }>();
    const next = found.values();
    const work = async (): Promise<void> => {
      for (const { source, key } of next) {
        const known = this.#digests.get(source);
        digests.set(source, known?.key === key ? known : { key, digest: await digestOf(source) });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    this.#digests = digests;
    return digests;
  }
}

/** The name of a content: half of its SHA-256. @throws BuildError */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex').slice(0, 32);
}

async function rootOf(directory: string): Promise<string> {
  const info = await stat(directory).catch(() => undefined);
  if (info === undefined)
    throw new BuildError('source', `The directory specified by the "assets.directory" field in your configuration file does not exist:\n${directory}`);
  if (!info.isDirectory())
    throw new BuildError('source', `The path specified by the "assets.directory" field in your configuration file doesn't point to a directory:\n${directory}`);
  return realpath(directory);
}

/** Every asset, in the order of their names. */
async function walk(root: string, isIgnored: IsIgnored, warnings: string[]): Promise<Found[]> {
  const found: Found[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(join(root, folder), error);
    });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(path)) continue;
      if (entry.isDirectory()) {
        await visit(path);
        continue;
      }
      const file = await fileInside(root, path);
      if (typeof file === 'string') warnings.push(`The asset ${JSON.stringify(path)} is not served: ${file}.`);
      else found.push(file);
      if (found.length > MOST_FILES)
        throw new BuildError(
          'source',
          `Maximum number of assets exceeded.\nCloudflare Workers supports up to ${MOST_FILES.toLocaleString('en')} assets in a version.\nEnsure your assets directory contains a maximum of ${MOST_FILES.toLocaleString('en')} files, and that you have specified your assets directory correctly.`,
        );
    }
  };
  await visit('');
  return found;
}

/** The file behind a path, or why there is none. */
async function fileInside(root: string, path: string): Promise<Found | string> {
  const given = join(root, ...path.split('/'));
  try {
    const source = await realpath(given);
    if (source !== given && !source.startsWith(root + sep)) return 'the link leads out of the folder';
    const info = await stat(source, { bigint: true });
    if (info.isDirectory()) return 'links to folders are not followed';
    if (!info.isFile()) return 'it is no regular file';
    if (info.size > MOST_BYTES)
      throw new BuildError(
        'source',
        `Asset too large.\nCloudflare Workers supports assets with sizes of up to 25 MiB. We found a file ${path} with a size of ${(Number(info.size) / 1024 / 1024).toFixed(1)} MiB.\nEnsure all assets in your assets directory conform with the Workers maximum size requirement.`,
      );
    return { path: `/${path}`, source, size: Number(info.size), key: `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}` };
  } catch (error) {
    if (error instanceof BuildError) throw error;
    return 'it cannot be read';
  }
}

/** Code of a Pages project that would be there for everybody to read. */
function refusePagesWorker(found: readonly Found[]): void {
  const worker = found.find(({ path }) => path.startsWith('/_worker.js'));
  if (worker === undefined) return;
  const kind = worker.path === '/_worker.js' ? 'file' : 'directory';
  throw new BuildError(
    'source',
    `Uploading a Pages _worker.js ${kind} as an asset.\nThis could expose your private server-side code to the public Internet. Is this intended?\nIf you do not want to upload this ${kind}, either remove it or add an "${IGNORE_FILE}" file, to the root of your asset directory, containing "_worker.js" to avoid uploading.\nIf you do want to upload this ${kind}, you can add an empty "${IGNORE_FILE}" file, to the root of your asset directory, to hide this error.`,
  );
}

/** "app.js.br" beside "app.js" is the same in another encoding. */
function withVariants(files: readonly AssetFile[]): AssetFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return files.map((file) => {
    const variants = (['br', 'gzip'] as const).flatMap((encoding): AssetVariant[] => {
      const beside = byPath.get(file.path + ENDINGS[encoding]);
      return beside === undefined || beside.size >= file.size ? [] : [{ encoding, file: beside.file, size: beside.size }];
    });
    return variants.length === 0 ? file : { ...file, variants: variants.sort((a, b) => a.size - b.size) };
  });
}

export const ENDINGS = { br: '.br', gzip: '.gz' } as const;

function invalidLines(kind: string, file: string, invalid: readonly InvalidLine[]): string[] {
  if (invalid.length === 0) return [];
  const lines = invalid.map(({ message, line, lineNumber }) => {
    const place = line === undefined ? '' : `\n    at ${file}${lineNumber === undefined ? '' : `:${lineNumber}`} | ${line}`;
    return `▶︎ ${message}${place}`;
  });
  return [`Found ${invalid.length} invalid ${kind} rule${invalid.length === 1 ? '' : 's'}:\n${lines.join('\n')}`];
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readSource(path)).toString('utf8');
  } catch (error) {
    if (error instanceof BuildError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): BuildError {
  return new BuildError('source', `A file of the app cannot be read: ${path} (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
}
