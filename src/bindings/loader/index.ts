/** Worker loaders: `env.NAME.get(id, code)`. What they come to is in ops/services; here is only that there is one. */
import { invalidCall } from '../../base/op-error.ts';
import type { Binding, BindingManifest, Reply } from '../binding.ts';

export class LoaderBinding implements Binding {
  call(): Reply {
    throw invalidCall();
  }
}

export const loaderManifest: BindingManifest = { type: 'loader', open: () => new LoaderBinding() };
