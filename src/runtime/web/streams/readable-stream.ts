/**
 * ReadableStream, and what the rest of the runtime does with readable streams.
 *
 * Contract: the functions exported here go by internal state alone; nothing a tenant patches on a
 * stream, reader or controller is consulted. A chunk enqueued into a byte stream of the runtime's own
 * is given away with its buffer.
 *
 * @see https://streams.spec.whatwg.org/#rs-class
 */
import { markHandled, ObjectDefineProperty, PromiseReject, RangeErrorCtor, SymbolAsyncIterator, TypeErrorCtor } from '../../primordials.ts';
import { differs } from '../../compat.ts';
import { chunk as part } from '../../link.ts';
import { argument, callback, defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { boolean, dictionary, enumeration, interfaceOf, unsignedLongLongEnforceRange } from '../../webidl-types.ts';
import { isAbortSignal } from '../abort.ts';
import {
  alone,
  controllerAlgorithm,
  extractHighWaterMark,
  extractSizeAlgorithm,
  finalAlgorithm,
  INTERNAL,
  optionalObject,
  queuingStrategy,
} from './algorithm.ts';
import { newAsyncIterator } from './async-iterator.ts';
import { ReadableStreamBYOBReader } from './byob-reader.ts';
import { ReadableByteStreamController } from './byte-controller.ts';
import { byteTee } from './byte-tee.ts';
import { isOwning, newDefaultStream, ReadableStreamDefaultController } from './default-controller.ts';
import { installStreamOf, ReadableStreamDefaultReader } from './default-reader.ts';
import { pipeTo, type PipeOptions } from './pipe.ts';
import { cloneChunk } from './byte-view.ts';
import { newByteStream } from './pull-into.ts';
import { acquireReader } from './reader.ts';
import { readableFrom } from './readable-from.ts';
import { cancelReadable, errorReadable, startReadable, type Reader, type ReadableState } from './readable-state.ts';
import { byteCount, type Length } from './expected-length.ts';
import { SourceControl, type SourceAlgorithms } from './source-control.ts';
import { defaultTee } from './tee.ts';
import { isWritableStream, writableState, type WritableStream } from './writable-stream.ts';

/** Workers' size of the buffer that an ordinary read of a stream of bytes offers its source, and the flag that takes it away. */
const DEFAULT_SIZE = 4096;
const NO_DEFAULT_SIZE = 'streams_no_default_auto_allocate_chunk_size';

type UnderlyingSource = {
  autoAllocateChunkSize?: number;
  cancel?: unknown;
  expectedLength?: number;
  pull?: unknown;
  start?: unknown;
  type?: 'bytes' | 'owning';
};
const underlyingSource = dictionary<UnderlyingSource>('UnderlyingSource', [
  { key: 'autoAllocateChunkSize', converter: unsignedLongLongEnforceRange },
  { key: 'cancel', converter: callback },
  { key: 'expectedLength', converter: byteCount },
  { key: 'pull', converter: callback },
  { key: 'start', converter: callback },
  { key: 'type', converter: enumeration('ReadableStreamType', ['bytes', 'owning']) },
]);
const getReaderOptions = dictionary<{ mode?: 'byob' }>('ReadableStreamGetReaderOptions', [
  { key: 'mode', converter: enumeration('ReadableStreamReaderMode', ['byob']) },
]);
const iteratorOptions = dictionary<{ preventCancel: boolean }>('ReadableStreamIteratorOptions', [
  { key: 'preventCancel', converter: boolean, defaultValue: () => false },
]);
const pipeOptions = dictionary<PipeOptions>('StreamPipeOptions', [
  { key: 'preventAbort', converter: boolean },
  { key: 'preventCancel', converter: boolean },
  { key: 'preventClose', converter: boolean },
  { key: 'signal', converter: interfaceOf('AbortSignal', isAbortSignal) },
]);

const locked = (): TypeError => new TypeErrorCtor('This ReadableStream is currently locked to a reader.');
const lockedDestination = (): TypeError => new TypeErrorCtor('This WritableStream is currently locked to a writer.');

const CONTEXT = "Failed to construct 'ReadableStream': parameter";
const FIRST = `${CONTEXT} 1`;
const SECOND = `${CONTEXT} 2`;

let stateOf: (stream: unknown) => ReadableState;
let isBranded: (value: unknown) => value is ReadableStream;

export class ReadableStream {
  #stream: ReadableState;

  static {
    isBranded = (value): value is ReadableStream => isObject(value) && #stream in value;
    stateOf = (value) => {
      if (!isBranded(value)) throw illegalInvocation();
      return value.#stream;
    };
    installStreamOf((value, context) => {
      if (!isBranded(value)) throw new TypeErrorCtor(`${context} is not of type 'ReadableStream'.`);
      return value.#stream;
    });
  }

  /** @see https://streams.spec.whatwg.org/#rs-constructor */
  constructor(source: unknown = undefined, strategy: unknown = undefined) {
    if (source === INTERNAL) {
      this.#stream = strategy as ReadableState;
      return;
    }
    const object = optionalObject(source, FIRST);
    const options = queuingStrategy(strategy, SECOND);
    const methods = underlyingSource(object, FIRST);
    let stream: ReadableState;
    let controller: ReadableStreamDefaultController | ReadableByteStreamController;
    if (methods.type === 'bytes') {
      if (options.size !== undefined) throw new RangeErrorCtor('The strategy for a byte stream cannot have a size function.');
      const highWaterMark = extractHighWaterMark(options, 0);
      if (methods.autoAllocateChunkSize === 0) throw new TypeErrorCtor('autoAllocateChunkSize must be greater than 0.');
      stream = newByteStream(highWaterMark, methods.autoAllocateChunkSize ?? (differs(NO_DEFAULT_SIZE) ? undefined : DEFAULT_SIZE));
      controller = new ReadableByteStreamController(INTERNAL, stream);
    } else {
      const size = extractSizeAlgorithm(options);
      stream = newDefaultStream(extractHighWaterMark(options, 1), methods.type);
      stream.size = size;
      controller = new ReadableStreamDefaultController(INTERNAL, stream);
    }
    this.#stream = stream;
    stream.length = methods.expectedLength;
    stream.pull = controllerAlgorithm(methods.pull, object, controller);
    stream.cancel = finalAlgorithm(methods.cancel, object);
    startReadable(stream, controllerAlgorithm(methods.start, object, controller));
  }

  static from(asyncIterable: unknown): ReadableStream {
    requireArguments(arguments.length, 1, "Failed to execute 'from' on 'ReadableStream'");
    return wrap(readableFrom(asyncIterable));
  }

  get locked(): boolean {
    return stateOf(this).reader !== undefined;
  }

  cancel(reason: unknown = undefined): Promise<undefined> {
    try {
      const stream = stateOf(this);
      if (stream.reader !== undefined) throw locked();
      return cancelReadable(stream, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  getReader(options: unknown = undefined): ReadableStreamDefaultReader | ReadableStreamBYOBReader {
    stateOf(this);
    const { mode } = getReaderOptions(options, argument('getReader', 'ReadableStream', 1));
    return mode === undefined ? new ReadableStreamDefaultReader(this) : new ReadableStreamBYOBReader(this);
  }

  pipeThrough(transform: unknown, options: unknown = undefined): ReadableStream {
    const stream = stateOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'pipeThrough' on 'ReadableStream'");
    const pair = readableWritablePair(transform, argument('pipeThrough', 'ReadableStream', 1));
    const pipe = pipeOptions(options, argument('pipeThrough', 'ReadableStream', 2));
    if (stream.reader !== undefined) throw locked();
    const dest = writableState(pair.writable);
    if (dest.writer !== undefined) throw lockedDestination();
    markHandled(pipeTo(stream, dest, pipe));
    return pair.readable;
  }

  pipeTo(destination: unknown, options: unknown = undefined): Promise<undefined> {
    try {
      const stream = stateOf(this);
      requireArguments(arguments.length, 1, "Failed to execute 'pipeTo' on 'ReadableStream'");
      if (!isWritableStream(destination)) throw new TypeErrorCtor(`${argument('pipeTo', 'ReadableStream', 1)} is not of type 'WritableStream'.`);
      const pipe = pipeOptions(options, argument('pipeTo', 'ReadableStream', 2));
      if (stream.reader !== undefined) throw locked();
      const dest = writableState(destination);
      if (dest.writer !== undefined) throw lockedDestination();
      return pipeTo(stream, dest, pipe);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  tee(): [ReadableStream, ReadableStream] {
    stateOf(this);
    return readableStreamTee(this, false);
  }

  values(options: unknown = undefined): object {
    const stream = stateOf(this);
    const { preventCancel } = iteratorOptions(options, argument('values', 'ReadableStream', 1));
    return newAsyncIterator(acquireReader(stream, false), preventCancel);
  }
}

defineInterface(ReadableStream, 'ReadableStream');
ObjectDefineProperty(ReadableStream.prototype, SymbolAsyncIterator, { value: ReadableStream.prototype.values, writable: true, configurable: true });

const wrap = (stream: ReadableState): ReadableStream => new ReadableStream(INTERNAL, stream);

/** What `ReadableStream.from` comes to. */
export const streamOfIterable = (iterable: unknown): ReadableStream => wrap(readableFrom(iterable));

export const isReadableStream = isBranded;

/** The state behind a public stream. */
export const readableState = stateOf;

const readableWritablePair = dictionary<{ readable: ReadableStream; writable: WritableStream }>('ReadableWritablePair', [
  { key: 'readable', converter: interfaceOf('ReadableStream', isReadableStream), required: true },
  { key: 'writable', converter: interfaceOf('WritableStream', isWritableStream), required: true },
]);

export function setFixedLength(stream: ReadableStream, length: Length | undefined): void {
  stateOf(stream).length = length;
}

/** The length that a stream has been given; undefined for most. */
export function fixedLengthOf(stream: ReadableStream): number | undefined {
  const { length } = stateOf(stream);
  return typeof length === 'number' ? length : undefined;
}

/** The same, also where somebody has to be asked: for those who cannot do without. */
export function knownLengthOf(stream: ReadableStream): number | undefined {
  const { length } = stateOf(stream);
  return typeof length === 'function' ? length() : length;
}

export function isReadableStreamLocked(stream: ReadableStream): boolean {
  return stateOf(stream).reader !== undefined;
}

/** Has it been read from or cancelled? */
export function isReadableStreamDisturbed(stream: ReadableStream): boolean {
  return stateOf(stream).disturbed;
}

/** A stream of any chunks. `highWaterMark` is 1 unless given. @see https://streams.spec.whatwg.org/#create-readable-stream */
export function createReadableStream(source: SourceAlgorithms): ReadableStream {
  return create(newDefaultStream(alone(source).highWaterMark ?? 1), source);
}

/** A byte stream. `highWaterMark`, in bytes, is 0 unless given. @see https://streams.spec.whatwg.org/#abstract-opdef-createreadablebytestream */
export function createReadableByteStream(source: SourceAlgorithms): ReadableStream {
  return create(newByteStream(alone(source).highWaterMark ?? 0), source);
}

function create(stream: ReadableState, source: SourceAlgorithms): ReadableStream {
  const { start, pull, cancel, size } = alone(source);
  const control = new SourceControl(stream);
  stream.size = size;
  if (pull !== undefined) stream.pull = () => pull(control);
  stream.cancel = cancel;
  // Without a start, and with nothing to pull ahead of the first read, there is nothing to wait for.
  if (start === undefined && (pull === undefined || stream.highWaterMark === 0)) stream.started = true;
  else startReadable(stream, start && (() => start(control)));
  return wrap(stream);
}

/** Enqueues into a stream of the runtime's own; nothing happens where it is closed or errored. */
export function readableStreamEnqueue(stream: ReadableStream, chunk: unknown): void {
  const state = stateOf(stream);
  state.steps.enqueue(state, chunk);
}

/** Closes a stream of the runtime's own, once what is queued has been read. */
export function readableStreamCloseController(stream: ReadableStream): void {
  const state = stateOf(stream);
  state.steps.close(state);
}

/** Errors a stream of the runtime's own; nothing happens unless it is readable. */
export function readableStreamErrorController(stream: ReadableStream, reason: unknown): void {
  errorReadable(stateOf(stream), reason);
}

/** Cancels, locked or not. @see https://streams.spec.whatwg.org/#readable-stream-cancel */
export function readableStreamCancel(stream: ReadableStream, reason: unknown): Promise<undefined> {
  return cancelReadable(stateOf(stream), reason);
}

/**
 * Throws TypeError when the stream is locked.
 * @param clone how the second branch's chunks are made; none: both branches share them. Byte streams always copy, owning streams always clone.
 * @see https://streams.spec.whatwg.org/#readablestream-tee
 */
export function readableStreamTee(stream: ReadableStream, clone: ((chunk: unknown) => unknown) | boolean): [ReadableStream, ReadableStream] {
  const state = stateOf(stream);
  const cloner = isOwning(state) ? part('clone').structuredClone : clone === true ? cloneChunk : clone === false ? undefined : clone;
  const isWhole = !state.disturbed;
  const states = state.bytes === undefined ? defaultTee(state, cloner) : byteTee(state);
  const branches: [ReadableStream, ReadableStream] = [wrap(states[0]), wrap(states[1])];
  if (isWhole) {
    states[0].length = state.length;
    states[1].length = state.length;
  }
  return branches;
}

/** A reader for `readInternal` and `releaseReader`. Throws TypeError when the stream is locked. */
export function acquireReadableStreamDefaultReader(stream: ReadableStream): Reader {
  return acquireReader(stateOf(stream), false);
}

/** Pipes inside the runtime; the result is marked as handled. Throws TypeError when either stream is locked. @see https://streams.spec.whatwg.org/#readable-stream-pipe-to */
export function readableStreamPipeTo(source: ReadableStream, dest: WritableStream, options: PipeOptions): Promise<undefined> {
  const promise = pipeTo(stateOf(source), writableState(dest), options);
  markHandled(promise);
  return promise;
}
