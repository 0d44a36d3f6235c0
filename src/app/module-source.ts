/**
 * A bundle as a source of modules for an isolate: its own modules, and the built-in ones it may import.
 *
 * Built-in and data modules take their values from the runtime through the boot global, which exists
 * only until tenant code runs; they are therefore evaluated first (`early`).
 */
import type { ModuleProvider, ModuleSource } from '../isolate/modules.ts';
import { type Bundle, type BundleModule, META_DYNAMIC_IMPORT, META_IMPORT_META, META_MODULE, resolveModule } from '../protocol/bundle.ts';
import { COMMONJS_MODULE } from '../protocol/commonjs.ts';
import { BOOT_GLOBAL } from '../protocol/ops.ts';
import type { ChunkName } from '../protocol/chunks.ts';
import { scanSources, withNeeds } from './chunk-scan.ts';
import { CommonJsModules, importedAs, isPrelude } from './commonjs.ts';
import { toScript } from './script-form.ts';

/** Sources of the built-in modules. */
const WORKERS = `export const{WorkerEntrypoint,DurableObject,RpcTarget,RpcStub,RpcPromise,RpcProperty,ServiceStub,waitUntil,WorkflowEntrypoint,env,exports,withEnv,withExports,withEnvAndExports,cache,tracing,abortIsolate}=${BOOT_GLOBAL}.builtins.workers;`;
const SOCKETS = `export const{connect}=${BOOT_GLOBAL}.builtins.sockets;`;
const BUILTINS: Readonly<Record<string, string>> = { 'cloudflare:workers': WORKERS, 'cloudflare:sockets': SOCKETS };

const metaSource = (referrer: string): string =>
  `export const{load:${META_DYNAMIC_IMPORT},meta:${META_IMPORT_META}}=${BOOT_GLOBAL}.builtins.meta(${JSON.stringify(referrer)});`;

/** An app in the form of a script. */
export type AppScript = { code: string; filename: string; texts: readonly BundleModule[] };

