/**
 * The promises that readers and writers show as attributes (`closed`, `ready`), made only when looked at.
 *
 * Contract: to whoever looks, indistinguishable from a promise made at once. Every rejection is marked
 * as handled, as the specification asks for all of them.
 */
import { markHandled, newDeferred, PromiseReject, PromiseResolve, type Deferred } from '../../primordials.ts';
import { queueMicrotask } from './algorithm.ts';

export type Settlement = {
  status: 'pending' | 'resolved' | 'rejected';
  reason: unknown;
  promise: Promise<undefined> | undefined;
  /** Set while the promise has been made and is pending. */
  deferred: Deferred<undefined> | undefined;
  /** Runs a microtask after the resolution, as a reaction would; for whoever would otherwise make a promise only to wait. */
  listener: (() => void) | undefined;
};

export function newSettlement(): Settlement {
  return { status: 'pending', reason: undefined, promise: undefined, deferred: undefined, listener: undefined };
}

/** Resolves with undefined; nothing happens unless pending. */
export function settle(settlement: Settlement): void {
  if (settlement.status !== 'pending') return;
  settlement.status = 'resolved';
  if (settlement.deferred !== undefined) {
    settlement.deferred.resolve(undefined);
    settlement.deferred = undefined;
  }
  if (settlement.listener !== undefined) {
    queueMicrotask(settlement.listener);
    settlement.listener = undefined;
  }
}

/** Rejects the pending promise, or puts a new, rejected one in the place of a settled one. */
export function ensureRejected(settlement: Settlement, reason: unknown): void {
  if (settlement.status !== 'pending') settlement.promise = undefined;
  settlement.status = 'rejected';
  settlement.reason = reason;
  settlement.listener = undefined;
  if (settlement.deferred === undefined) return;
  settlement.deferred.reject(reason);
  markHandled(settlement.deferred.promise);
  settlement.deferred = undefined;
}

/** Puts a new, pending promise in the place of the settled one. */
export function renew(settlement: Settlement): void {
  settlement.status = 'pending';
  settlement.promise = settlement.deferred = undefined;
}

export function promiseOf(settlement: Settlement): Promise<undefined> {
  if (settlement.promise !== undefined) return settlement.promise;
  let promise: Promise<undefined>;
  if (settlement.status === 'resolved') promise = PromiseResolve(undefined);
  else if (settlement.status === 'rejected') {
    promise = PromiseReject(settlement.reason);
    markHandled(promise);
  } else {
    settlement.deferred = newDeferred();
    promise = settlement.deferred.promise;
  }
  settlement.promise = promise;
  return promise;
}
