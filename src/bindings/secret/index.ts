/**
 * Secrets of a store: `await env.NAME.get()`, on the host.
 *
 * The supervisor has put the value in the app's row. It reaches the isolate when it is asked for, and not before.
 */
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, Reply } from '../binding.ts';

class SecretBinding implements Binding {
  readonly #options: Readonly<Record<string, Json>>;

  constructor(options: Readonly<Record<string, Json>>) {
    this.#options = options;
  }

  call(method: string): Reply {
    if (method !== 'get') throw invalidCall();
    const { secret, value } = this.#options;
    if (typeof value !== 'string') throw new OpError('Error', `Secret "${String(secret)}" not found`);
    return value;
  }
}

export const secretManifest: BindingManifest = { type: 'secret', open: (_name, options) => new SecretBinding(options) };
