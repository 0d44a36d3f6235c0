/** Streams in a transfer list. */
import '../web/streams/transfer.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    transfer: typeof offers;
  }
}

provide('transfer', offers);
