/**
 * A realm's module graph: compiles, links and evaluates modules by name.
 *
 * Without a code cache: isolated-vm takes one for modules but never lets V8 consume it. Most apps are
 * run as scripts for that reason; see app/script-form.ts.
 *
 * Contract: built-in and data modules are evaluated before the realm is sealed, tenant modules after;
 * a specifier resolves only to a module of the app or to a built-in, never to anything on the host.
 */
import type ivm from 'isolated-vm';
import { Entry, Load } from '../protocol/ops.ts';
import type { Realm } from './realm.ts';

/** Source of one module. */
export type ModuleSource = {
  /** As stack traces show it. */
  filename: string;
  code: string;
};

/** Where a realm's modules come from. */
export interface ModuleProvider {
  /**
   * The module a specifier means in a referring module.
   * @throws Error whose message the tenant sees, when there is none
   */
  resolve(specifier: string, referrer: string): string;
  source(name: string): ModuleSource;
}

export class Modules {
  readonly #realm: Realm;
  readonly #provider: ModuleProvider;
  readonly #byName = new Map<string, Promise<ivm.Module>>();
  readonly #names = new Map<ivm.Module, string>();
  readonly #linked = new Set<string>();
  /** isolated-vm links a module for one of its importers at a time. */
  #linking: Promise<unknown> = Promise.resolve();

  constructor(realm: Realm, provider: ModuleProvider) {
    this.#realm = realm;
    this.#provider = provider;
  }

  /**
   * Loads a module with all it imports and evaluates it.
   * @param timeout milliseconds each of the steps that run code may take
   */
  async evaluate(name: string, timeout: number): Promise<ivm.Module> {
    const linked = this.#linking.then(() => this.#link(name));
    this.#linking = linked.catch(() => {});
    const module = await linked;
    await module.evaluate({ timeout, promise: true } as never);
    return module;
  }

  async #link(name: string): Promise<ivm.Module> {
    try {
      const module = await this.#compile(name);
      await module.instantiate(this.#realm.context, (specifier, referrer) => {
        const from = this.#names.get(referrer) ?? '';
        return this.#compile(this.#provider.resolve(specifier, from));
      });
      for (const each of this.#byName.keys()) this.#linked.add(each);
      return module;
    } catch (error) {
      // What a failed attempt has touched stays marked as being linked: others get it compiled anew.
      for (const each of this.#byName.keys()) if (!this.#linked.has(each)) this.#byName.delete(each);
      throw error;
    }
  }

  /** Loads what a dynamic import names, seen from the importing module. */
  import(specifier: string, referrer: string, timeout: number): Promise<ivm.Module> {
    return this.evaluate(this.#provider.resolve(specifier, referrer), timeout);
  }

  /** Hands the namespace of an evaluated module to the runtime. Resolves to the entry's answer. */
  async adopt(module: ivm.Module, step: number, key: number | undefined, timeout: number): Promise<unknown> {
    const namespace = module.namespace.derefInto();
    const args = step === Load.imported ? [Entry.load, 0, step, key, namespace] : [Entry.load, 0, step, namespace];
    return this.#realm.enter(args, timeout);
  }

  #compile(name: string): Promise<ivm.Module> {
    let module = this.#byName.get(name);
    if (module === undefined) {
      module = this.#compileNow(name);
      this.#byName.set(name, module);
    }
    return module;
  }

  async #compileNow(name: string): Promise<ivm.Module> {
    const { filename, code } = this.#provider.source(name);
    const module = await this.#realm.isolate.compileModule(code, { filename });
    this.#names.set(module, name);
    return module;
  }
}
