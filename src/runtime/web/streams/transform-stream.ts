/**
 * TransformStream and its controller.
 *
 * Contract: at most one chunk is being transformed, so the one that waits for the readable side to want
 * it is kept in the state, and a write makes no closure.
 *
 * @see https://streams.spec.whatwg.org/#ts-class
 */
import { newDeferred, PromisePrototypeThen, RangeErrorCtor, TypeErrorCtor, type Deferred } from '../../primordials.ts';
import { callback, defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { any, dictionary } from '../../webidl-types.ts';
import {
  alone,
  chunkAlgorithm,
  controllerAlgorithm,
  extractHighWaterMark,
  extractSizeAlgorithm,
  finalAlgorithm,
  INTERNAL,
  optionalObject,
  OwnStart,
  perform,
  queueMicrotask,
  queuingStrategy,
  react,
  toPromise,
  type Algorithm,
  type SizeAlgorithm,
} from './algorithm.ts';
import { byteCount } from './expected-length.ts';
import { newDefaultStream } from './default-controller.ts';
import { canCloseOrEnqueue, desiredSize, errorReadable, shouldCallPull, startReadable, type ReadableState } from './readable-state.ts';
import { ReadableStream, setFixedLength } from './readable-stream.ts';
import { newSettlement, promiseOf, renew, settle, type Settlement } from './settlement.ts';
import { errorWritableIfNeeded, newWritableState, startWritable, type WritableState } from './writable-state.ts';
import { WritableStream } from './writable-stream.ts';

type TransformState = {
  readable: ReadableState;
  writable: WritableState;
  backpressure: boolean;
  backpressureChange: Settlement;
  waiting: unknown;
  transform: Algorithm | undefined;
  flush: Algorithm | undefined;
  cancel: Algorithm | undefined;
  finish: Deferred<undefined> | undefined;
};

type Transformer = {
  cancel?: unknown;
  expectedLength?: number;
  flush?: unknown;
  readableType?: unknown;
  start?: unknown;
  transform?: unknown;
  writableType?: unknown;
};
const transformerDictionary = dictionary<Transformer>('Transformer', [
  { key: 'cancel', converter: callback },
  { key: 'expectedLength', converter: byteCount },
  { key: 'flush', converter: callback },
  { key: 'readableType', converter: any },
  { key: 'start', converter: callback },
  { key: 'transform', converter: callback },
  { key: 'writableType', converter: any },
]);

/** Both sides, not started. @see https://streams.spec.whatwg.org/#initialize-transform-stream */
function newTransform(
  writableHighWaterMark: number,
  writableSize: SizeAlgorithm | undefined,
  readableHighWaterMark: number,
  readableSize: SizeAlgorithm | undefined,
): TransformState {
  const writable = newWritableState(writableHighWaterMark, writableSize);
  const readable = newDefaultStream(readableHighWaterMark);
  readable.size = readableSize;
  const it: TransformState = {
    readable,
    writable,
    backpressure: true,
    backpressureChange: newSettlement(),
    waiting: undefined,
    transform: undefined,
    flush: undefined,
    cancel: undefined,
    finish: undefined,
  };
  const failed = (reason: unknown): never => {
    errorTransform(it, reason);
    throw reason;
  };
  /** @see https://streams.spec.whatwg.org/#transform-stream-default-controller-perform-transform */
  const performTransform = (chunk: unknown): unknown => {
    const result = perform(it.transform, chunk);
    return isObject(result) ? PromisePrototypeThen(toPromise(result), undefined, failed) : undefined;
  };
  const resume = (): unknown => {
    const chunk = it.waiting;
    it.waiting = undefined;
    if (writable.state === 'erroring') throw writable.storedError;
    return performTransform(chunk);
  };
  writable.write = (chunk: unknown) => {
    if (!it.backpressure) return performTransform(chunk);
    it.waiting = chunk;
    return PromisePrototypeThen(promiseOf(it.backpressureChange), resume);
  };
  writable.abort = (reason: unknown) =>
    finish(
      it,
      () => perform(it.cancel, reason),
      readable,
      () => errorReadable(readable, reason),
      (e) => errorReadable(readable, e),
    );
  writable.close = () =>
    finish(
      it,
      () => perform(it.flush),
      readable,
      () => readable.steps.close(readable),
      (e) => errorReadable(readable, e),
    );
  readable.pull = () => {
    setBackpressure(it, false);
    return promiseOf(it.backpressureChange);
  };
  const errorWritable = (reason: unknown): void => {
    errorWritableIfNeeded(writable, reason);
    unblockWrite(it);
  };
  readable.cancel = (reason: unknown) =>
    finish(
      it,
      () => perform(it.cancel, reason),
      writable,
      () => errorWritable(reason),
      errorWritable,
    );
  return it;
}

/**
 * What the sink's abort and close and the source's cancel have in common.
 * @param other the side that may have errored meanwhile
 * @see https://streams.spec.whatwg.org/#transform-stream-default-sink-abort-algorithm
 * @see https://streams.spec.whatwg.org/#transform-stream-default-sink-close-algorithm
 * @see https://streams.spec.whatwg.org/#transform-stream-default-source-cancel
 */
function finish(
  it: TransformState,
  algorithm: () => unknown,
  other: ReadableState | WritableState,
  succeeded: () => void,
  failed: (reason: unknown) => void,
): Promise<undefined> {
  if (it.finish !== undefined) return it.finish.promise;
  const deferred = newDeferred<undefined>();
  it.finish = deferred;
  const result = algorithm();
  clearAlgorithms(it);
  react(
    result,
    () => {
      if (other.state === 'errored') deferred.reject(other.storedError);
      else {
        succeeded();
        deferred.resolve(undefined);
      }
    },
    (reason) => {
      failed(reason);
      deferred.reject(reason);
    },
  );
  return deferred.promise;
}

function clearAlgorithms(it: TransformState): void {
  it.transform = it.flush = it.cancel = undefined;
}

/** @see https://streams.spec.whatwg.org/#transform-stream-set-backpressure */
function setBackpressure(it: TransformState, backpressure: boolean): void {
  settle(it.backpressureChange);
  renew(it.backpressureChange);
  it.backpressure = backpressure;
}

/** @see https://streams.spec.whatwg.org/#transform-stream-unblock-write */
function unblockWrite(it: TransformState): void {
  if (it.backpressure) setBackpressure(it, false);
}

/** @see https://streams.spec.whatwg.org/#transform-stream-error */
function errorTransform(it: TransformState, reason: unknown): void {
  errorReadable(it.readable, reason);
  errorWritableAndUnblock(it, reason);
}

/** @see https://streams.spec.whatwg.org/#transform-stream-error-writable-and-unblock-write */
function errorWritableAndUnblock(it: TransformState, reason: unknown): void {
  clearAlgorithms(it);
  errorWritableIfNeeded(it.writable, reason);
  unblockWrite(it);
}

/** @see https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue */
function enqueue(it: TransformState, chunk: unknown): void {
  const { readable } = it;
  if (!canCloseOrEnqueue(readable)) throw new TypeErrorCtor('The readable side is not in a state that permits enqueue.');
  try {
    readable.steps.enqueue(readable, chunk);
  } catch (error) {
    errorWritableAndUnblock(it, error);
    throw readable.storedError;
  }
  if (!shouldCallPull(readable) && !it.backpressure) setBackpressure(it, true);
}

/** @see https://streams.spec.whatwg.org/#transform-stream-default-controller-terminate */
function terminate(it: TransformState): void {
  it.readable.steps.close(it.readable);
  errorWritableAndUnblock(it, new TypeErrorCtor('The transform stream has been terminated.'));
}

/** Starts both sides, once the algorithms are in their places. */
function startTransform(it: TransformState, start: Algorithm | undefined): void {
  const started = newDeferred<unknown>();
  const promise = (): OwnStart => new OwnStart(started.promise);
  startWritable(it.writable, promise);
  startReadable(it.readable, promise);
  const result = start === undefined ? undefined : (start as () => unknown)();
  if (!isObject(result)) return started.resolve(undefined);
  // Not resolved with the promise itself, whose patched `then` would be called; but as late as if it were.
  react(
    result,
    () => queueMicrotask(() => started.resolve(undefined)),
    (reason) => queueMicrotask(() => started.reject(reason)),
  );
}

const CONTEXT = "Failed to construct 'TransformStream': parameter";
const FIRST = `${CONTEXT} 1`;
const SECOND = `${CONTEXT} 2`;
const THIRD = `${CONTEXT} 3`;

let stateOf: (controller: unknown) => TransformState;

/** @see https://streams.spec.whatwg.org/#ts-default-controller-class */
export class TransformStreamDefaultController {
  #transform: TransformState;

  static {
    stateOf = (value) => {
      if (!isObject(value) || !(#transform in value)) throw illegalInvocation();
      return value.#transform;
    };
  }

  constructor(token: unknown = undefined, transform: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#transform = transform as TransformState;
  }

  get desiredSize(): number | null {
    return desiredSize(stateOf(this).readable);
  }

  enqueue(chunk: unknown = undefined): void {
    enqueue(stateOf(this), chunk);
  }

  error(reason: unknown = undefined): void {
    errorTransform(stateOf(this), reason);
  }

  terminate(): void {
    terminate(stateOf(this));
  }
}

/** The two ends of any transform stream. */
export type TransformPair = { readable: ReadableStream; writable: WritableStream };

let pairOf: (stream: unknown) => TransformPair;
let isBranded: (value: unknown) => value is TransformStream;

export class TransformStream {
  #pair: TransformPair;

  static {
    isBranded = (value): value is TransformStream => isObject(value) && #pair in value;
    pairOf = (value) => {
      if (!isBranded(value)) throw illegalInvocation();
      return value.#pair;
    };
  }

  /** @see https://streams.spec.whatwg.org/#ts-constructor */
  constructor(transformer: unknown = undefined, writableStrategy: unknown = undefined, readableStrategy: unknown = undefined) {
    if (transformer === INTERNAL) {
      this.#pair = writableStrategy as TransformPair;
      return;
    }
    const object = optionalObject(transformer, FIRST);
    const writableOptions = queuingStrategy(writableStrategy, SECOND);
    const readableOptions = queuingStrategy(readableStrategy, THIRD);
    const methods = transformerDictionary(object, FIRST);
    if (methods.readableType !== undefined) throw new RangeErrorCtor(`${FIRST}: member readableType is reserved and must be undefined.`);
    if (methods.writableType !== undefined) throw new RangeErrorCtor(`${FIRST}: member writableType is reserved and must be undefined.`);
    const readableHighWaterMark = extractHighWaterMark(readableOptions, 0);
    const writableHighWaterMark = extractHighWaterMark(writableOptions, 1);
    const it = newTransform(writableHighWaterMark, extractSizeAlgorithm(writableOptions), readableHighWaterMark, extractSizeAlgorithm(readableOptions));
    this.#pair = pair(it);
    setFixedLength(this.#pair.readable, methods.expectedLength);
    const controller = new TransformStreamDefaultController(INTERNAL, it);
    it.transform = chunkAlgorithm(methods.transform, object, controller) ?? ((chunk: unknown) => enqueue(it, chunk));
    it.flush = finalAlgorithm(methods.flush, object, [controller]);
    it.cancel = finalAlgorithm(methods.cancel, object);
    startTransform(it, controllerAlgorithm(methods.start, object, controller));
  }

  get readable(): ReadableStream {
    return pairOf(this).readable;
  }

  get writable(): WritableStream {
    return pairOf(this).writable;
  }
}

defineInterface(TransformStreamDefaultController, 'TransformStreamDefaultController');
defineInterface(TransformStream, 'TransformStream');

const pair = (it: TransformState): TransformPair => ({
  readable: new ReadableStream(INTERNAL, it.readable),
  writable: new WritableStream(INTERNAL, it.writable),
});

export const isTransformStream = isBranded;

/** The two ends, without asking the stream's patchable accessors. */
export const transformPair = pairOf;

/** What the runtime's own transformers hold in place of a controller. */
export class TransformControl {
  readonly #transform: TransformState;

  constructor(transform: TransformState) {
    this.#transform = transform;
  }

  get desiredSize(): number | null {
    return desiredSize(this.#transform.readable);
  }

  /** Can chunks no longer get through: is the readable side closed, cancelled or errored? */
  get isOver(): boolean {
    return this.#transform.readable.state !== 'readable';
  }

  /** For transformers that make much of little: settles when the next chunk is wanted, or the stream is over. */
  get wanted(): Promise<unknown> | undefined {
    return this.#transform.backpressure && !this.isOver ? promiseOf(this.#transform.backpressureChange) : undefined;
  }

  /** Throws TypeError where it comes too late. */
  enqueue(chunk: unknown): void {
    enqueue(this.#transform, chunk);
  }

  error(reason: unknown): void {
    errorTransform(this.#transform, reason);
  }

  terminate(): void {
    terminate(this.#transform);
  }
}

/** What `createTransformStream` is made of. An algorithm may return a promise or nothing at all. */
export type TransformAlgorithms = {
  start?: ((control: TransformControl) => unknown) | undefined;
  transform?: ((chunk: unknown, control: TransformControl) => unknown) | undefined;
  flush?: ((control: TransformControl) => unknown) | undefined;
  cancel?: ((reason: unknown) => unknown) | undefined;
  writableHighWaterMark?: number;
  readableHighWaterMark?: number;
};

/** A stream of the runtime's own; without `transform` chunks pass as they are. @see https://streams.spec.whatwg.org/#transformstream-set-up */
export function createTransformStream(transformer: TransformAlgorithms): TransformStream {
  const { start, transform, flush, cancel, writableHighWaterMark, readableHighWaterMark } = alone(transformer);
  const it = newTransform(writableHighWaterMark ?? 1, undefined, readableHighWaterMark ?? 0, undefined);
  const control = new TransformControl(it);
  it.transform = (chunk: unknown) => (transform === undefined ? enqueue(it, chunk) : transform(chunk, control));
  it.flush = flush && (() => flush(control));
  it.cancel = cancel;
  startTransform(it, start && (() => start(control)));
  return new TransformStream(INTERNAL, pair(it));
}
