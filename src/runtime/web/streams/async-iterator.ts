/**
 * The asynchronous iterator of a readable stream.
 *
 * Departures: a chunk that is queued already settles the promise of its `next()` without a promise in
 * between; and a chunk that is itself a promise is handed over as it is.
 *
 * @see https://streams.spec.whatwg.org/#rs-asynciterator
 * @see https://webidl.spec.whatwg.org/#js-asynchronous-iterable
 */
import {
  AsyncIteratorPrototype,
  newDeferred,
  ObjectSetPrototypeOf,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  type Deferred,
} from '../../primordials.ts';
import { defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import { cancelReader, readInternal, releaseReader, type ReadResult } from './reader.ts';
import type { Reader, ReadRequest } from './readable-state.ts';

type Iteration = { reader: Reader; preventCancel: boolean; ongoing: Promise<unknown> | undefined; isFinished: boolean };

/** A read that ends the iteration together with the stream. Not a subclass of PromiseRead: those are slower to make. */
class IteratorRead implements ReadRequest {
  iteration: Iteration;
  ongoing: Promise<unknown> | undefined = undefined;
  settled: Promise<ReadResult> | undefined = undefined;
  deferred: Deferred<ReadResult> | undefined = undefined;

  constructor(iteration: Iteration) {
    this.iteration = iteration;
  }

  chunk(value: unknown): void {
    this.finish({ value, done: false });
  }

  close(): void {
    this.end();
    this.finish({ value: undefined, done: true });
  }

  error(reason: unknown): void {
    this.end();
    if (this.deferred === undefined) this.settled = PromiseReject(reason);
    else this.deferred.reject(reason);
  }

  finish(result: ReadResult): void {
    if (this.deferred === undefined) this.settled = PromiseResolve(result) as Promise<ReadResult>;
    else {
      // The next call need not wait for this one, unless others wait already.
      if (this.iteration.ongoing === this.ongoing) this.iteration.ongoing = undefined;
      this.deferred.resolve(result);
    }
  }

  end(): void {
    this.iteration.isFinished = true;
    releaseReader(this.iteration.reader);
  }
}

const pass = (result: ReadResult): ReadResult => result;

function next(iteration: Iteration, isFirst: boolean): Promise<ReadResult> {
  if (iteration.isFinished) return PromiseResolve({ value: undefined, done: true }) as Promise<ReadResult>;
  const request = new IteratorRead(iteration);
  readInternal(iteration.reader, request);
  if (request.settled !== undefined) return request.settled;
  request.deferred = newDeferred();
  const promise = PromisePrototypeThen(request.deferred.promise, pass);
  if (isFirst) iteration.ongoing = request.ongoing = promise;
  return promise;
}

function finish(iteration: Iteration, value: unknown): Promise<ReadResult> {
  const end = { value, done: true };
  if (iteration.isFinished) return PromiseResolve(end) as Promise<ReadResult>;
  iteration.isFinished = true;
  const { reader } = iteration;
  const cancelled = iteration.preventCancel ? undefined : cancelReader(reader, value);
  releaseReader(reader);
  return cancelled === undefined ? (PromiseResolve(end) as Promise<ReadResult>) : PromisePrototypeThen(cancelled, () => end);
}

let iterationOf: (iterator: unknown) => Iteration;

class ReadableStreamAsyncIterator {
  #iteration: Iteration;

  static {
    iterationOf = (value) => {
      if (!isObject(value) || !(#iteration in value)) throw illegalInvocation();
      return value.#iteration;
    };
  }

  constructor(iteration: Iteration) {
    this.#iteration = iteration;
  }

  next(): Promise<ReadResult> {
    try {
      const iteration = iterationOf(this);
      const { ongoing } = iteration;
      if (ongoing === undefined) return next(iteration, true);
      const steps = (): Promise<ReadResult> => next(iteration, false);
      const after = PromisePrototypeThen(ongoing, steps, steps);
      iteration.ongoing = after;
      return after;
    } catch (error) {
      return PromiseReject(error);
    }
  }

  return(value: unknown): Promise<ReadResult> {
    try {
      const iteration = iterationOf(this);
      const { ongoing } = iteration;
      const steps = (): Promise<ReadResult> => finish(iteration, value);
      const after = ongoing === undefined ? steps() : PromisePrototypeThen(ongoing, steps, steps);
      iteration.ongoing = after;
      return after;
    } catch (error) {
      return PromiseReject(error);
    }
  }
}

defineInterface(ReadableStreamAsyncIterator, 'ReadableStream AsyncIterator');
ObjectSetPrototypeOf(ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);
delete (ReadableStreamAsyncIterator.prototype as { constructor?: unknown }).constructor;

export function newAsyncIterator(reader: Reader, preventCancel: boolean): object {
  return new ReadableStreamAsyncIterator({ reader, preventCancel, ongoing: undefined, isFinished: false });
}
