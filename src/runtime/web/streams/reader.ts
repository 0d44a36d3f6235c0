/**
 * Readers: taking the lock on a readable stream, reading through it, giving it back.
 *
 * Contract: works on internal state only, so that pipes, tees and bodies read without a public reader.
 * A read request may be used again for the next read once it has been answered.
 *
 * @see https://streams.spec.whatwg.org/#rs-reader-abstract-ops
 */
import { PromiseResolve, PromiseReject, TypeErrorCtor, newDeferred, type Deferred } from '../../primordials.ts';
import type { View } from './byte-view.ts';
import { pullInto } from './pull-into.ts';
import { newQueue } from './queue.ts';
import { cancelReadable, errorRequests, type Reader, type ReadableState, type ReadRequest } from './readable-state.ts';
import { ensureRejected, newSettlement, settle } from './settlement.ts';

/** The error for every use of a reader that has given its lock back. */
export function releasedError(what: string): TypeError {
  return new TypeErrorCtor(`This ${what} has been released.`);
}

/** Takes the lock; throws TypeError when it is taken. @see https://streams.spec.whatwg.org/#readable-stream-reader-generic-initialize */
export function acquireReader(stream: ReadableState, byob: boolean): Reader {
  if (stream.reader !== undefined) throw new TypeErrorCtor('This ReadableStream is currently locked to a reader.');
  if (byob && stream.bytes === undefined) throw new TypeErrorCtor('A BYOB reader needs a ReadableStream of type "bytes".');
  const reader: Reader = { stream, byob, requests: newQueue(), closed: newSettlement() };
  stream.reader = reader;
  if (stream.state === 'closed') settle(reader.closed);
  else if (stream.state === 'errored') ensureRejected(reader.closed, stream.storedError);
  return reader;
}

/** Gives the lock back; pending reads fail. The reader must have the lock. @see https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease */
export function releaseReader(reader: Reader): void {
  const stream = reader.stream as ReadableState;
  const error = releasedError('reader');
  ensureRejected(reader.closed, error);
  stream.steps.release(stream);
  stream.reader = undefined;
  reader.stream = undefined;
  errorRequests(reader, error);
}

/** Reads one chunk. The reader must have the lock. @see https://streams.spec.whatwg.org/#readable-stream-default-reader-read */
export function readInternal(reader: Reader, request: ReadRequest): void {
  const stream = reader.stream as ReadableState;
  stream.disturbed = true;
  if (stream.state === 'readable') stream.steps.read(stream, request);
  else if (stream.state === 'closed') request.close();
  else request.error(stream.storedError);
}

/** Reads into `view`, whose buffer is taken. The BYOB reader must have the lock. @see https://streams.spec.whatwg.org/#readable-stream-byob-reader-read */
export function readInto(reader: Reader, view: View, min: number, request: ReadRequest): void {
  const stream = reader.stream as ReadableState;
  stream.disturbed = true;
  if (stream.state === 'errored') request.error(stream.storedError);
  else pullInto(stream, view, min, request);
}

/** @see https://streams.spec.whatwg.org/#readable-stream-reader-generic-cancel */
export function cancelReader(reader: Reader, reason: unknown): Promise<undefined> {
  if (reader.stream === undefined) return PromiseReject(releasedError('reader'));
  return cancelReadable(reader.stream, reason);
}

export type ReadResult = { value: unknown; done: boolean };

/** The read request behind `read()`: a chunk that is there already costs one settled promise and no more. */
export class PromiseRead implements ReadRequest {
  settled: Promise<ReadResult> | undefined = undefined;
  deferred: Deferred<ReadResult> | undefined = undefined;

  chunk(value: unknown): void {
    this.finish({ value, done: false });
  }

  close(view?: unknown): void {
    this.finish({ value: view, done: true });
  }

  error(reason: unknown): void {
    if (this.deferred === undefined) this.settled = PromiseReject(reason);
    else this.deferred.reject(reason);
  }

  finish(result: ReadResult): void {
    if (this.deferred === undefined) this.settled = PromiseResolve(result) as Promise<ReadResult>;
    else this.deferred.resolve(result);
  }

  /** The promise of the answer. To be called after the read has been started. */
  promise(): Promise<ReadResult> {
    if (this.settled !== undefined) return this.settled;
    this.deferred = newDeferred();
    return this.deferred.promise;
  }
}
