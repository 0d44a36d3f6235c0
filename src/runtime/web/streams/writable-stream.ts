/**
 * WritableStream, its writer and its controller.
 * @see https://streams.spec.whatwg.org/#ws-class
 */
import { newDeferred, PromiseReject, RangeErrorCtor, TypeErrorCtor } from '../../primordials.ts';
import { callback, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { any, dictionary } from '../../webidl-types.ts';
import type { AbortSignal } from '../abort.ts';
import {
  alone,
  chunkAlgorithm,
  controllerAlgorithm,
  extractHighWaterMark,
  extractSizeAlgorithm,
  finalAlgorithm,
  INTERNAL,
  optionalObject,
  queuingStrategy,
  type Algorithm,
  type SizeAlgorithm,
} from './algorithm.ts';
import { promiseOf } from './settlement.ts';
import {
  abortWritable,
  acquireWriter,
  closeWritable,
  controllerSignal,
  errorWritableIfNeeded,
  isClosing,
  newWritableState,
  releaseWriter,
  startWritable,
  writableDesiredSize,
  writeInternal,
  type WritableState,
  type Writer,
} from './writable-state.ts';

type UnderlyingSink = { abort?: unknown; close?: unknown; start?: unknown; type?: unknown; write?: unknown };
const underlyingSink = dictionary<UnderlyingSink>('UnderlyingSink', [
  { key: 'abort', converter: callback },
  { key: 'close', converter: callback },
  { key: 'start', converter: callback },
  { key: 'type', converter: any },
  { key: 'write', converter: callback },
]);

/** What `createWritableStream` is made of. An algorithm may return a promise or nothing at all. */
export type SinkAlgorithms = {
  start?: Algorithm | undefined;
  write?: ((chunk: unknown) => unknown) | undefined;
  close?: (() => unknown) | undefined;
  abort?: ((reason: unknown) => unknown) | undefined;
  highWaterMark?: number;
  size?: SizeAlgorithm | undefined;
};

const CLOSING = 'The stream is closing or closed.';

const CONTEXT = "Failed to construct 'WritableStream': parameter";
const FIRST = `${CONTEXT} 1`;
const SECOND = `${CONTEXT} 2`;

let stateOf: (stream: unknown) => WritableState;
let writerOf: (writer: unknown) => Writer;
let controlled: (controller: unknown) => WritableState;
let isBranded: (value: unknown) => value is WritableStream;

export class WritableStream {
  #stream: WritableState;

  static {
    isBranded = (value): value is WritableStream => isObject(value) && #stream in value;
    stateOf = (value) => {
      if (!isBranded(value)) throw illegalInvocation();
      return value.#stream;
    };
  }

  constructor(sink: unknown = undefined, strategy: unknown = undefined) {
    if (sink === INTERNAL) {
      this.#stream = strategy as WritableState;
      return;
    }
    const object = optionalObject(sink, FIRST);
    const options = queuingStrategy(strategy, SECOND);
    const methods = underlyingSink(object, FIRST);
    if (methods.type !== undefined) throw new RangeErrorCtor(`${FIRST}: member type is reserved and must be undefined.`);
    const size = extractSizeAlgorithm(options);
    const stream = newWritableState(extractHighWaterMark(options, 1), size);
    this.#stream = stream;
    const controller = new WritableStreamDefaultController(INTERNAL, stream);
    stream.write = chunkAlgorithm(methods.write, object, controller);
    stream.close = finalAlgorithm(methods.close, object, []);
    stream.abort = finalAlgorithm(methods.abort, object);
    startWritable(stream, controllerAlgorithm(methods.start, object, controller));
  }

  get locked(): boolean {
    return stateOf(this).writer !== undefined;
  }

  abort(reason: unknown = undefined): Promise<undefined> {
    try {
      const stream = stateOf(this);
      if (stream.writer !== undefined) throw new TypeErrorCtor('This WritableStream is currently locked to a writer.');
      return abortWritable(stream, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  close(): Promise<undefined> {
    try {
      const stream = stateOf(this);
      if (stream.writer !== undefined) throw new TypeErrorCtor('This WritableStream is currently locked to a writer.');
      if (isClosing(stream)) throw new TypeErrorCtor(CLOSING);
      return closeWritable(stream);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  getWriter(): WritableStreamDefaultWriter {
    stateOf(this);
    return new WritableStreamDefaultWriter(this);
  }
}

/** @see https://streams.spec.whatwg.org/#default-writer-class */
export class WritableStreamDefaultWriter {
  #writer: Writer;

  static {
    writerOf = (value) => {
      if (!isObject(value) || !(#writer in value)) throw illegalInvocation();
      return value.#writer;
    };
  }

  constructor(stream: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'WritableStreamDefaultWriter'");
    if (!isBranded(stream)) throw new TypeErrorCtor("Failed to construct 'WritableStreamDefaultWriter': parameter 1 is not of type 'WritableStream'.");
    this.#writer = acquireWriter(stateOf(stream));
  }

  get closed(): Promise<undefined> {
    try {
      return promiseOf(writerOf(this).closed);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  get desiredSize(): number | null {
    return writableDesiredSize(heldBy(writerOf(this)));
  }

  get ready(): Promise<undefined> {
    try {
      return promiseOf(writerOf(this).ready);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  abort(reason: unknown = undefined): Promise<undefined> {
    try {
      return abortWritable(heldBy(writerOf(this)), reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  close(): Promise<undefined> {
    try {
      const stream = heldBy(writerOf(this));
      if (isClosing(stream)) throw new TypeErrorCtor(CLOSING);
      return closeWritable(stream);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  releaseLock(): void {
    const writer = writerOf(this);
    if (writer.stream !== undefined) releaseWriter(writer);
  }

  write(chunk: unknown = undefined): Promise<undefined> {
    try {
      const writer = writerOf(this);
      heldBy(writer);
      const deferred = newDeferred<undefined>();
      writeInternal(writer, chunk, deferred);
      return deferred.promise;
    } catch (error) {
      return PromiseReject(error);
    }
  }
}

function heldBy(writer: Writer): WritableState {
  if (writer.stream === undefined) throw new TypeErrorCtor('This writer has been released.');
  return writer.stream;
}

/** @see https://streams.spec.whatwg.org/#ws-default-controller-class */
export class WritableStreamDefaultController {
  #stream: WritableState;

  static {
    controlled = (value) => {
      if (!isObject(value) || !(#stream in value)) throw illegalInvocation();
      return value.#stream;
    };
  }

  constructor(token: unknown = undefined, stream: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#stream = stream as WritableState;
  }

  get signal(): AbortSignal {
    return controllerSignal(controlled(this));
  }

  error(reason: unknown = undefined): void {
    errorWritableIfNeeded(controlled(this), reason);
  }
}

defineInterface(WritableStream, 'WritableStream');
defineInterface(WritableStreamDefaultWriter, 'WritableStreamDefaultWriter');
defineInterface(WritableStreamDefaultController, 'WritableStreamDefaultController');

export const isWritableStream = isBranded;

/** The state behind a public stream. */
export const writableState = stateOf;

export function isWritableStreamLocked(stream: WritableStream): boolean {
  return stateOf(stream).writer !== undefined;
}

/** A stream of the runtime's own. `highWaterMark` is 1 unless given. @see https://streams.spec.whatwg.org/#create-writable-stream */
export function createWritableStream(given: SinkAlgorithms): WritableStream {
  const sink = alone(given);
  const stream = newWritableState(sink.highWaterMark ?? 1, sink.size);
  stream.write = sink.write;
  stream.close = sink.close;
  stream.abort = sink.abort;
  startWritable(stream, sink.start);
  return new WritableStream(INTERNAL, stream);
}

/** Errors a stream from the side of its sink; nothing happens unless it is writable. */
export function writableStreamError(stream: WritableStream, reason: unknown): void {
  errorWritableIfNeeded(stateOf(stream), reason);
}

/** @see https://streams.spec.whatwg.org/#acquire-writable-stream-default-writer */
export function acquireWritableStreamDefaultWriter(stream: WritableStream): Writer {
  return acquireWriter(stateOf(stream));
}
