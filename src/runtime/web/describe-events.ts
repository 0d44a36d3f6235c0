/** How events, controllers and signals are shown by `inspect`. */
import { AbortController, AbortSignal, isAbortController, isAbortSignal } from './abort.ts';
import { type Description, byGetters } from './describe.ts';
import { Event, isEvent } from './event.ts';

const describeEvent = byGetters(Event, 'Event', ['type', 'defaultPrevented', 'cancelable', 'timeStamp']);
const describeController = byGetters(AbortController, 'AbortController', ['signal']);
const describeSignal = byGetters(AbortSignal, 'AbortSignal', ['aborted', 'reason']);

export function describe(value: object): Description | undefined {
  if (isEvent(value)) return describeEvent(value);
  if (isAbortController(value)) return describeController(value);
  return isAbortSignal(value) ? describeSignal(value) : undefined;
}
