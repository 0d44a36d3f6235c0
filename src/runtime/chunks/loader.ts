/** Worker loaders. */
import { bindLoader } from '../workers/bindings/loader.ts';
import { provide } from '../link.ts';

const offers = { bind: bindLoader };

declare module '../link.ts' {
  interface Chunks {
    loader: typeof offers;
  }
}

provide('loader', offers);
