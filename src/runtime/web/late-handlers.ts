/**
 * `rejectionhandled`: which of the promises the app has been told of get a handler after all. For apps that speak of it.
 *
 * V8 tells nobody (docs/decisions/0017). But `then`, `await` and all that is made of them read a promise's `constructor`
 * first, and an accessor in the place of that property of Promise.prototype hears of it. It looks whether the promise has been
 * rejected by then, and whether with what the host has told of.
 *
 * Contract: the accessor goes in before tenant code. What is found out here runs nothing of the app's but getters of its own
 * errors. A promise is looked at only while something that was told waits for its handler.
 *
 * @see https://tc39.es/ecma262/#sec-promise-resolve step 1.a, for `await`
 * @see https://tc39.es/ecma262/#sec-promise.prototype.then step 3
 */
import { NO_ERROR, Post } from '../../protocol/ops.ts';
import { enterEvent, post } from '../bridge.ts';
import {
  ArrayPrototypeShift,
  ArrayPrototypeSplice,
  ObjectDefineProperty,
  ObjectIs,
  PromiseCtor,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  TypeErrorCtor,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { PromiseRejectionEvent } from './error-event.ts';
import { dispatchAtGlobal } from './global-target.ts';
import { errorDetails } from './report-error.ts';

/** What the host tells of what a promise was rejected with: a primitive as it is, of an error its text. */
type Copy = readonly unknown[];
export type Report = {
  /** What stands for the promise. */
  standIn: Promise<unknown>;
  /** What that is rejected with. */
  reason: unknown;
  copy: Copy;
  /** Has the app seen it? */
  wasHeard: boolean;
};

/** Older ones are forgotten: nobody may ever handle them. */
const MOST_REPORTS = 32;
const reports: Report[] = [];
/** What is being told of. */
let current: Report | undefined;
/** To be told of in the turn that the host has been asked for. */
let found: { promise: Promise<unknown>; reason: unknown }[] = [];
/** What has been looked at. */
const seen = new WeakMapCtor<object, true>();
/** Our own `then` reads `constructor`, too. */
let isLooking = false;

/** Puts the accessor in. Called once, before any tenant code. */
export function watchHandlers(): void {
  const { prototype } = PromiseCtor;
  const accessor = {
    get constructor(): unknown {
      // Without a constructor `then` makes a plain promise, and asks no Symbol.species of the app's.
      if (isLooking) return undefined;
      if (reports.length > 0 || current !== undefined) look(this as unknown as Promise<unknown>);
      return PromiseCtor;
    },
    // As an assignment to a property that has a value.
    set constructor(value: unknown) {
      const enumerable = (this as unknown) !== prototype;
      if (!isObject(this) || !ReflectDefineProperty(this, 'constructor', { value, writable: true, enumerable, configurable: true }))
        throw new TypeErrorCtor("Cannot assign to read only property 'constructor'");
    },
  };
  const { get, set } = ReflectGetOwnPropertyDescriptor(accessor, 'constructor') as PropertyDescriptor;
  ObjectDefineProperty(prototype, 'constructor', { get, set, enumerable: false, configurable: true } as PropertyDescriptor);
}

/**
 * The app is told of a rejection.
 * @param report its stand-in has been handled, as far as V8 goes
 * @param dispatch tells it
 */
export function tell(report: Report, dispatch: () => void): void {
  current = report;
  try {
    dispatch();
  } finally {
    // https://html.spec.whatwg.org/#notify-about-rejected-promises step 4.4: unless it has been handled meanwhile
    if (current === report) reports[reports.length] = report;
    current = undefined;
    if (reports.length > MOST_REPORTS) ArrayPrototypeShift(reports);
  }
}

/** Dispatches what was found. @see https://html.spec.whatwg.org/#the-hostpromiserejectiontracker-implementation step 6 */
export function tellHandled(event: number): void {
  enterEvent(event);
  const due = found;
  found = [];
  for (let i = 0; i < due.length; i++) {
    const { promise, reason } = due[i] as (typeof due)[number];
    dispatchAtGlobal(new PromiseRejectionEvent('rejectionhandled', { __proto__: null, promise, reason }));
  }
}

/** Somebody is about to attach a handler to this, or at least reads its `constructor`. */
function look(promise: Promise<unknown>): void {
  const telling = current;
  if (telling?.standIn === promise) {
    current = undefined;
    return;
  }
  for (let i = 0; i < reports.length; i++) {
    const report = reports[i] as Report;
    if (report.standIn === promise) return handled(i, promise, report.reason);
  }
  if (!isObject(promise) || WeakMapPrototypeGet(seen, promise)) return;
  let wasRejected = true;
  isLooking = true;
  try {
    // The reaction of a promise that has been rejected comes before what is enqueued after it.
    PromisePrototypeThen(promise, undefined, (reason) => {
      if (wasRejected) match(promise, reason, telling);
    });
    PromisePrototypeThen(PromiseResolve(undefined), () => {
      wasRejected = false;
    });
    WeakMapPrototypeSet(seen, promise, true);
  } catch {
    // Promise.prototype, or another object that inherits from it.
  } finally {
    isLooking = false;
  }
}

/** @param telling what was being told of when the handler came: its listener has seen to it */
function match(promise: Promise<unknown>, reason: unknown, telling: Report | undefined): void {
  for (let i = 0; i < reports.length; i++) {
    const report = reports[i] as Report;
    if (!isCopy(report.copy, reason)) continue;
    if (report === telling) ArrayPrototypeSplice(reports, i, 1);
    // Who keeps promises he is told of by their identity finds the one he has.
    else handled(i, report.wasHeard ? report.standIn : promise, reason);
    return;
  }
}

function handled(at: number, promise: Promise<unknown>, reason: unknown): void {
  ArrayPrototypeSplice(reports, at, 1);
  if (found.length === 0) post(Post.rejectionHandled);
  found[found.length] = { promise, reason };
}

/** Is this what the host has a copy of? Of a class it may not have the name, and of an object that is no error nothing. */
function isCopy(copy: Copy, reason: unknown): boolean {
  if (copy.length === 1) return ObjectIs(copy[0], reason);
  if (copy[1] === NO_ERROR && typeof reason === 'symbol') return true;
  if (!isObject(reason)) return false;
  const { 0: name, 1: message, 2: stack } = errorDetails(reason);
  if (copy[1] === NO_ERROR && name === '' && stack === '') return true;
  return message === copy[1] && (stack === copy[2] || stack === '');
}
