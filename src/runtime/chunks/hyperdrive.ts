/** Databases. */
import { bindHyperdrive } from '../workers/bindings/hyperdrive.ts';
import { provide } from '../link.ts';

const offers = { bind: bindHyperdrive };

declare module '../link.ts' {
  interface Chunks {
    hyperdrive: typeof offers;
  }
}

provide('hyperdrive', offers);
