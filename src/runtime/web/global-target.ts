/**
 * The global scope as an event target: `addEventListener` without a receiver, and the `error` and
 * `unhandledrejection` events.
 *
 * Contract: installed once, by the chunk `events`. The global object is not made an
 * instance of EventTarget; a hidden target stands for it.
 */
import { Post } from '../../protocol/ops.ts';
import { enterEvent, errorFromHost, post } from '../bridge.ts';
import { peek } from '../link.ts';
import { ObjectDefineProperty, PromiseReject, ReferenceErrorCtor, SyntaxErrorCtor, markHandled } from '../primordials.ts';
import { ErrorEvent, PromiseRejectionEvent } from './error-event.ts';
import { positionIn } from './error-position.ts';
import type { Event } from './event.ts';
import { type EventTarget, dispatchTrusted, hasListener, setGlobalTarget } from './event-target.ts';
import { errorDetails, setExceptionObserver } from './report-error.ts';

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

/**
 * A promise was rejected and nobody handles it: an `unhandledrejection` event, and the host hears of it unless a listener has cancelled that.
 * @see https://html.spec.whatwg.org/#notify-about-rejected-promises
 */
export function reportRejection(promise: Promise<unknown>, reason: unknown): void {
  if (hasGlobalListener('unhandledrejection')) {
    const event = new PromiseRejectionEvent('unhandledrejection', { __proto__: null, promise, reason, cancelable: true });
    if (!dispatchGlobal(event)) return;
  }
  const details = errorDetails(reason);
  post(Post.uncaught, details[0], details[1], details[2], 'Uncaught (in promise)');
}

/** The host tells of a rejection; see Entry.rejection. What it has is a copy of the reason, and no promise: one that is rejected with the copy stands for it. */
export function tellRejection(event: number, args: unknown[]): void {
  enterEvent(event);
  const reason = args.length === 1 ? args[0] : copiedError(args as [string, string, string]);
  const promise = PromiseReject(reason);
  markHandled(promise);
  const report = (): void => reportRejection(promise, reason);
  const watch = peek('rejections');
  if (watch === undefined) report();
  else watch.tell({ standIn: promise, reason, copy: args, wasHeard: hasGlobalListener('unhandledrejection') }, report);
}

const copiedError = (args: [name: string, message: string, stack: string]): Error => {
  const { 0: name, 1: message, 2: stack } = args;
  const error =
    name === 'SyntaxError' ? new SyntaxErrorCtor(message) : name === 'ReferenceError' ? new ReferenceErrorCtor(message) : errorFromHost(name, message);
  // What the app calls its own classes of errors is told apart by the name.
  if (error.name !== name) ObjectDefineProperty(error, 'name', { __proto__: null, value: name, writable: true, configurable: true } as PropertyDescriptor);
  ObjectDefineProperty(error, 'stack', { __proto__: null, value: stack, writable: true, configurable: true } as PropertyDescriptor);
  return error;
};
