/**
 * The global scope as an event target: `addEventListener` without a receiver, and the `error` and
 * `unhandledrejection` events.
 *
 * Contract: installed once, by the chunk `events`. The global object is not made an
 * instance of EventTarget; a hidden target stands for it.
 */
import { ErrorEvent, PromiseRejectionEvent } from './error-event.ts';
import { positionIn } from './error-position.ts';
import type { Event } from './event.ts';
import { type EventTarget, dispatchTrusted, hasListener, setGlobalTarget } from './event-target.ts';
import { errorDetails, reportException, setExceptionObserver } from './report-error.ts';

let scope: EventTarget | undefined;

const dispatchGlobal = (event: Event): boolean => scope === undefined || dispatchTrusted(scope, event);

/** Is anybody listening at the global scope? Service-worker style apps handle `fetch` this way. */
export function hasGlobalListener(type: string): boolean {
  return scope !== undefined && hasListener(scope, type);
}

/** Dispatches a trusted event at the global scope; false when a listener cancelled it. */
export const dispatchAtGlobal = dispatchGlobal;

/** Makes `global` the receiver of the three methods without one, and lets its `error` listeners see exceptions before they are reported. */
export function installGlobalTarget(global: object): void {
  scope = setGlobalTarget(global);
  // https://html.spec.whatwg.org/#report-an-exception, steps 3 to 6
  setExceptionObserver((error) => {
    if (!hasGlobalListener('error')) return false;
    const details = errorDetails(error);
    const message = `Uncaught ${details[0] === '' ? '' : `${details[0]}: `}${details[1]}`;
    const { filename, lineno, colno } = positionIn(details[2]);
    return !dispatchGlobal(new ErrorEvent('error', { __proto__: null, error, message, filename, lineno, colno, cancelable: true }));
  });
}

/** A promise was rejected and nobody handles it. @see https://html.spec.whatwg.org/#notify-about-rejected-promises */
export function reportRejection(promise: Promise<unknown>, reason: unknown): void {
  if (hasGlobalListener('unhandledrejection')) {
    const event = new PromiseRejectionEvent('unhandledrejection', { __proto__: null, promise, reason, cancelable: true });
    if (!dispatchGlobal(event)) return;
  }
  reportException(reason, 'Uncaught (in promise)');
}
