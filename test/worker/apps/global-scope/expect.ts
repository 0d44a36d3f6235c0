import type { Expectation } from '../../../support/expectation.ts';

/** Cloudflare's words. */
const REFUSED =
  'Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a timeout, and generating random values are not allowed within global scope. To fix this error, perform this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/';

export const expectations: readonly Expectation[] = [
  {
    name: 'I/O, timers and random values are for handlers only',
    json: {
      fetch: REFUSED,
      setTimeout: REFUSED,
      setInterval: REFUSED,
      'scheduler.wait': REFUSED,
      'crypto.randomUUID': REFUSED,
      'crypto.getRandomValues': REFUSED,
      inHandler: 36,
    },
  },
];
