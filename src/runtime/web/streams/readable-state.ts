/**
 * The state of a readable stream together with its controller, and what both kinds of controller share.
 *
 * Contract: plain objects that tenants never reach; the public classes hold one in a private field.
 * Stream and controller live and die together, so they are one object. `steps` is the polymorphic part.
 * The reader's read requests and read-into requests are one list, told apart by `Reader.byob`.
 *
 * @see https://streams.spec.whatwg.org/#rs-abstract-ops
 */
import { PromisePrototypeThen, PromiseReject, PromiseResolve } from '../../primordials.ts';
import { perform, react, reactToStart, toPromise, type Algorithm, type SizeAlgorithm } from './algorithm.ts';
import type { Length } from './expected-length.ts';
import { newQueue, push, resetQueue, shift, type Queue } from './queue.ts';
import { ensureRejected, settle, type Settlement } from './settlement.ts';
import type { ViewConstructor } from './byte-view.ts';

/** Read request and read-into request. `close` is given a view by BYOB reads only. @see https://streams.spec.whatwg.org/#read-request */
export type ReadRequest = {
  chunk(value: unknown): void;
  close(view?: unknown): void;
  error(reason: unknown): void;
};

export type Reader = {
  stream: ReadableState | undefined;
  byob: boolean;
  requests: Queue<ReadRequest>;
  closed: Settlement;
};

/** What differs between the default and the byte controller. @see https://streams.spec.whatwg.org/#rs-abstract-ops-used-by-controllers */
export type Steps = {
  read(stream: ReadableState, request: ReadRequest): void;
  release(stream: ReadableState): void;
  /** Drops what the controller keeps besides its queue. */
  clear(stream: ReadableState): void;
  enqueue(stream: ReadableState, chunk: unknown): void;
  close(stream: ReadableState): void;
};

/** @see https://streams.spec.whatwg.org/#pull-into-descriptor */
export type PullInto = {
  buffer: ArrayBuffer;
  bufferByteLength: number;
  byteOffset: number;
  byteLength: number;
  bytesFilled: number;
  minimumFill: number;
  elementSize: number;
  /** Makes the view that the reader gets. */
  view: ViewConstructor;
  readerType: 'default' | 'byob' | 'none';
};

/** What `controller.byobRequest` shows; `stream` is undefined once it has been answered. `atLeast`: bytes that the read still waits for. */
export type ByobRequest = { stream: ReadableState | undefined; view: Uint8Array | null; atLeast: number; facade: object | undefined };

export type ByteState = { pullIntos: Queue<PullInto>; request: ByobRequest | undefined; autoAllocateChunkSize: number | undefined };

export type ReadableState = {
  state: 'readable' | 'closed' | 'errored';
  disturbed: boolean;
  storedError: unknown;
  reader: Reader | undefined;
  // The controller's slots
  queue: Queue<unknown>;
  started: boolean;
  closeRequested: boolean;
  pulling: boolean;
  pullAgain: boolean;
  highWaterMark: number;
  size: SizeAlgorithm | undefined;
  pull: Algorithm | undefined;
  cancel: Algorithm | undefined;
  steps: Steps;
  /** Only on readable byte streams. */
  bytes: ByteState | undefined;
  // Made once per stream, so that a pull makes no closure.
  pulled: (() => void) | undefined;
  failed: ((reason: unknown) => void) | undefined;
  // Not in WeakMaps: what has its key as part of it outlives every scavenge there.
  length: Length | undefined;
  /** The body that it is the lazily made stream of; see body-open.ts. */
  body: object | undefined;
};

export function newReadableState(steps: Steps, bytes: ByteState | undefined, highWaterMark: number): ReadableState {
  return {
    state: 'readable',
    disturbed: false,
    storedError: undefined,
    reader: undefined,
    queue: newQueue(),
    started: false,
    closeRequested: false,
    pulling: false,
    pullAgain: false,
    highWaterMark,
    size: undefined,
    pull: undefined,
    cancel: undefined,
    steps,
    bytes,
    pulled: undefined,
    failed: undefined,
    length: undefined,
    body: undefined,
  };
}

