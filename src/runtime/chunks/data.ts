/** data: URLs. */
import { processDataUrl } from '../web/data-url.ts';
import { provide } from '../link.ts';

const offers = { processDataUrl };

declare module '../link.ts' {
  interface Chunks {
    data: typeof offers;
  }
}

provide('data', offers);
