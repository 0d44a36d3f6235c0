/**
 * Readable byte streams: the queue of bytes and the buffers that readers bring to have them filled.
 *
 * Contract: every buffer in the queue or in a pull-into descriptor belongs to the stream alone. What
 * comes from a tenant has been transferred first; what comes from the runtime was given away by it.
 *
 * @see https://streams.spec.whatwg.org/#rbs-controller-abstract-ops
 */
import {
  ArrayBufferCtor,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached,
  ArrayBufferPrototypeTransfer,
  MathMax,
  MathMin,
  RangeErrorCtor,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { bufferOf, byteLengthOf, byteOffsetOf, cloneBuffer, constructorOf, copyBytes, elementSizeOf, type View } from './byte-view.ts';
import { newQueue, peek, push, shift, type Queue } from './queue.ts';
import {
  addRequest,
  callPullIfNeeded,
  canCloseOrEnqueue,
  clearAlgorithms,
  closeReadable,
  errorReadable,
  newReadableState,
  pendingReads,
  takeRequest,
  type ByobRequest,
  type ByteState,
  type PullInto,
  type ReadableState,
  type ReadRequest,
  type Steps,
} from './readable-state.ts';

/** A run of bytes; its length is its size in the queue. @see https://streams.spec.whatwg.org/#readable-byte-stream-queue-entry */
type Entry = { buffer: ArrayBuffer; byteOffset: number };

const bytesOf = (stream: ReadableState): ByteState => stream.bytes as ByteState;

const enqueueEntry = (stream: ReadableState, buffer: ArrayBuffer, byteOffset: number, byteLength: number): void =>
  push(stream.queue as Queue<Entry>, { buffer, byteOffset }, byteLength);

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-cloned-chunk-to-queue */
function enqueueClone(stream: ReadableState, buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
  let clone: ArrayBuffer;
  try {
    clone = cloneBuffer(buffer, byteOffset, byteLength);
  } catch (error) {
    errorReadable(stream, error);
    throw error;
  }
  enqueueEntry(stream, clone, 0, byteLength);
}

/** Moves what a released reader's buffer holds already to the queue. @see https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueuedetachedpullintotoqueue */
function enqueueDetached(stream: ReadableState, into: PullInto): void {
  if (into.bytesFilled > 0) enqueueClone(stream, into.buffer, into.byteOffset, into.bytesFilled);
  shift(bytesOf(stream).pullIntos);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request */
function invalidateRequest(bytes: ByteState): void {
  if (bytes.request === undefined) return;
  bytes.request.stream = undefined;
  bytes.request.view = null;
  bytes.request = undefined;
}

/** @see https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollergetbyobrequest */
export function byobRequest(stream: ReadableState): ByobRequest | undefined {
  const bytes = bytesOf(stream);
  if (bytes.request === undefined && bytes.pullIntos.length > 0) {
    const { buffer, byteOffset, byteLength, bytesFilled, minimumFill } = peek(bytes.pullIntos);
    const view = new Uint8ArrayCtor(buffer, byteOffset + bytesFilled, byteLength - bytesFilled);
    bytes.request = { stream, view, atLeast: MathMax(1, minimumFill - bytesFilled), facade: undefined };
  }
  return bytes.request;
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor */
function filledView(into: PullInto): View {
  return new into.view(ArrayBufferPrototypeTransfer(into.buffer), into.byteOffset, into.bytesFilled / into.elementSize);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor */
function commit(stream: ReadableState, into: PullInto): void {
  const view = filledView(into);
  const request = takeRequest(stream);
  if (stream.state !== 'closed') request.chunk(view);
  else request.close(into.readerType === 'byob' ? view : undefined);
}

function commitAll(stream: ReadableState, filled: Queue<PullInto>): void {
  while (filled.length > 0) commit(stream, shift(filled));
}

/** Returns whether the descriptor has its minimum now. @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue */
function fill(stream: ReadableState, into: PullInto): boolean {
  const queue = stream.queue as Queue<Entry>;
  let remaining = MathMin(queue.total, into.byteLength - into.bytesFilled);
  const most = into.bytesFilled + remaining;
  const aligned = most - (most % into.elementSize);
  const isReady = aligned >= into.minimumFill;
  if (isReady) remaining = aligned - into.bytesFilled;
  while (remaining > 0) {
    const head = queue.head as NonNullable<typeof queue.head>;
    const count = MathMin(remaining, head.size);
    copyBytes(into.buffer, into.byteOffset + into.bytesFilled, head.value.buffer, head.value.byteOffset, count);
    if (head.size === count) shift(queue);
    else {
      head.value.byteOffset += count;
      head.size -= count;
      queue.total -= count;
    }
    into.bytesFilled += count;
    remaining -= count;
  }
  return isReady;
}

/** Fills waiting descriptors from the queue and returns those that are ready. @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-process-pull-into-descriptors-using-queue */
function fillWaiting(stream: ReadableState): Queue<PullInto> {
  const filled = newQueue<PullInto>();
  const { pullIntos } = bytesOf(stream);
  while (pullIntos.length > 0 && stream.queue.total > 0) {
    const into = peek(pullIntos);
    if (fill(stream, into)) {
      shift(pullIntos);
      push(filled, into, 0);
    }
  }
  return filled;
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-handle-queue-drain */
function handleDrain(stream: ReadableState): void {
  if (stream.queue.total === 0 && stream.closeRequested) finish(stream);
  else callPullIfNeeded(stream);
}

function finish(stream: ReadableState): void {
  clearAlgorithms(stream);
  closeReadable(stream);
}

/** @see https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerfillreadrequestfromqueue */
function answerFromQueue(stream: ReadableState, request: ReadRequest): void {
  const queue = stream.queue as Queue<Entry>;
  const length = (queue.head as NonNullable<typeof queue.head>).size;
  const { buffer, byteOffset } = shift(queue);
  handleDrain(stream);
  request.chunk(new Uint8ArrayCtor(buffer, byteOffset, length));
}

/** @see https://streams.spec.whatwg.org/#rbs-controller-private-pull */
function read(stream: ReadableState, request: ReadRequest): void {
  if (stream.queue.total > 0) {
    answerFromQueue(stream, request);
    return;
  }
  const { pullIntos, autoAllocateChunkSize: size } = bytesOf(stream);
  if (size !== undefined) {
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBufferCtor(size);
    } catch (error) {
      request.error(error);
      return;
    }
    push(
      pullIntos,
      {
        buffer,
        bufferByteLength: size,
        byteOffset: 0,
        byteLength: size,
        bytesFilled: 0,
        minimumFill: 1,
        elementSize: 1,
        view: Uint8ArrayCtor,
        readerType: 'default',
      },
      0,
    );
  }
  addRequest(stream, request);
  callPullIfNeeded(stream);
}

/** Reads into `view`, whose buffer is taken. @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into */
export function pullInto(stream: ReadableState, view: View, min: number, request: ReadRequest): void {
  const bytes = bytesOf(stream);
  const constructor = constructorOf(view);
  const elementSize = elementSizeOf(constructor);
  const byteOffset = byteOffsetOf(view);
  const byteLength = byteLengthOf(view);
  let buffer: ArrayBuffer;
  try {
    buffer = ArrayBufferPrototypeTransfer(bufferOf(view));
  } catch (error) {
    request.error(error);
    return;
  }
  const into: PullInto = {
    buffer,
    bufferByteLength: ArrayBufferPrototypeGetByteLength(buffer),
    byteOffset,
    byteLength,
    bytesFilled: 0,
    minimumFill: min * elementSize,
    elementSize,
    view: constructor,
    readerType: 'byob',
  };
  if (bytes.pullIntos.length === 0) {
    if (stream.state === 'closed') {
      request.close(new constructor(buffer, byteOffset, 0));
      return;
    }
    if (stream.queue.total > 0) {
      if (fill(stream, into)) {
        const filled = filledView(into);
        handleDrain(stream);
        request.chunk(filled);
        return;
      }
      if (stream.closeRequested) {
        const error = new TypeErrorCtor('Insufficient bytes to fill elements in the given buffer.');
        errorReadable(stream, error);
        request.error(error);
        return;
      }
    }
    push(bytes.pullIntos, into, 0);
    addRequest(stream, request);
    callPullIfNeeded(stream);
    return;
  }
  push(bytes.pullIntos, into, 0);
  addRequest(stream, request);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue */
export function enqueueBytes(stream: ReadableState, chunk: View, transfer: boolean): void {
  if (!canCloseOrEnqueue(stream)) return;
  const byteOffset = byteOffsetOf(chunk);
  const byteLength = byteLengthOf(chunk);
  // TransferArrayBuffer throws the TypeError that a detached buffer calls for.
  const buffer = transfer ? ArrayBufferPrototypeTransfer(bufferOf(chunk)) : bufferOf(chunk);
  const bytes = bytesOf(stream);
  if (bytes.pullIntos.length > 0) {
    const first = peek(bytes.pullIntos);
    if (ArrayBufferPrototypeGetDetached(first.buffer)) throw new TypeErrorCtor("The BYOB request's buffer has been detached.");
    invalidateRequest(bytes);
    first.buffer = ArrayBufferPrototypeTransfer(first.buffer);
    if (first.readerType === 'none') enqueueDetached(stream, first);
  }
  const { reader } = stream;
  if (reader === undefined) enqueueEntry(stream, buffer, byteOffset, byteLength);
  else if (reader.byob) {
    enqueueEntry(stream, buffer, byteOffset, byteLength);
    commitAll(stream, fillWaiting(stream));
  } else {
    // ReadableByteStreamControllerProcessReadRequestsUsingQueue
    while (reader.requests.length > 0 && stream.queue.total > 0) answerFromQueue(stream, shift(reader.requests));
    if (reader.requests.length === 0) enqueueEntry(stream, buffer, byteOffset, byteLength);
    else {
      if (bytes.pullIntos.length > 0) shift(bytes.pullIntos);
      shift(reader.requests).chunk(new Uint8ArrayCtor(buffer, byteOffset, byteLength));
    }
  }
  callPullIfNeeded(stream);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-close */
export function closeBytes(stream: ReadableState): void {
  if (!canCloseOrEnqueue(stream)) return;
  if (stream.queue.total > 0) {
    stream.closeRequested = true;
    return;
  }
  const { pullIntos } = bytesOf(stream);
  if (pullIntos.length > 0) {
    const { bytesFilled, elementSize } = peek(pullIntos);
    if (bytesFilled % elementSize !== 0) {
      const error = new TypeErrorCtor('Insufficient bytes to fill elements in the given buffer.');
      errorReadable(stream, error);
      throw error;
    }
  }
  finish(stream);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond */
export function respond(stream: ReadableState, bytesWritten: number): void {
  const first = peek(bytesOf(stream).pullIntos);
  checkLength(stream, bytesWritten);
  if (first.bytesFilled + bytesWritten > first.byteLength) throw new RangeErrorCtor('bytesWritten is greater than the length of the view.');
  first.buffer = ArrayBufferPrototypeTransfer(first.buffer);
  respondInternal(stream, bytesWritten);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view */
export function respondWithNewView(stream: ReadableState, view: View): void {
  const first = peek(bytesOf(stream).pullIntos);
  const length = byteLengthOf(view);
  const buffer = bufferOf(view);
  checkLength(stream, length);
  if (first.byteOffset + first.bytesFilled !== byteOffsetOf(view)) throw new RangeErrorCtor('The view does not start where the BYOB request does.');
  if (first.bufferByteLength !== ArrayBufferPrototypeGetByteLength(buffer))
    throw new RangeErrorCtor("The view's buffer has another length than the BYOB request's.");
  if (first.bytesFilled + length > first.byteLength) throw new RangeErrorCtor('The view is longer than the BYOB request.');
  first.buffer = ArrayBufferPrototypeTransfer(buffer);
  respondInternal(stream, length);
}

function checkLength(stream: ReadableState, length: number): void {
  if (stream.state === 'closed') {
    if (length !== 0) throw new TypeErrorCtor('A closed stream takes a response of 0 bytes only.');
  } else if (length === 0) throw new TypeErrorCtor('A response of 0 bytes needs a closed stream.');
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal */
function respondInternal(stream: ReadableState, bytesWritten: number): void {
  const bytes = bytesOf(stream);
  const first = peek(bytes.pullIntos);
  invalidateRequest(bytes);
  if (stream.state !== 'closed') respondReadable(stream, bytesWritten, first);
  else {
    // ReadableByteStreamControllerRespondInClosedState
    if (first.readerType === 'none') shift(bytes.pullIntos);
    if (stream.reader?.byob) {
      const filled = newQueue<PullInto>();
      while (filled.length < pendingReads(stream)) push(filled, shift(bytes.pullIntos), 0);
      commitAll(stream, filled);
    }
  }
  callPullIfNeeded(stream);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-readable-state */
function respondReadable(stream: ReadableState, bytesWritten: number, into: PullInto): void {
  into.bytesFilled += bytesWritten;
  if (into.readerType === 'none') {
    enqueueDetached(stream, into);
    commitAll(stream, fillWaiting(stream));
    return;
  }
  // Stays at the head, so that the source can go on filling it.
  if (into.bytesFilled < into.minimumFill) return;
  shift(bytesOf(stream).pullIntos);
  const remainder = into.bytesFilled % into.elementSize;
  if (remainder > 0) {
    enqueueClone(stream, into.buffer, into.byteOffset + into.bytesFilled - remainder, remainder);
    into.bytesFilled -= remainder;
  }
  const filled = fillWaiting(stream);
  commit(stream, into);
  commitAll(stream, filled);
}

/** @see https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontroller-releasesteps */
function release(stream: ReadableState): void {
  const bytes = bytesOf(stream);
  if (bytes.pullIntos.length === 0) return;
  const first = peek(bytes.pullIntos);
  first.readerType = 'none';
  bytes.pullIntos = newQueue();
  push(bytes.pullIntos, first, 0);
}

/** @see https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-pending-pull-intos */
function clear(stream: ReadableState): void {
  const bytes = bytesOf(stream);
  invalidateRequest(bytes);
  bytes.pullIntos = newQueue();
}

/** The runtime's own chunks: it has given the buffer away, so nothing needs to be transferred. */
function enqueue(stream: ReadableState, chunk: unknown): void {
  if (byteLengthOf(chunk as View) > 0) enqueueBytes(stream, chunk as View, false);
}

/** The runtime's own close: it has no BYOB request to answer with nothing, so BYOB reads that wait are answered here. */
function close(stream: ReadableState): void {
  try {
    closeBytes(stream);
  } catch {
    // The bytes do not fill the last element; the stream is errored, and so is the read.
  }
  if (stream.state === 'closed' && bytesOf(stream).pullIntos.length > 0) respond(stream, 0);
}

const BYTE_STEPS: Steps = { read, release, clear, enqueue, close };

export function newByteStream(highWaterMark: number, autoAllocateChunkSize?: number): ReadableState {
  return newReadableState(BYTE_STEPS, { pullIntos: newQueue(), request: undefined, autoAllocateChunkSize }, highWaterMark);
}
