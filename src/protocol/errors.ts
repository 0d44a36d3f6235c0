/**
 * Every failure a client can be told of: code, status and text. Cloudflare's codes where it has one.
 *
 * What a client is told names no other app and nothing of the host; the precise reason is for the
 * operator's log. Codes are never reused.
 * @see https://developers.cloudflare.com/workers/observability/errors/
 */

export type ClientError = {
  /** Cloudflare's number, or one of ours from 9000 up. */
  code: number;
  status: number;
  title: string;
  /** Whose fault: the app's, the client's, or the platform's. */
  fault: 'app' | 'client' | 'platform';
  /** What the operator's log calls it. */
  outcome: string;
};

export const ClientErrors = {
  exception: { code: 1101, status: 500, title: 'Worker threw exception', fault: 'app', outcome: 'exception' },
  exceededCpu: { code: 1102, status: 503, title: 'Worker exceeded resource limits', fault: 'app', outcome: 'exceededCpu' },
  exceededMemory: { code: 1102, status: 503, title: 'Worker exceeded resource limits', fault: 'app', outcome: 'exceededMemory' },
  /** The handler can never answer: nothing it waits for is left. Cloudflare logs "The script will never generate a response". */
  neverResponded: { code: 1101, status: 500, title: 'Worker threw exception', fault: 'app', outcome: 'exception' },
  startup: { code: 1101, status: 500, title: 'Worker threw exception', fault: 'app', outcome: 'startupFailed' },
  badRequest: { code: 9400, status: 400, title: 'Bad request', fault: 'client', outcome: 'badRequest' },
  unknownHost: { code: 9404, status: 404, title: 'There is nothing here', fault: 'client', outcome: 'unknownHost' },
  bodyTooLarge: { code: 9413, status: 413, title: 'Payload too large', fault: 'client', outcome: 'bodyTooLarge' },
  urlTooLong: { code: 9414, status: 414, title: 'URI too long', fault: 'client', outcome: 'urlTooLong' },
  headersTooLarge: { code: 9431, status: 431, title: 'Request header fields too large', fault: 'client', outcome: 'headersTooLarge' },
  responseTooLarge: { code: 9502, status: 502, title: 'Response too large', fault: 'app', outcome: 'responseTooLarge' },
  appBroken: { code: 9503, status: 503, title: 'Service unavailable', fault: 'app', outcome: 'appBroken' },
  appQuarantined: { code: 9504, status: 503, title: 'Service unavailable', fault: 'app', outcome: 'appQuarantined' },
  engineDraining: { code: 9505, status: 503, title: 'Service unavailable', fault: 'platform', outcome: 'engineDraining' },
  tooBusy: { code: 9506, status: 503, title: 'Service unavailable', fault: 'platform', outcome: 'tooBusy' },
  internal: { code: 9500, status: 500, title: 'Internal error', fault: 'platform', outcome: 'internalError' },
} as const satisfies Record<string, ClientError>;

export type ClientErrorName = keyof typeof ClientErrors;
