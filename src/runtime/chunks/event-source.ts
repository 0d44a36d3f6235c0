/** EventSource. */
import { EventSource } from '../web/event-source/event-source.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    'event-source': typeof offers;
  }
}

provide('event-source', offers, { EventSource });
