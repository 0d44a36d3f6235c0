/** How bodies fail, in words a tenant may read. */
import { OpError } from '../base/op-error.ts';

/** The body is longer than the app's limit: the HTTP layer answers 413 where nothing has been answered yet. */
export class BodyLimitError extends OpError {
  readonly status = 413;
  readonly limit: number;

  constructor(limit: number) {
    super('TypeError', `The request body is larger than the limit of ${limit} bytes.`);
    this.limit = limit;
  }
}

/** The body is too long to be held in memory as one value. */
export function tooLargeToHold(limit: number): OpError {
  return new OpError('TypeError', `Memory limit would be exceeded before EOF: the body is larger than ${limit} bytes. Read it as a stream.`);
}

/**
 * No such body, not this isolate's, or gone with its event: a caller cannot tell. The runtime knows by itself which bodies it has
 * consumed, so that an app hears of this where it has kept a body beyond its request. Cloudflare's text.
 */
export function bodyGone(): OpError {
  return new OpError(
    'Error',
    "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.",
  );
}

/** Already consumed. */
export function bodyUsed(): OpError {
  return new OpError('TypeError', 'Body has already been used. It can only be used once. Use tee() first if you need to read it twice.');
}

/** The other side went away. */
export function bodyLost(): OpError {
  return new OpError('TypeError', 'Network connection lost.');
}

/** The default for what a stream fails with: its own words are for nobody. */
export function asBodyError(error: unknown): OpError {
  return error instanceof OpError ? error : bodyLost();
}
