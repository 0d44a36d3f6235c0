/** Secrets of a store. */
import { bindSecret } from '../workers/bindings/secret.ts';
import { provide } from '../link.ts';

const offers = { bind: bindSecret };

declare module '../link.ts' {
  interface Chunks {
    secret: typeof offers;
  }
}

provide('secret', offers);
