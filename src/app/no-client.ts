import type { EventClient } from '../ports/event-client.ts';
import { NoResponder } from '../ports/no-responder.ts';

class NoClient extends NoResponder implements EventClient {
  fail(): void {}
}

/** Nobody. */
export const NO_CLIENT: EventClient = new NoClient();
