/**
 * ReadableStreamDefaultController and the steps of streams of any chunks.
 * @see https://streams.spec.whatwg.org/#rs-default-controller-class
 */
import { chunk as part } from '../../link.ts';
import { ArrayIsArray, TypeErrorCtor } from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { INTERNAL } from './algorithm.ts';
import { enqueueWithSize, push, shift } from './queue.ts';
import {
  addRequest,
  callPullIfNeeded,
  canCloseOrEnqueue,
  clearAlgorithms,
  closeReadable,
  desiredSize,
  errorReadable,
  newReadableState,
  pendingReads,
  takeRequest,
  type ReadableState,
  type ReadRequest,
  type Steps,
} from './readable-state.ts';

/** @see https://streams.spec.whatwg.org/#rs-default-controller-private-pull */
function read(stream: ReadableState, request: ReadRequest): void {
  if (stream.queue.length === 0) {
    addRequest(stream, request);
    callPullIfNeeded(stream);
    return;
  }
  const chunk = shift(stream.queue);
  if (stream.closeRequested && stream.queue.length === 0) {
    clearAlgorithms(stream);
    closeReadable(stream);
  } else callPullIfNeeded(stream);
  request.chunk(chunk);
}

/** Does nothing where it is too late. Throws what the size algorithm throws. @see https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue */
function enqueue(stream: ReadableState, chunk: unknown): void {
  if (!canCloseOrEnqueue(stream)) return;
  if (pendingReads(stream) > 0) takeRequest(stream).chunk(chunk);
  else if (stream.size === undefined) push(stream.queue, chunk, 1);
  else {
    try {
      enqueueWithSize(stream.queue, chunk, stream.size(chunk) as number);
    } catch (error) {
      errorReadable(stream, error);
      throw error;
    }
  }
  callPullIfNeeded(stream);
}

/** @see https://streams.spec.whatwg.org/#readable-stream-default-controller-close */
function close(stream: ReadableState): void {
  if (!canCloseOrEnqueue(stream)) return;
  stream.closeRequested = true;
  if (stream.queue.length > 0) return;
  clearAlgorithms(stream);
  closeReadable(stream);
}

const nothing = (): void => {};
const DEFAULT_STEPS: Steps = { read, release: nothing, clear: nothing, enqueue, close };

/** Of streams of type "owning": equal steps that are not the same. What an app enqueues into one goes by owning.ts. */
const OWNING_STEPS: Steps = { ...DEFAULT_STEPS };

export function newDefaultStream(highWaterMark: number, type: 'owning' | undefined = undefined): ReadableState {
  return newReadableState(type === undefined ? DEFAULT_STEPS : OWNING_STEPS, undefined, highWaterMark);
}

export function isOwning(stream: ReadableState): boolean {
  return stream.steps === OWNING_STEPS;
}

export const refuseEnqueue = (): TypeError => new TypeErrorCtor('The stream is not in a state that permits enqueue.');

let stateOf: (controller: ReadableStreamDefaultController) => ReadableState;

export class ReadableStreamDefaultController {
  #stream: ReadableState;

  static {
    stateOf = (controller) => {
      if (!isObject(controller) || !(#stream in controller)) throw illegalInvocation();
      return controller.#stream;
    };
  }

  constructor(token: unknown = undefined, stream: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#stream = stream as ReadableState;
  }

  get desiredSize(): number | null {
    return desiredSize(stateOf(this));
  }

  close(): void {
    const stream = stateOf(this);
    if (!canCloseOrEnqueue(stream)) throw new TypeErrorCtor('The stream is not in a state that permits close.');
    close(stream);
  }

  /** By the standard there are no options: only a list of what to transfer is refused, so that nobody takes it for transferred. */
  enqueue(chunk: unknown = undefined, options: unknown = undefined): void {
    const stream = stateOf(this);
    if (isOwning(stream)) {
      part('transfer').enqueueOwned(stream, chunk, options);
      return;
    }
    if (isObject(options) && isFilled((options as { transfer?: unknown }).transfer))
      throw new TypeErrorCtor('Only a stream of type "owning" transfers chunks.');
    if (!canCloseOrEnqueue(stream)) throw refuseEnqueue();
    enqueue(stream, chunk);
  }

  error(reason: unknown = undefined): void {
    errorReadable(stateOf(this), reason);
  }
}

const isFilled = (list: unknown): boolean => ArrayIsArray(list) && list.length > 0;

defineInterface(ReadableStreamDefaultController, 'ReadableStreamDefaultController');
