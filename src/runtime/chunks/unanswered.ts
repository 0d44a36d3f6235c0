/** Cron ticks, batches of messages, events of tail workers. */
import { handleQueue, handleScheduled, handleTail } from '../workers/unanswered.ts';
import { provide } from '../link.ts';

const offers = { handleQueue, handleScheduled, handleTail };

declare module '../link.ts' {
  interface Chunks {
    unanswered: typeof offers;
  }
}

provide('unanswered', offers);
