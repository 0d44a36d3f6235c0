/**
 * tee for streams of any chunks.
 * @see https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
 */
import { newDeferred, PromisePrototypeThen, type Deferred } from '../../primordials.ts';
import { queueMicrotask } from './algorithm.ts';
import { newDefaultStream } from './default-controller.ts';
import { acquireReader, readInternal } from './reader.ts';
import { cancelReadable, errorReadable, startReadable, type ReadableState, type ReadRequest } from './readable-state.ts';
import { promiseOf } from './settlement.ts';

/** What both kinds of tee know of the cancelling of their branches. */
export type Cancellation = {
  canceled1: boolean;
  canceled2: boolean;
  deferred: Deferred<undefined>;
  cancel1: (reason: unknown) => unknown;
  cancel2: (reason: unknown) => unknown;
};

/** The source is cancelled once both branches are, with the reasons of both. */
export function newCancellation(source: ReadableState): Cancellation {
  const deferred = newDeferred<undefined>();
  let reason1: unknown;
  let reason2: unknown;
  const both = (): Promise<undefined> => {
    if (it.canceled1 && it.canceled2) deferred.resolve(cancelReadable(source, [reason1, reason2]));
    return deferred.promise;
  };
  const it: Cancellation = {
    canceled1: false,
    canceled2: false,
    deferred,
    cancel1(reason) {
      it.canceled1 = true;
      reason1 = reason;
      return both();
    },
    cancel2(reason) {
      it.canceled2 = true;
      reason2 = reason;
      return both();
    },
  };
  return it;
}

/** Resolves the promise of a cancellation that can come no more. */
export function settleCancellation(cancellation: Cancellation): void {
  if (!cancellation.canceled1 || !cancellation.canceled2) cancellation.deferred.resolve(undefined);
}

/** `clone`, where given, makes the second branch's chunks; what it throws errors both branches. */
export function defaultTee(source: ReadableState, clone: ((chunk: unknown) => unknown) | undefined): [ReadableState, ReadableState] {
  const reader = acquireReader(source, false);
  const cancellation = newCancellation(source);
  const branch1 = newDefaultStream(1);
  const branch2 = newDefaultStream(1);
  let reading = false;
  let readAgain = false;
  let held: unknown;

  const deliver = (): void => {
    readAgain = false;
    const chunk = held;
    let chunk2 = chunk;
    held = undefined;
    if (clone !== undefined && !cancellation.canceled2) {
      try {
        chunk2 = clone(chunk);
      } catch (error) {
        errorReadable(branch1, error);
        errorReadable(branch2, error);
        cancellation.deferred.resolve(cancelReadable(source, error));
        return;
      }
    }
    if (!cancellation.canceled1) branch1.steps.enqueue(branch1, chunk);
    if (!cancellation.canceled2) branch2.steps.enqueue(branch2, chunk2);
    reading = false;
    if (readAgain) pull();
  };
  const request: ReadRequest = {
    chunk(value) {
      held = value;
      // It takes a microtask to notice that the source failed, and errors go before chunks.
      queueMicrotask(deliver);
    },
    close() {
      reading = false;
      if (!cancellation.canceled1) branch1.steps.close(branch1);
      if (!cancellation.canceled2) branch2.steps.close(branch2);
      settleCancellation(cancellation);
    },
    error() {
      reading = false;
    },
  };
  const pull = (): void => {
    if (reading) {
      readAgain = true;
      return;
    }
    reading = true;
    readInternal(reader, request);
  };

  branch1.pull = branch2.pull = pull;
  branch1.cancel = cancellation.cancel1;
  branch2.cancel = cancellation.cancel2;
  startReadable(branch1, undefined);
  startReadable(branch2, undefined);
  PromisePrototypeThen(promiseOf(reader.closed), undefined, (reason) => {
    errorReadable(branch1, reason);
    errorReadable(branch2, reason);
    settleCancellation(cancellation);
  });
  return [branch1, branch2];
}
