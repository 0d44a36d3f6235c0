/** Dynamic imports of one worker. */
import { OpError } from '../base/op-error.ts';
import type { Modules } from '../isolate/modules.ts';
import { describeFailure, type TurnFailure } from '../isolate/realm.ts';
import { Load } from '../protocol/ops.ts';

export class DynamicImports {
  readonly #modules: Modules;
  readonly #timeout: number;
  #next = 1;

  /** @param timeout milliseconds that each step may take */
  constructor(modules: Modules, timeout: number) {
    this.#modules = modules;
    this.#timeout = timeout;
  }

  /**
   * Imports a module for the isolate: the namespace goes in first, under the key that is answered with.
   * @param failed hears of what is worse than an exception
   * @throws OpError
   */
  async import(specifier: string, referrer: string, isGone: () => boolean, failed: (failure: TurnFailure) => void): Promise<number> {
    const key = this.#next++;
    try {
      const module = await this.#modules.import(specifier, referrer, this.#timeout);
      await this.#modules.adopt(module, Load.imported, key, this.#timeout);
    } catch (error) {
      const failure = describeFailure(error, isGone());
      if (failure.kind !== 'rejection') failed(failure);
      throw new OpError(error instanceof TypeError ? 'TypeError' : 'Error', error instanceof Error ? error.message : String(error));
    }
    return key;
  }
}
