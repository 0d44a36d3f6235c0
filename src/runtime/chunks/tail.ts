/** Events of tail workers. */
import { readTraces } from '../workers/trace-item.ts';
import { provide } from '../link.ts';

const offers = { readTraces };

declare module '../link.ts' {
  interface Chunks {
    tail: typeof offers;
  }
}

provide('tail', offers);
