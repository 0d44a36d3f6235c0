/** Promises that get their handler late. Loaded before tenant code, or not at all. */
import { provide } from '../link.ts';
import { tell, tellHandled, watchHandlers } from '../web/late-handlers.ts';

const offers = { tell, tellHandled };

declare module '../link.ts' {
  interface Chunks {
    rejections: typeof offers;
  }
}

watchHandlers();

provide('rejections', offers);
