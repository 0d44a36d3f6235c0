/** Subresource integrity. */
import { checkIntegrity } from '../web/integrity.ts';
import { provide } from '../link.ts';

const offers = { checkIntegrity };

declare module '../link.ts' {
  interface Chunks {
    integrity: typeof offers;
  }
}

provide('integrity', offers);
