/**
 * The host's part in CommonJS modules: their functions, and which ES modules have to be there before them.
 *
 * They are scripts and no ES modules, so that they are as sloppy as their authors meant, and are compiled apart from the ES
 * module that stands for them: no text of theirs is in what the engine makes.
 */
import type { Realm } from '../isolate/realm.ts';
import type { BundleModule, ModuleType } from '../protocol/bundle.ts';
import { COMMONJS_MODULE, requiredSpecifiers, resolveRequired } from '../protocol/commonjs.ts';

/** Two functions, so that the module may declare what the outer one has for arguments. */
const BEFORE = '(function(exports,require,module,__filename,__dirname){return function(){\n';
const AFTER = '\n}})';

/** A compiled module: what comes to its function, which runs none of it; or why V8 refuses it, which whoever requires it hears. */
export type CompiledCommonJs = { name: string; wrapper: ((timeout: number) => Promise<unknown>) | string };

export async function compileCommonJs(realm: Realm, { name, content }: BundleModule): Promise<CompiledCommonJs> {
  try {
    return { name, wrapper: await realm.compile(`${BEFORE}${content as string}${AFTER}`, { filename: name, lineOffset: -1 }, undefined) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { name, wrapper: error.message };
  }
}

/** The prelude of a module: what has to be evaluated before it. Each is one more module of the graph, so that V8 follows them. */
const PRELUDE = `${COMMONJS_MODULE}?`;
export const isPrelude = (name: string): boolean => name.startsWith(PRELUDE);

/** The ES modules that stand for a bundle's CommonJS modules; none of the modules' own text is in them. */
export class CommonJsModules {
  readonly #modules: ReadonlyMap<string, BundleModule>;
  /** By CommonJS module: the ES modules and CommonJS modules it requires by strings. Undefined where none requires an ES module. */
  #requires: ReadonlyMap<string, { esm: string[]; commonjs: string[] }> | undefined;
  #isRead = false;

  constructor(modules: ReadonlyMap<string, BundleModule>) {
    this.#modules = modules;
  }

  /** What importers get: it runs the module. */
  standIn(name: string): string {
    const prelude = this.#all()?.has(name) ? `import${JSON.stringify(PRELUDE + name)};` : '';
    return `import{run}from"${COMMONJS_MODULE}";${prelude}export default run(${JSON.stringify(name)});`;
  }

  prelude(name: string): string {
    const { esm, commonjs } = this.#all()?.get(name.slice(PRELUDE.length)) ?? { esm: [], commonjs: [] };
    const { imports, args } = importedAs(esm);
    const further = commonjs.filter((each) => this.#all()?.has(each)).map((each) => `import${JSON.stringify(PRELUDE + each)};`);
    return `import{add}from"${COMMONJS_MODULE}";${further.join('')}${imports}add(${args});`;
  }

  #all(): ReadonlyMap<string, { esm: string[]; commonjs: string[] }> | undefined {
    if (!this.#isRead) {
      const all = new Map<string, { esm: string[]; commonjs: string[] }>();
      for (const { name, type, content } of this.#modules.values()) if (type === 'commonjs') all.set(name, this.#read(name, String(content)));
      if ([...all.values()].some(({ esm }) => esm.length > 0)) this.#requires = all;
      this.#isRead = true;
    }
    return this.#requires;
  }

  #read(name: string, source: string): { esm: string[]; commonjs: string[] } {
    const targets = new Set(requiredSpecifiers(source).map((specifier) => resolveRequired(specifier, name) ?? ''));
    const ofType = (type: ModuleType): string[] => [...targets].filter((target) => this.#modules.get(target)?.type === type);
    return { esm: ofType('esm'), commonjs: ofType('commonjs') };
  }
}

/** Import declarations of these modules, and their names and namespaces as two arguments. */
export const importedAs = (names: readonly string[]): { imports: string; args: string } => ({
  imports: names.map((name, index) => `import * as n${index} from${JSON.stringify(name)};`).join(''),
  args: `${JSON.stringify(names)},[${names.map((_, index) => `n${index}`).join()}]`,
});
