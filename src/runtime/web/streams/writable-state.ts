/**
 * The state of a writable stream together with its controller, and every algorithm on it.
 *
 * Contract: plain objects that tenants never reach. Stream and controller live and die together, so
 * they are one object. The AbortSignal exists only once somebody has asked for it.
 *
 * @see https://streams.spec.whatwg.org/#ws-all-abstract-ops
 */
import { newDeferred, PromiseReject, PromiseResolve, TypeErrorCtor, type Deferred } from '../../primordials.ts';
import { createAbortSignal, signalAbort, type AbortSignal } from '../abort.ts';
import { perform, react, reactToStart, type Algorithm, type SizeAlgorithm } from './algorithm.ts';
import { enqueueWithSize, newQueue, peek, push, resetQueue, shift, type Queue } from './queue.ts';
import { ensureRejected, newSettlement, renew, settle, type Settlement } from './settlement.ts';

/** Told when a chunk has been written; a Deferred is one. */
export type WriteRequest = { resolve(value: undefined): void; reject(reason: unknown): void };

export type Writer = { stream: WritableState | undefined; ready: Settlement; closed: Settlement };

type PendingAbort = { deferred: Deferred<undefined>; reason: unknown; wasAlreadyErroring: boolean };

export type WritableState = {
  state: 'writable' | 'erroring' | 'errored' | 'closed';
  storedError: unknown;
  writer: Writer | undefined;
  backpressure: boolean;
  writeRequests: Queue<WriteRequest>;
  inFlightWrite: WriteRequest | undefined;
  closeRequest: Deferred<undefined> | undefined;
  inFlightClose: Deferred<undefined> | undefined;
  pendingAbort: PendingAbort | undefined;
  // The controller's slots
  queue: Queue<unknown>;
  started: boolean;
  highWaterMark: number;
  size: SizeAlgorithm | undefined;
  write: Algorithm | undefined;
  close: Algorithm | undefined;
  abort: Algorithm | undefined;
  signal: AbortSignal | undefined;
  /** Set when the abort was signalled, whether or not a signal exists yet. */
  aborted: { reason: unknown } | undefined;
  // Made once per stream, so that a write makes no closure.
  written: (() => void) | undefined;
  writeFailed: ((reason: unknown) => void) | undefined;
};

/** Stands for the end of the queue. */
const CLOSE = {};

export function newWritableState(highWaterMark: number, size: SizeAlgorithm | undefined): WritableState {
  return {
    state: 'writable',
    storedError: undefined,
    writer: undefined,
    backpressure: highWaterMark <= 0,
    writeRequests: newQueue(),
    inFlightWrite: undefined,
    closeRequest: undefined,
    inFlightClose: undefined,
    pendingAbort: undefined,
    queue: newQueue(),
    started: false,
    highWaterMark,
    size,
    write: undefined,
    close: undefined,
    abort: undefined,
    signal: undefined,
    aborted: undefined,
    written: undefined,
    writeFailed: undefined,
  };
}

/** Runs the start algorithm, which may throw. @see https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller */
export function startWritable(stream: WritableState, start: Algorithm | undefined): void {
  const result = start === undefined ? undefined : (start as () => unknown)();
  reactToStart(
    result,
    () => {
      stream.started = true;
      advanceQueue(stream);
    },
    (reason) => {
      stream.started = true;
      dealWithRejection(stream, reason);
    },
  );
}

/** The controller's signal. */
export function controllerSignal(stream: WritableState): AbortSignal {
  if (stream.signal === undefined) {
    stream.signal = createAbortSignal();
    if (stream.aborted !== undefined) signalAbort(stream.signal, stream.aborted.reason);
  }
  return stream.signal;
}

/** Takes the lock; throws TypeError when it is taken. @see https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer */
export function acquireWriter(stream: WritableState): Writer {
  if (stream.writer !== undefined) throw new TypeErrorCtor('This WritableStream is currently locked to a writer.');
  const writer: Writer = { stream, ready: newSettlement(), closed: newSettlement() };
  stream.writer = writer;
  const { state } = stream;
  if (state === 'erroring' || state === 'errored') ensureRejected(writer.ready, stream.storedError);
  else if (state === 'closed' || isClosing(stream) || !stream.backpressure) settle(writer.ready);
  if (state === 'closed') settle(writer.closed);
  else if (state === 'errored') ensureRejected(writer.closed, stream.storedError);
  return writer;
}

