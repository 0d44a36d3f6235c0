/**
 * Event handlers of the global scope: the work behind the attributes in global-handlers.ts.
 *
 * Contract: `onerror` is the odd one. It is called with what the event says, piece by piece, and takes the exception by returning true.
 *
 * @see https://html.spec.whatwg.org/#the-event-handler-processing-algorithm
 */
import { FunctionPrototypeCall, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { ErrorEvent } from './error-event.ts';
import type { Event } from './event.ts';
import { addListener, removeListener, type Listener, targetOf } from './event-target.ts';

/** Event handlers set at the global scope, by event type. */
const handlers = { __proto__: null } as unknown as Record<string, { value: object; listener: Listener } | undefined>;
const descriptors = {
  message: ReflectGetOwnPropertyDescriptor(ErrorEvent.prototype, 'message'),
  filename: ReflectGetOwnPropertyDescriptor(ErrorEvent.prototype, 'filename'),
  lineno: ReflectGetOwnPropertyDescriptor(ErrorEvent.prototype, 'lineno'),
  colno: ReflectGetOwnPropertyDescriptor(ErrorEvent.prototype, 'colno'),
  error: ReflectGetOwnPropertyDescriptor(ErrorEvent.prototype, 'error'),
};

/** A member of an ErrorEvent, however its prototype was changed since; throws for another event. */
const member = (event: Event, name: keyof typeof descriptors): unknown => FunctionPrototypeCall(descriptors[name]?.get as never, event);

/** The arguments of `onerror`, or undefined where the event is not an ErrorEvent. */
function pieces(event: Event): unknown[] | undefined {
  try {
    return [member(event, 'message'), member(event, 'filename'), member(event, 'lineno'), member(event, 'colno'), member(event, 'error')];
  } catch {
    return undefined;
  }
}

function run(type: string, self: unknown, event: Event): void {
  const value = handlers[type]?.value;
  if (typeof value !== 'function') return;
  const all = type === 'error' ? pieces(event) : undefined;
  if (all === undefined) {
    if (FunctionPrototypeCall(value as never, self, event) === false) event.preventDefault();
  } else if (FunctionPrototypeCall(value as never, self, all[0], all[1], all[2], all[3], all[4]) === true) event.preventDefault();
}

/** The value of an event handler attribute. */
export const handlerOf = (type: string): object | null => handlers[type]?.value ?? null;

export function setHandler(type: string, value: unknown): void {
  const target = targetOf(undefined);
  const handler = handlers[type];
  if (!isObject(value)) {
    if (handler !== undefined) removeListener(target, handler.listener);
    handlers[type] = undefined;
  } else if (handler !== undefined) handler.value = value;
  else {
    const callback = function (this: unknown, event: Event): void {
      run(type, this, event);
    };
    const listener: Listener = { type, callback, capture: false, once: false, passive: false, removed: false };
    handlers[type] = { value, listener };
    addListener(target, listener);
  }
}
