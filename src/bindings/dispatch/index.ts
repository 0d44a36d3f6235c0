/** Dispatch namespaces: `env.NAME.get(app)`. What is called is an app of the namespace, and called as any service is. */
import { invalidCall } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, Reply } from '../binding.ts';

export class DispatchBinding implements Binding {
  readonly namespace: string;
  /** The app that stands between those of the namespace and the network, and what may be told to it. */
  readonly outbound: { readonly app: string; readonly parameters: readonly string[] } | undefined;

  constructor(options: Readonly<Record<string, Json>>) {
    this.namespace = String(options['namespace']);
    const { outbound, parameters } = options;
    this.outbound = typeof outbound === 'string' ? { app: outbound, parameters: Array.isArray(parameters) ? parameters.map(String) : [] } : undefined;
  }

  call(): Reply {
    throw invalidCall();
  }
}

export const dispatchManifest: BindingManifest = {
  type: 'dispatch',
  open: (_name, options) => new DispatchBinding(options),
};