/** Gives the lock back. The writer must have it. @see https://streams.spec.whatwg.org/#writable-stream-default-writer-release */
export function releaseWriter(writer: Writer): void {
  const error = new TypeErrorCtor('This writer has been released.');
  ensureRejected(writer.ready, error);
  ensureRejected(writer.closed, error);
  (writer.stream as WritableState).writer = undefined;
  writer.stream = undefined;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-close-queued-or-in-flight */
export function isClosing(stream: WritableState): boolean {
  return stream.closeRequest !== undefined || stream.inFlightClose !== undefined;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-default-writer-get-desired-size */
export function writableDesiredSize(stream: WritableState): number | null {
  if (stream.state === 'errored' || stream.state === 'erroring') return null;
  return stream.state === 'closed' ? 0 : stream.highWaterMark - stream.queue.total;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-abort */
export function abortWritable(stream: WritableState, reason: unknown): Promise<undefined> {
  if (stream.state === 'closed' || stream.state === 'errored') return PromiseResolve(undefined);
  stream.aborted ??= { reason };
  if (stream.signal !== undefined) signalAbort(stream.signal, reason);
  // Signalling runs a tenant's code, which may have changed the state.
  const state = stream.state as WritableState['state'];
  if (state === 'closed' || state === 'errored') return PromiseResolve(undefined);
  if (stream.pendingAbort !== undefined) return stream.pendingAbort.deferred.promise;
  const wasAlreadyErroring = state === 'erroring';
  const deferred = newDeferred<undefined>();
  stream.pendingAbort = { deferred, reason: wasAlreadyErroring ? undefined : reason, wasAlreadyErroring };
  if (!wasAlreadyErroring) startErroring(stream, reason);
  return deferred.promise;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-close */
export function closeWritable(stream: WritableState): Promise<undefined> {
  if (stream.state === 'closed' || stream.state === 'errored') return PromiseReject(new TypeErrorCtor('The stream is closed or errored.'));
  const deferred = newDeferred<undefined>();
  stream.closeRequest = deferred;
  if (stream.writer !== undefined && stream.backpressure && stream.state === 'writable') settle(stream.writer.ready);
  push(stream.queue, CLOSE, 0);
  advanceQueue(stream);
  return deferred.promise;
}

/** Writes, and tells `request` of the outcome. The writer must have the lock. @see https://streams.spec.whatwg.org/#writable-stream-default-writer-write */
export function writeInternal(writer: Writer, chunk: unknown, request: WriteRequest): void {
  const stream = writer.stream as WritableState;
  let size = 1;
  if (stream.size !== undefined) {
    try {
      size = stream.size(chunk) as number;
    } catch (error) {
      errorWritableIfNeeded(stream, error);
    }
    // The size algorithm may have released the writer.
    if (writer.stream !== stream) {
      request.reject(new TypeErrorCtor('This writer has been released.'));
      return;
    }
  }
  if (stream.state === 'errored') request.reject(stream.storedError);
  else if (isClosing(stream) || stream.state === 'closed') request.reject(new TypeErrorCtor('The stream is closing or closed.'));
  else if (stream.state === 'erroring') request.reject(stream.storedError);
  else {
    push(stream.writeRequests, request, 0);
    // WritableStreamDefaultControllerWrite
    try {
      enqueueWithSize(stream.queue, chunk, size);
    } catch (error) {
      errorWritableIfNeeded(stream, error);
      return;
    }
    updateBackpressure(stream);
    advanceQueue(stream);
  }
}

/** @see https://streams.spec.whatwg.org/#writable-stream-update-backpressure */
function updateBackpressure(stream: WritableState): void {
  if (isClosing(stream) || stream.state !== 'writable') return;
  const backpressure = stream.queue.total >= stream.highWaterMark;
  if (backpressure === stream.backpressure) return;
  stream.backpressure = backpressure;
  if (stream.writer === undefined) return;
  if (backpressure) renew(stream.writer.ready);
  else settle(stream.writer.ready);
}

/** @see https://streams.spec.whatwg.org/#writable-stream-default-controller-error-if-needed */
export function errorWritableIfNeeded(stream: WritableState, reason: unknown): void {
  if (stream.state !== 'writable') return;
  clearAlgorithms(stream);
  startErroring(stream, reason);
}

/** Lets the underlying sink be collected. */
function clearAlgorithms(stream: WritableState): void {
  stream.write = stream.close = stream.abort = stream.size = undefined;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-start-erroring */
function startErroring(stream: WritableState, reason: unknown): void {
  stream.state = 'erroring';
  stream.storedError = reason;
  if (stream.writer !== undefined) ensureRejected(stream.writer.ready, reason);
  if (stream.inFlightWrite === undefined && stream.inFlightClose === undefined && stream.started) finishErroring(stream);
}

/** @see https://streams.spec.whatwg.org/#writable-stream-finish-erroring */
function finishErroring(stream: WritableState): void {
  stream.state = 'errored';
  resetQueue(stream.queue);
  const { storedError, writeRequests, pendingAbort } = stream;
  while (writeRequests.length > 0) shift(writeRequests).reject(storedError);
  stream.pendingAbort = undefined;
  if (pendingAbort === undefined) rejectClose(stream);
  else if (pendingAbort.wasAlreadyErroring) {
    pendingAbort.deferred.reject(storedError);
    rejectClose(stream);
  } else {
    const result = perform(stream.abort, pendingAbort.reason);
    clearAlgorithms(stream);
    react(
      result,
      () => {
        pendingAbort.deferred.resolve(undefined);
        rejectClose(stream);
      },
      (reason) => {
        pendingAbort.deferred.reject(reason);
        rejectClose(stream);
      },
    );
  }
}

/** @see https://streams.spec.whatwg.org/#writable-stream-reject-close-and-closed-promise-if-needed */
function rejectClose(stream: WritableState): void {
  stream.closeRequest?.reject(stream.storedError);
  stream.closeRequest = undefined;
  if (stream.writer !== undefined) ensureRejected(stream.writer.closed, stream.storedError);
}

/** @see https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection */
function dealWithRejection(stream: WritableState, reason: unknown): void {
  if (stream.state === 'writable') startErroring(stream, reason);
  else finishErroring(stream);
}

/** @see https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed */
function advanceQueue(stream: WritableState): void {
  if (!stream.started || stream.inFlightWrite !== undefined) return;
  if (stream.state === 'erroring') finishErroring(stream);
  else if (stream.queue.length > 0) {
    const chunk = peek(stream.queue);
    if (chunk === CLOSE) processClose(stream);
    else processWrite(stream, chunk);
  }
}

/** @see https://streams.spec.whatwg.org/#writable-stream-default-controller-process-write */
function processWrite(stream: WritableState, chunk: unknown): void {
  stream.inFlightWrite = shift(stream.writeRequests);
  const result = perform(stream.write, chunk);
  stream.written ??= () => {
    takeInFlightWrite(stream).resolve(undefined);
    shift(stream.queue);
    updateBackpressure(stream);
    advanceQueue(stream);
  };
  stream.writeFailed ??= (reason) => {
    if (stream.state === 'writable') clearAlgorithms(stream);
    takeInFlightWrite(stream).reject(reason);
    dealWithRejection(stream, reason);
  };
  react(result, stream.written, stream.writeFailed);
}

function takeInFlightWrite(stream: WritableState): WriteRequest {
  const request = stream.inFlightWrite as WriteRequest;
  stream.inFlightWrite = undefined;
  return request;
}

/** @see https://streams.spec.whatwg.org/#writable-stream-default-controller-process-close */
function processClose(stream: WritableState): void {
  const request = stream.closeRequest as Deferred<undefined>;
  stream.inFlightClose = request;
  stream.closeRequest = undefined;
  shift(stream.queue);
  const result = perform(stream.close);
  clearAlgorithms(stream);
  react(
    result,
    () => {
      // WritableStreamFinishInFlightClose
      request.resolve(undefined);
      stream.inFlightClose = undefined;
      if (stream.state === 'erroring') {
        stream.storedError = undefined;
        stream.pendingAbort?.deferred.resolve(undefined);
        stream.pendingAbort = undefined;
      }
      stream.state = 'closed';
      if (stream.writer !== undefined) settle(stream.writer.closed);
    },
    (reason) => {
      // WritableStreamFinishInFlightCloseWithError
      request.reject(reason);
      stream.inFlightClose = undefined;
      stream.pendingAbort?.deferred.reject(reason);
      stream.pendingAbort = undefined;
      dealWithRejection(stream, reason);
    },
  );
}
