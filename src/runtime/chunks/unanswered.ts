/** Cron ticks, batches of messages, events of tail workers. */
import { handleUnanswered } from '../workers/unanswered.ts';
import { provide } from '../link.ts';

const offers = { handleUnanswered };

declare module '../link.ts' {
  interface Chunks {
    unanswered: typeof offers;
  }
}

provide('unanswered', offers);
