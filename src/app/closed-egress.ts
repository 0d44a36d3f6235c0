/** The network of a worker that has none. */
import { OpError } from '../base/op-error.ts';
import type { Egress } from '../ports/egress.ts';

/** Cloudflare's text. */
const refuse = (): Promise<never> =>
  Promise.reject(
    new OpError(
      'Error',
      "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings in 'env') to talk to the outside world.",
    ),
  );

export const CLOSED_EGRESS: Egress = { isClosed: true, fetch: refuse, connect: refuse, startTls: refuse };
