import type { EventClient } from '../ports/event-client.ts';

/** Nobody. */
export const NO_CLIENT: EventClient = {
  send: () => {},
  start: () => true,
  write: () => undefined,
  end: () => {},
  abort: () => {},
  pipe: async (_status, _statusText, _headers, body) => body.cancel(),
  fail: () => {},
};
