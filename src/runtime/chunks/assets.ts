/** Static assets. */
import { bindAssets } from '../workers/bindings/assets.ts';
import { provide } from '../link.ts';

const offers = { bind: bindAssets };

declare module '../link.ts' {
  interface Chunks {
    assets: typeof offers;
  }
}

provide('assets', offers);
