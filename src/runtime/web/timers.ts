/**
 * setTimeout, setInterval and queueMicrotask.
 *
 * Contract: a timer belongs to the event in whose turn it was made and fires in that event's turn;
 * the host keeps the time, one op per timer. Handlers are functions: no code is made from strings.
 *
 * @see https://html.spec.whatwg.org/#timers
 */
import { Post } from '../../protocol/ops.ts';
import { currentEvent, enterEvent, post, postFor, requireEvent } from '../bridge.ts';
import { ErrorCtor, ObjectCreate, PromisePrototypeThen, PromiseResolve, ReflectApply } from '../primordials.ts';
import { callback, requireArguments } from '../webidl.ts';
import { long } from '../webidl-types.ts';
import { turnTime } from './coarse-clock.ts';
import { reportException } from './report-error.ts';

type Timer = { event: number; handler: (...args: unknown[]) => unknown; args: unknown[]; delay: number; repeats: boolean; nesting: number };

/** Active timers an isolate may have: enough for any app, too few to exhaust the host. */
const MAX_TIMERS = 10_000;

/** By number; why it is no Map, see bridge.ts. */
const timers: Record<number, Timer> = ObjectCreate(null);
let active = 0;
let nextTimer = 1;
let nesting = 0;

/** https://html.spec.whatwg.org/#timer-initialisation-steps, steps 4, 5 and 11 onwards */
const arm = (id: number, timer: Timer): void => {
  const delay = timer.delay < 0 ? 0 : timer.delay;
  post(Post.timerStart, id, timer.nesting > 5 && delay < 4 ? 4 : delay, turnTime());
};

const start = (handler: Timer['handler'], delay: number, args: unknown[], repeats: boolean): number => {
  requireEvent();
  if (active >= MAX_TIMERS) throw new ErrorCtor(`Too many timers: an app may have ${MAX_TIMERS} active at a time.`);
  const id = nextTimer++;
  const timer = { event: currentEvent(), handler, args, delay, repeats, nesting: nesting + 1 };
  timers[id] = timer;
  active++;
  arm(id, timer);
  return id;
};

const remove = (id: number | string): void => {
  delete timers[id as number];
  active--;
};

const cancel = (id: number): void => {
  const timer = timers[id];
  if (timer === undefined) return;
  remove(id);
  postFor(timer.event, Post.timerCancel, id);
};

/** @see https://html.spec.whatwg.org/#dom-settimeout */
export function setTimeout(handler: unknown, timeout: unknown = 0, ...args: unknown[]): number {
  requireArguments(arguments.length, 1, "Failed to execute 'setTimeout'");
  return start(
    callback(handler, "Failed to execute 'setTimeout' on 'ServiceWorkerGlobalScope': parameter 1"),
    long(timeout, "Failed to execute 'setTimeout' on 'ServiceWorkerGlobalScope': parameter 2"),
    args,
    false,
  );
}

/** @see https://html.spec.whatwg.org/#dom-setinterval */
export function setInterval(handler: unknown, timeout: unknown = 0, ...args: unknown[]): number {
  requireArguments(arguments.length, 1, "Failed to execute 'setInterval'");
  return start(
    callback(handler, "Failed to execute 'setInterval' on 'ServiceWorkerGlobalScope': parameter 1"),
    long(timeout, "Failed to execute 'setInterval' on 'ServiceWorkerGlobalScope': parameter 2"),
    args,
    true,
  );
}

/** @see https://html.spec.whatwg.org/#dom-cleartimeout */
export function clearTimeout(id: unknown = 0): void {
  cancel(long(id, "Failed to execute 'clearTimeout': parameter 1"));
}

/** @see https://html.spec.whatwg.org/#dom-clearinterval */
export function clearInterval(id: unknown = 0): void {
  cancel(long(id, "Failed to execute 'clearInterval': parameter 1"));
}

/** A timer of the runtime's own: AbortSignal.timeout, scheduler.wait. */
export function startTimer(f: () => void, delay: number): number {
  return start(f, delay, [], false);
}

export const cancelTimer = cancel;

/** The host says that a timer is due. A timer cleared meanwhile does nothing. */
export function fireTimer(event: number, id: number): void {
  const timer = timers[id];
  if (timer === undefined || timer.event !== event) return;
  enterEvent(event);
  if (!timer.repeats) remove(id);
  nesting = timer.nesting;
  try {
    ReflectApply(timer.handler, globalThis, timer.args);
  } catch (error) {
    reportException(error);
  }
  nesting = 0;
  if (timer.repeats && timers[id] === timer) {
    timer.nesting++;
    arm(id, timer);
  }
}

/** Forgets every timer of an event that is over. The host has dropped its side already. */
export function dropTimers(event: number): void {
  for (const id in timers) if ((timers[id] as Timer).event === event) remove(id);
}

/** @see https://html.spec.whatwg.org/#dom-queuemicrotask */
export function queueMicrotask(task: unknown): void {
  requireArguments(arguments.length, 1, "Failed to execute 'queueMicrotask'");
  const run = callback(task, "Failed to execute 'queueMicrotask' on 'ServiceWorkerGlobalScope': parameter 1");
  PromisePrototypeThen(PromiseResolve(undefined), () => {
    try {
      ReflectApply(run, undefined, []);
    } catch (error) {
      reportException(error);
    }
  });
}

/**
 * Runs `task` after the code at hand and its promise reactions, in the event that asks for it: a timer of no delay. Outside all
 * events, where there are no timers, a microtask has to do.
 */
export function queueTask(task: () => void): void {
  // Timers made in a timer's own turn have to wait for longer and longer; those made in a microtask do not.
  PromisePrototypeThen(PromiseResolve(undefined), () => {
    if (currentEvent() === 0) task();
    else startTimer(task, 0);
  });
}
