/**
 * A bundle: everything of one version of an app that is executed. The builder makes it, the registry
 * stores it, the engine runs it.
 *
 * Invariants, binding on whoever makes one:
 * - Module names are relative POSIX paths ("index.js", "lang/de.js"): no empty, "." or ".." segment, no
 *   leading "/", no backslash, no control character. No absolute host path is anywhere in a bundle.
 * - `main` is the name of one of `modules`; names are unique; modules are sorted by name.
 * - Source text has no `import()` and no `import.meta` left: V8 embedders without the two hooks cannot
 *   run them. Each was replaced by an identifier of the same width (so columns and source maps hold), and
 *   one import statement at the end of the module (`usesMeta`) brings the identifiers in:
 *   `import{dynamicImport as …,importMeta as …}from"nano:meta";`. The engine links that specifier to a
 *   module of its own, one per importing module: `dynamicImport(specifier)` resolves against the importer,
 *   `importMeta` is the importer's `import.meta`. Only what is used is imported.
 */

/** The specifier that stands for a module's own `import()` and `import.meta`. Apps cannot import it. */
export const META_MODULE = 'nano:meta';
export const META_DYNAMIC_IMPORT = 'dynamicImport';
export const META_IMPORT_META = 'importMeta';

export type BundleFormat = 'modules' | 'service-worker';
export type ModuleType = 'esm' | 'commonjs' | 'text' | 'json' | 'data' | 'wasm';

export interface BundleModule {
  readonly name: string;
  readonly type: ModuleType;
  /** A string for esm, commonjs, text and json; bytes for data and wasm. */
  readonly content: string | Uint8Array;
  /** Its source ends with an import of `nano:meta`. */
  readonly usesMeta: boolean;
  /** Source map (JSON text), with sources relative to the project. Of a bundle on disk it is read when asked for. */
  readonly map?: string;
}

export interface Bundle {
  readonly format: BundleFormat;
  /** The name of the entry module. A service worker is an ES module without exports. */
  readonly main: string;
  readonly modules: readonly BundleModule[];
  /** SHA-256 over format, main and the digests of every module and its source map, as 64 hex digits. */
  readonly digest: string;
  /** Size of all modules in UTF-8, without source maps. */
  readonly bytes: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN_IN_NAME = /[\\\u0000-\u001f\u007f]/;

/** Is this a well-formed module name? */
export function isModuleName(name: string): boolean {
  if (name === '' || name.length > 512 || FORBIDDEN_IN_NAME.test(name)) return false;
  return name.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/**
 * The module that a specifier means, as a name to look up among the bundle's modules; undefined where it
 * leads out of the bundle.
 *
 * "./x" and "../x" are relative to the importing module's folder, "/x" to the bundle's root, and anything
 * else is a name as it stands ("lang/de.js"). A query or fragment ("./x.wasm?module") is not part of the name.
 * Schemes ("node:", "cloudflare:", "nano:") are for the caller to recognise first.
 */
export function resolveModule(specifier: string, referrer: string): string | undefined {
  const end = specifier.search(/[?#]/);
  const path = end === -1 ? specifier : specifier.slice(0, end);
  const relative = path.startsWith('./') || path.startsWith('../');
  const segments = relative ? referrer.split('/').slice(0, -1) : [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  const name = segments.join('/');
  return isModuleName(name) ? name : undefined;
}
