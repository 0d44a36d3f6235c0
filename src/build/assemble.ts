/** Makes a bundle of modules: rewrites them, checks that they find each other, sorts, measures and signs. */
import { createHash } from 'node:crypto';
import { type Bundle, type BundleFormat, type BundleModule, isModuleName, resolveModule } from '../protocol/bundle.ts';
import { BuildError, type BuildProblem, sourceError } from './error.ts';
import { MetaError, type Rewritten, rewriteMeta } from './meta.ts';
import type { ModuleFile } from './module-files.ts';

export interface Draft {
  readonly main: string;
  readonly modules: readonly (Pick<ModuleFile, 'name' | 'type' | 'content'> & { readonly map?: string | undefined })[];
  /** Undefined: the entry's exports decide. */
  readonly format?: BundleFormat | undefined;
  readonly maxBytes: number;
}

export async function assembleBundle({ main, modules, format, maxBytes }: Draft): Promise<Bundle> {
  const names = new Set<string>();
  for (const { name } of modules) {
    if (!isModuleName(name)) throw new BuildError('source', `${JSON.stringify(name)} cannot be the name of a module. Rename the file.`);
    if (names.has(name)) throw new BuildError('source', `Two modules are called ${JSON.stringify(name)}. Rename one of the files, or set "base_dir".`);
    names.add(name);
  }
  let guessed: BundleFormat = 'service-worker';
  const finished: BundleModule[] = [];
  for (const { name, type, content, map } of modules) {
    if (type !== 'esm' || typeof content !== 'string') {
      finished.push(Object.freeze({ name, type, content, usesMeta: false }));
      continue;
    }
    const rewritten = await rewrite(name, content);
    await checkImports(name, content, rewritten, names);
    if (name === main && rewritten.hasExports) guessed = 'modules';
    finished.push(Object.freeze({ name, type, content: rewritten.code, usesMeta: rewritten.usesMeta, ...(map !== undefined && { map }) }));
  }
  finished.sort((a, b) => (a.name < b.name ? -1 : 1));
  const bytes = finished.reduce((sum, module) => sum + byteLength(module.content), 0);
  if (bytes > maxBytes) throw tooLarge(finished, bytes, maxBytes);
  const parts = { format: format ?? guessed, main, modules: Object.freeze(finished) };
  return Object.freeze({ ...parts, digest: bundleDigest(parts), bytes });
}

export function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}

export const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** What the digest of a bundle is made of; `content` and `map` are those of the module, or their digests. */
export type DigestParts = {
  readonly format: string;
  readonly main: string;
  readonly modules: readonly (Omit<BundleModule, 'map'> & { readonly map?: string | undefined })[];
};

/** SHA-256 over everything. */
export function bundleDigest({ format, main, modules }: DigestParts): string {
  const digests = modules.map(({ content, map, ...module }) => ({ ...module, content: digestOf(content), map: map === undefined ? undefined : digestOf(map) }));
  return digestOfParts({ format, main, modules: digests });
}

/** The digest of a bundle from those of its contents, so that who has checked them need not read them again. */
export const digestOfParts = (parts: DigestParts): string => digestOver('nano-bundle-2', parts);

/** The digest of a bundle as it was made before, over the contents themselves. */
export const wholeDigest = (bundle: DigestParts): string => digestOver('nano-bundle-1', bundle);

/** Each part goes in with its length before it, so that no two bundles read the same. */
function digestOver(label: string, { format, main, modules }: DigestParts): string {
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array): void => {
    hash.update(`${byteLength(part)}:`);
    hash.update(part);
  };
  for (const part of [label, format, main, String(modules.length)]) add(part);
  for (const { name, type, content, usesMeta, map } of modules) {
    for (const part of [name, type, content, usesMeta ? 'meta' : '', map ?? '']) add(part);
  }
  return hash.digest('hex');
}

async function rewrite(name: string, source: string): Promise<Rewritten> {
  try {
    return await rewriteMeta(source);
  } catch (error) {
    throw error instanceof MetaError ? await sourceError([{ text: error.message, location: locationAt(name, source, error.offset) }]) : error;
  }
}

const KNOWN_SCHEME = /^(?:node|cloudflare):/;

/** Static imports must find their module now: at run time the message would reach the wrong person. */
async function checkImports(name: string, source: string, { imports }: Rewritten, names: ReadonlySet<string>): Promise<void> {
  const missing = imports.filter(({ specifier }) => {
    if (KNOWN_SCHEME.test(specifier)) return false;
    const target = resolveModule(specifier, name);
    return target === undefined || !names.has(target);
  });
  if (missing.length === 0) return;
  throw await sourceError(
    missing.map(({ specifier, offset }) => ({
      text: `Could not resolve ${JSON.stringify(specifier)}`,
      location: locationAt(name, source, offset),
      notes: [
        {
          text: `There is no module of that name in the bundle. Without bundling, the file must match a module rule: add one to "rules", for example { "type": "ESModule", "globs": ["**/*.js"] }, or remove "no_bundle".`,
        },
      ],
    })),
  );
}

function locationAt(file: string, source: string, offset: number): { file: string; line: number; column: number; lineText: string } {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const end = source.indexOf('\n', start);
  return {
    file,
    line: source.slice(0, start).split('\n').length,
    column: offset - start,
    lineText: source.slice(start, end === -1 ? undefined : end).slice(0, 200),
  };
}

function tooLarge(modules: readonly BundleModule[], bytes: number, maxBytes: number): BuildError {
  const largest = [...modules].sort((a, b) => byteLength(b.content) - byteLength(a.content)).slice(0, 5);
  const lines = largest.map((module) => `  ${kilobytes(byteLength(module.content)).padStart(12)}  ${module.name}`);
  const text = `The bundle has ${kilobytes(bytes)}; ${kilobytes(maxBytes)} are allowed. The largest modules are:\n${lines.join('\n')}\nLeave out what is not needed, set "minify": true, or raise "limits.ceilings.bundle_bytes" in nano.jsonc.`;
  const problem: BuildProblem = { text, file: undefined, line: undefined, column: undefined, lineText: undefined, notes: [] };
  return new BuildError('too-large', text, [problem]);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
