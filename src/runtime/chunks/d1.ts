/** D1 databases. */
import { provide } from '../link.ts';
import { bindD1 } from '../workers/bindings/d1.ts';

const offers = { bind: bindD1 };

declare module '../link.ts' {
  interface Chunks {
    d1: typeof offers;
  }
}

provide('d1', offers);
