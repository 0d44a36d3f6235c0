/** Streams in a transfer list, and transfer lists for streams. */
import { enqueueOwned } from '../web/streams/owning.ts';
import '../web/streams/transfer.ts';
import { provide } from '../link.ts';

const offers = { enqueueOwned };

declare module '../link.ts' {
  interface Chunks {
    transfer: typeof offers;
  }
}

provide('transfer', offers);
