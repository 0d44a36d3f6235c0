/** KvNamespace. @see https://developers.cloudflare.com/kv/api/ */
import { defineInterface, illegalConstructor } from '../../webidl.ts';
import { callBinding } from './call.ts';

const internal = Symbol('internal');

export class KvNamespace {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  get(key: unknown): Promise<unknown> {
    return callBinding(this.#index, 'get', key);
  }

  put(key: unknown, value: unknown): Promise<unknown> {
    return callBinding(this.#index, 'put', key, value);
  }
}
defineInterface(KvNamespace, 'KvNamespace');

/** The object in env. */
export function bindKv(index: number): KvNamespace {
  return new KvNamespace(internal, index);
}
