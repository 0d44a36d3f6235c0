/** structuredClone. */
import { structuredClone } from '../web/structured-clone.ts';
import { provide } from '../link.ts';

const offers = { structuredClone };

declare module '../link.ts' {
  interface Chunks {
    clone: typeof offers;
  }
}

provide('clone', offers, { structuredClone });
