/** How events fail for other reasons than an exception of the app's: what the client's error and the log are made of. */
import type { EventFailure } from '../ports/event-client.ts';
import type { ClientErrorName } from '../protocol/errors.ts';

const failure = (name: ClientErrorName, message: string): EventFailure => ({
  name,
  error: { name: 'Error', message, stack: `Error: ${message}` },
  passThrough: false,
});

/** Cloudflare's text. */
export const NEVER_RESPONDED = failure(
  'neverResponded',
  "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/",
);
export const EXCEEDED_CPU = failure('exceededCpu', 'Worker exceeded CPU time limit.');
export const OUT_OF_MEMORY = failure('exceededMemory', 'Worker exceeded memory limit.');
export const ISOLATE_LOST = failure('exceededCpu', 'The isolate was ended because another request exceeded its CPU time limit.');
export const COULD_NOT_BE_STOPPED = failure('exceededCpu', 'Worker exceeded resource limits and could not be stopped.');
export const TOO_BUSY = failure('tooBusy', 'The machine was too busy to run the worker.');
export const STOPPED = failure('internal', 'The worker was stopped.');