/** Runs the start algorithm, which may throw, and starts pulling once it is done. @see https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller */
export function startReadable(stream: ReadableState, start: Algorithm | undefined): void {
  const result = start === undefined ? undefined : (start as () => unknown)();
  reactToStart(
    result,
    () => {
      stream.started = true;
      callPullIfNeeded(stream);
    },
    failedOf(stream),
  );
}

function failedOf(stream: ReadableState): (reason: unknown) => void {
  return (stream.failed ??= (reason) => errorReadable(stream, reason));
}

export function pendingReads(stream: ReadableState): number {
  return stream.reader === undefined ? 0 : stream.reader.requests.length;
}

export function canCloseOrEnqueue(stream: ReadableState): boolean {
  return !stream.closeRequested && stream.state === 'readable';
}

/** @see https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size */
export function desiredSize(stream: ReadableState): number | null {
  if (stream.state === 'errored') return null;
  return stream.state === 'closed' ? 0 : stream.highWaterMark - stream.queue.total;
}

/** @see https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull */
export function shouldCallPull(stream: ReadableState): boolean {
  if (stream.closeRequested || stream.state !== 'readable' || !stream.started) return false;
  return pendingReads(stream) > 0 || stream.highWaterMark > stream.queue.total;
}

/** @see https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed */
export function callPullIfNeeded(stream: ReadableState): void {
  if (!shouldCallPull(stream)) return;
  if (stream.pulling) {
    stream.pullAgain = true;
    return;
  }
  // A pull that does nothing and returns at once cannot be told from none.
  if (stream.pull === undefined) return;
  stream.pulling = true;
  const result = perform(stream.pull);
  stream.pulled ??= () => {
    stream.pulling = false;
    if (!stream.pullAgain) return;
    stream.pullAgain = false;
    callPullIfNeeded(stream);
  };
  react(result, stream.pulled, failedOf(stream));
}

/** Lets the underlying source be collected. */
export function clearAlgorithms(stream: ReadableState): void {
  stream.pull = stream.cancel = stream.size = undefined;
}

/** The controller's error steps. @see https://streams.spec.whatwg.org/#readable-stream-default-controller-error */
export function errorReadable(stream: ReadableState, reason: unknown): void {
  if (stream.state !== 'readable') return;
  stream.steps.clear(stream);
  resetQueue(stream.queue);
  clearAlgorithms(stream);
  // ReadableStreamError
  stream.state = 'errored';
  stream.storedError = reason;
  const { reader } = stream;
  if (reader === undefined) return;
  ensureRejected(reader.closed, reason);
  errorRequests(reader, reason);
}

/** @see https://streams.spec.whatwg.org/#readable-stream-close */
export function closeReadable(stream: ReadableState): void {
  stream.state = 'closed';
  const { reader } = stream;
  if (reader === undefined) return;
  settle(reader.closed);
  if (!reader.byob) closeRequests(reader);
}

function takeRequests(reader: Reader): Queue<ReadRequest> {
  const { requests } = reader;
  reader.requests = newQueue();
  return requests;
}

function closeRequests(reader: Reader): void {
  const requests = takeRequests(reader);
  while (requests.length > 0) shift(requests).close(undefined);
}

/** @see https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreadererrorreadrequests */
export function errorRequests(reader: Reader, reason: unknown): void {
  const requests = takeRequests(reader);
  while (requests.length > 0) shift(requests).error(reason);
}

export function addRequest(stream: ReadableState, request: ReadRequest): void {
  push((stream.reader as Reader).requests, request, 0);
}

/** The oldest read request, taken off its list. There must be one. */
export function takeRequest(stream: ReadableState): ReadRequest {
  return shift((stream.reader as Reader).requests);
}

const nothing = (): undefined => undefined;

/** @see https://streams.spec.whatwg.org/#readable-stream-cancel */
export function cancelReadable(stream: ReadableState, reason: unknown): Promise<undefined> {
  stream.disturbed = true;
  if (stream.state === 'closed') return PromiseResolve(undefined);
  if (stream.state === 'errored') return PromiseReject(stream.storedError);
  closeReadable(stream);
  if (stream.reader?.byob) closeRequests(stream.reader);
  // [[CancelSteps]]
  stream.steps.clear(stream);
  resetQueue(stream.queue);
  const result = perform(stream.cancel, reason);
  clearAlgorithms(stream);
  return PromisePrototypeThen(toPromise(result), nothing);
}
