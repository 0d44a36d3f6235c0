/** The service-worker format. */
import { ExtendableEvent, FetchEvent, ScheduledEvent, dispatchFetch, dispatchQueue, dispatchScheduled, registeredHandlers } from '../workers/service-worker.ts';
import { provide } from '../link.ts';

const offers = { dispatchFetch, dispatchQueue, dispatchScheduled, registeredHandlers };

declare module '../link.ts' {
  interface Chunks {
    service: typeof offers;
  }
}

provide('service', offers, { ExtendableEvent, FetchEvent, ScheduledEvent });
