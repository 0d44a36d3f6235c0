/** Service bindings: `env.NAME.fetch(…)` and its methods. What they come to is in ops/services; here is only who is meant. */
import { invalidCall } from '../../base/op-error.ts';
import type { ServiceTarget } from '../../ports/invoker.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, Reply } from '../binding.ts';

export class ServiceBinding implements Binding {
  readonly target: ServiceTarget;

  constructor(options: Readonly<Record<string, Json>>) {
    const { service, entrypoint, props } = options;
    this.target = {
      app: String(service),
      entrypoint: typeof entrypoint === 'string' && entrypoint !== 'default' ? entrypoint : undefined,
      props: props === undefined ? undefined : { text: JSON.stringify(props), services: [] },
    };
  }

  call(): Reply {
    throw invalidCall();
  }
}

/** A service that a worker has been given by the one that has loaded it. */
export class GivenServiceBinding implements Binding {
  readonly target: ServiceTarget;

  constructor(target: ServiceTarget) {
    this.target = target;
  }

  call(): Reply {
    throw invalidCall();
  }
}

export const serviceManifest: BindingManifest = {
  type: 'service',
  open: (_name, options) => new ServiceBinding(options),
};