export class BundleModules implements ModuleProvider {
  readonly #modules: ReadonlyMap<string, BundleModule>;
  /** Names of the modules to evaluate before the realm is sealed. */
  readonly early: readonly string[];
  /** Could the modules use globals that they do not name? */
  readonly isDynamic: boolean;
  /** Do the modules speak of unhandled rejections? Who listens for them has the word, in a string or as a property. */
  readonly hearsRejections: boolean;
  /** Chunks of the runtime that the modules call for, in the order they are to be loaded in. */
  readonly chunks: readonly ChunkName[];
  /** Data and WebAssembly modules: their bytes go in before `early` is evaluated. */
  readonly data: readonly BundleModule[];
  /** CommonJS modules, whose functions are made after `early` is evaluated. */
  readonly commonjs: readonly BundleModule[];
  /** Built-in and data modules. */
  readonly #requirable: readonly string[];
  readonly #standIns: CommonJsModules;
  readonly #bundle: Bundle;

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
    this.#modules = new Map(bundle.modules.map((module) => [module.name, module]));
    this.#standIns = new CommonJsModules(this.#modules);
    this.data = bundle.modules.filter((module) => module.type === 'data' || module.type === 'wasm');
    const sources = bundle.modules.filter((module) => module.type === 'esm' || module.type === 'commonjs');
    this.commonjs = bundle.modules.filter((module) => module.type === 'commonjs');
    const isScript = bundle.format === 'service-worker';
    const texts = sources.map((module) => String(module.content));
    const { chunks, isDynamic } = scanSources(texts);
    const hearsHandled = texts.some((text) => text.includes('rejectionhandled'));
    this.hearsRejections = hearsHandled || texts.some((text) => text.includes('unhandledrejection'));
    const wanted: ChunkName[] = [...chunks];
    if (isScript) wanted.push('service');
    if (bundle.modules.some((module) => module.type === 'wasm')) wanted.push('wasm');
    if (hearsHandled) wanted.push('rejections');
    if (texts.some((text) => text.includes('cloudflare:sockets'))) wanted.push('sockets');
    if (this.commonjs.length > 0) wanted.push('commonjs');
    this.chunks = withNeeds(wanted);
    // `this` at the top of a script is the global object, and in functions that are not strict.
    this.isDynamic = isScript || isDynamic || this.commonjs.length > 0;
    // CommonJS modules are the tenant's code as well.
    this.#requirable = [
      ...Object.keys(BUILTINS).filter((name) => texts.some((text) => text.includes(name))),
      ...bundle.modules.filter(isData).map((module) => module.name),
    ];
    this.early = [
      ...this.#requirable,
      ...sources.filter((module) => module.usesMeta).map((module) => metaName(module.name)),
      ...(this.commonjs.length > 0 ? [COMMONJS_MODULE] : []),
    ];
  }

  /**
   * The app as one script, with the text and JSON modules it imports; undefined where it has to be run as modules.
   * Apps that import at run time are: what they may ask for has to be there as modules.
   */
  async script(): Promise<AppScript | undefined> {
    const main = this.#modules.get(this.#bundle.main);
    const isLone = this.#bundle.modules.every((module) => module === main || isData(module));
    if (main === undefined || main.type !== 'esm' || main.usesMeta || !isLone) return undefined;
    const code = await toScript(String(main.content), (specifier) => {
      try {
        return this.resolve(specifier, main.name);
      } catch {
        return undefined;
      }
    });
    if (code === undefined) return undefined;
    return { code, filename: main.name, texts: this.#bundle.modules.filter((module) => module.type === 'text' || module.type === 'json') };
  }

  resolve(specifier: string, referrer: string): string {
    if (specifier === META_MODULE) {
      if (this.#modules.get(referrer)?.usesMeta) return metaName(referrer);
      throw new Error(`No such module "${specifier}".`);
    }
    if (referrer === COMMONJS_MODULE ? this.#requirable.includes(specifier) : this.#isOfCommonJs(specifier, referrer)) return specifier;
    if (Object.hasOwn(BUILTINS, specifier)) return specifier;
    const name = specifier.includes(':') ? undefined : resolveModule(specifier, referrer);
    // Cloudflare's wording, with the importer named.
    if (name === undefined || !this.#modules.has(name)) throw new Error(`No such module "${name ?? specifier}".\n  imported from "${referrer}"`);
    return name;
  }

  /** What is imported in a CommonJS module's stead, and by its prelude, are names already. */
  #isOfCommonJs(specifier: string, referrer: string): boolean {
    if (!isPrelude(referrer) && this.#modules.get(referrer)?.type !== 'commonjs') return false;
    return specifier === COMMONJS_MODULE || isPrelude(specifier) || this.#modules.has(specifier);
  }

  source(name: string): ModuleSource {
    const builtin = BUILTINS[name];
    if (builtin !== undefined) return { filename: `nano:${name}`, code: builtin };
    if (name.startsWith(META_PREFIX)) return { filename: 'nano:meta', code: metaSource(name.slice(META_PREFIX.length)) };
    if (name === COMMONJS_MODULE) return { filename: COMMONJS_MODULE, code: this.#requirables() };
    if (isPrelude(name)) return { filename: COMMONJS_MODULE, code: this.#standIns.prelude(name) };
    const module = this.#modules.get(name);
    if (module === undefined) throw new Error(`No such module "${name}".`);
    // Stacks have a CommonJS module's name for its own lines.
    return { filename: module.type === 'commonjs' ? COMMONJS_MODULE : name, code: this.#codeOf(module) };
  }

  #codeOf(module: BundleModule): string {
    const name = JSON.stringify(module.name);
    switch (module.type) {
      case 'esm':
        return String(module.content);
      case 'text':
        return `export default ${JSON.stringify(module.content)};`;
      case 'json':
        return `export default ${BOOT_GLOBAL}.builtins.json(${JSON.stringify(module.content)});`;
      case 'commonjs':
        return this.#standIns.standIn(module.name);
      case 'data':
      case 'wasm':
        return `export default ${BOOT_GLOBAL}.builtins.take(${name});`;
    }
  }

  /** The built-in module behind CommonJS modules. */
  #requirables(): string {
    const { imports, args } = importedAs(this.#requirable);
    const esModules = this.#bundle.modules.filter(({ type }) => type === 'esm').map(({ name }) => name);
    return `${imports}const{commonjs}=${BOOT_GLOBAL}.builtins;export const{run,add}=commonjs(${args},${JSON.stringify(esModules)});`;
  }
}

const isData = (module: BundleModule): boolean => module.type !== 'esm' && module.type !== 'commonjs';

const META_PREFIX = `${META_MODULE}?`;
const metaName = (referrer: string): string => META_PREFIX + referrer;
