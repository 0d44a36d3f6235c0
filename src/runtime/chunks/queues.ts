/** Queues: their producers, and the batches their consumers get. */
import { bindQueue } from '../workers/bindings/queues.ts';
import { openBatch } from '../workers/message-batch.ts';
import { provide } from '../link.ts';

const offers = { bind: bindQueue, openBatch };

declare module '../link.ts' {
  interface Chunks {
    queues: typeof offers;
  }
}

provide('queues', offers);
