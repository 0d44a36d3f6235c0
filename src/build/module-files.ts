/** Modules that stay files of their own beside the bundled entry: how they are named and read. */
import { createHash } from 'node:crypto';
import { basename, isAbsolute, posix, relative, sep } from 'node:path';
import { OddFileError, readRegularFile } from '../base/regular-file.ts';
import type { ModuleType } from '../protocol/bundle.ts';
import { LIMITS } from '../protocol/limits.ts';
import { BuildError } from './error.ts';

export interface ModuleFile {
  readonly name: string;
  readonly type: ModuleType;
  readonly content: string | Uint8Array;
  /** Where it was read. Absolute. */
  readonly path: string;
}

/** A file's name relative to a folder, with "/"; undefined where it is not inside. */
export function nameInside(dir: string, path: string): string | undefined {
  const name = relative(dir, path);
  if (name === '' || isAbsolute(name) || name === '..' || name.startsWith(`..${sep}`)) return undefined;
  return sep === '/' ? name : name.split(sep).join('/');
}

/** The entry's module name: as it lies below the base folder, ending in .js. */
export function mainName(baseDir: string, main: string): string {
  return (nameInside(baseDir, main) ?? basename(main)).replace(/\.(?:tsx?|jsx|[cm]?js|mts|cts)$/, '.js').replace(/[\\\p{Cc}]/gu, '_');
}

/** The specifier by which one module imports another. */
export function specifierBetween(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

export async function readModule(path: string, type: ModuleType, name?: string): Promise<ModuleFile> {
  const bytes = await readSource(path);
  // A name made from the content, as wrangler's: two files called data.bin do not meet.
  const unique = (): string => `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}-${basename(path).replace(/[^\w.-]/g, '_')}`;
  const binary = type === 'data' || type === 'wasm';
  return { name: name ?? unique(), type, path, content: binary ? new Uint8Array(bytes) : bytes.toString('utf8') };
}

/** A file of the app's. One that no bundle has room for is not read. @throws BuildError where it is no file, or too large */
export async function readSource(path: string): Promise<Buffer> {
  try {
    return await readRegularFile(path, LIMITS.bundleBytes.ceiling);
  } catch (error) {
    throw error instanceof OddFileError ? new BuildError('source', `A file of the app cannot be read: ${path}. ${error.message}`) : error;
  }
}
