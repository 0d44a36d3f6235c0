/** Buckets of R2. */
import { bindR2 } from '../workers/bindings/r2.ts';
import { provide } from '../link.ts';

const offers = { bind: bindR2 };

declare module '../link.ts' {
  interface Chunks {
    r2: typeof offers;
  }
}

provide('r2', offers);
