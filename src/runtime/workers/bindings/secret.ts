/** A secret of a store. @see https://developers.cloudflare.com/secrets-store/integrations/workers/ */
import { PromiseReject } from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { callBinding } from './call.ts';

const internal = Symbol('internal');

export class SecretsStoreSecret {
  readonly #index: number;

  constructor(key: unknown, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  /** The secret's value. Rejects where the store does not have it. */
  get(): Promise<unknown> {
    if (!isObject(this) || !(#index in this)) return PromiseReject(illegalInvocation());
    return callBinding(this.#index, 'get');
  }
}
defineInterface(SecretsStoreSecret, 'SecretsStoreSecret');

/** The object in env. */
export function bindSecret(index: number): SecretsStoreSecret {
  return new SecretsStoreSecret(internal, index);
}
