/** KV namespaces: `env.NAME.get(…)` and its kind, on the host. */
import { OpError } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';

class KvBinding implements Binding {
  readonly #scope: BindingScope;
  readonly #id: string;

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    this.#scope = scope;
    this.#id = String(options['id']);
  }

  async call(method: string, args: readonly unknown[], _caller: Caller): Promise<Reply> {
    const address = { product: 'kv', group: this.#scope.group, id: this.#id };
    const [key, value] = args;
    switch (method) {
      case 'get':
        return this.#scope.stores.call(address, 'get', [String(key)]);
      case 'put':
        return this.#scope.stores.call(address, 'put', [String(key), String(value)]);
      default:
        throw new OpError('TypeError', 'Invalid call.');
    }
  }
}

export const kvManifest: BindingManifest = {
  type: 'kv',
  open: (_name, options, scope) => new KvBinding(scope, options),
};
