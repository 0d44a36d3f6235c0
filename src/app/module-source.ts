/**
 * A bundle as a source of modules for an isolate: its own modules, and the built-in ones it may import.
 *
 * Built-in and data modules take their values from the runtime through the boot global, which exists
 * only until tenant code runs; they are therefore evaluated first (`early`).
 */
import type { ModuleProvider, ModuleSource } from '../isolate/modules.ts';
import { type Bundle, type BundleModule, META_DYNAMIC_IMPORT, META_IMPORT_META, META_MODULE, resolveModule } from '../protocol/bundle.ts';
import { BOOT_GLOBAL } from '../protocol/ops.ts';
import type { CodeCache } from '../isolate/code-cache.ts';
import type { ChunkName } from '../protocol/chunks.ts';
import { chunksFor, withNeeds } from './chunk-scan.ts';

/** Source of `cloudflare:workers`. */
const WORKERS = `export const{WorkerEntrypoint,DurableObject,RpcTarget,waitUntil,env}=${BOOT_GLOBAL}.builtins.workers;`;
const BUILTINS: Readonly<Record<string, string>> = { 'cloudflare:workers': WORKERS };

const metaSource = (referrer: string): string =>
  `export const{load:${META_DYNAMIC_IMPORT},meta:${META_IMPORT_META}}=${BOOT_GLOBAL}.builtins.meta(${JSON.stringify(referrer)});`;

export class BundleModules implements ModuleProvider {
  readonly #modules: ReadonlyMap<string, BundleModule>;
  readonly #cache: CodeCache;
  /** Names of the modules to evaluate before the realm is sealed. */
  readonly early: readonly string[];
  /** Chunks of the runtime that the modules call for, in the order they are to be loaded in. */
  readonly chunks: readonly ChunkName[];
  /** Data and WebAssembly modules: their bytes go in before `early` is evaluated. */
  readonly data: readonly BundleModule[];

  constructor(bundle: Bundle, cache: CodeCache) {
    this.#modules = new Map(bundle.modules.map((module) => [module.name, module]));
    this.#cache = cache;
    this.data = bundle.modules.filter((module) => module.type === 'data' || module.type === 'wasm');
    const sources = bundle.modules.filter((module) => module.type === 'esm');
    const chunks = chunksFor(bundle.modules.filter((module) => module.type === 'esm' || module.type === 'commonjs').map((module) => String(module.content)));
    this.chunks = bundle.format === 'service-worker' ? withNeeds([...chunks, 'service']) : chunks;
    this.early = [
      ...Object.keys(BUILTINS).filter((name) => sources.some((module) => String(module.content).includes(name))),
      ...sources.filter((module) => module.usesMeta).map((module) => metaName(module.name)),
      ...bundle.modules.filter((module) => module.type !== 'esm').map((module) => module.name),
    ];
  }

  resolve(specifier: string, referrer: string): string {
    if (specifier === META_MODULE) {
      if (this.#modules.get(referrer)?.usesMeta) return metaName(referrer);
      throw new Error(`No such module "${specifier}".`);
    }
    if (Object.hasOwn(BUILTINS, specifier)) return specifier;
    const name = specifier.includes(':') ? undefined : resolveModule(specifier, referrer);
    // Cloudflare's wording, with the importer named.
    if (name === undefined || !this.#modules.has(name)) throw new Error(`No such module "${name ?? specifier}".\n  imported from "${referrer}"`);
    return name;
  }

  source(name: string): ModuleSource {
    const builtin = BUILTINS[name];
    if (builtin !== undefined) return { filename: `nano:${name}`, code: builtin, cached: this.#cache.get(name) };
    if (name.startsWith(META_PREFIX)) return { filename: 'nano:meta', code: metaSource(name.slice(META_PREFIX.length)), cached: this.#cache.get(name) };
    const module = this.#modules.get(name);
    if (module === undefined) throw new Error(`No such module "${name}".`);
    return { filename: name, code: codeOf(module), cached: this.#cache.get(name) };
  }

  produced(name: string, cache: Parameters<CodeCache['put']>[1]): void {
    this.#cache.put(name, cache);
  }
}

const META_PREFIX = `${META_MODULE}?`;
const metaName = (referrer: string): string => META_PREFIX + referrer;

const codeOf = (module: BundleModule): string => {
  const name = JSON.stringify(module.name);
  switch (module.type) {
    case 'esm':
      return String(module.content);
    case 'text':
      return `export default ${JSON.stringify(module.content)};`;
    case 'json':
      return `export default ${BOOT_GLOBAL}.builtins.json(${JSON.stringify(module.content)});`;
    case 'data':
    case 'wasm':
      return `export default ${BOOT_GLOBAL}.builtins.take(${name});`;
    case 'commonjs':
      return `const module={exports:{}},exports=module.exports;const require=(n)=>{throw new Error("Dynamic require of \\""+n+"\\" is not supported")};\n${String(module.content)}\nexport default module.exports;`;
  }
};
