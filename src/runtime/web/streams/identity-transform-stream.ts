/**
 * IdentityTransformStream and FixedLengthStream: Workers' own streams of bytes.
 *
 * Contract: bytes only; text is written as UTF-8, undefined as nothing. Without a high water mark a write is done when its bytes have been read, so
 * that nothing is buffered; with one, up to that many bytes may wait. What is written is copied: the
 * writer keeps its buffer and may use it again once the write is done.
 *
 * Departures from Cloudflare's own: a chunk comes out as large as it went in (theirs come in pieces of
 * at most 4096 bytes to a default reader), and a BYOB read that takes part of a chunk lets its write be done.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/
 */
import { ArrayBufferIsView, ArrayBufferPrototypeGetByteLength, newDeferred, TypeErrorCtor, type Deferred } from '../../primordials.ts';
import { argument, bufferSource, defineInterface, isArrayBuffer, requireArguments } from '../../webidl.ts';
import { dictionary } from '../../webidl-types.ts';
import { addAbortAlgorithm } from '../abort.ts';
import { encodeUtf8, utf8ByteLength } from '../encoding/utf8.ts';
import { INTERNAL } from './algorithm.ts';
import { byteLengthOf, cloneBytes, type View } from './byte-view.ts';
import { byteCount } from './expected-length.ts';
import {
  createReadableByteStream,
  readableStreamCloseController,
  readableStreamEnqueue,
  readableStreamErrorController,
  setFixedLength,
} from './readable-stream.ts';
import { TransformStream, type TransformPair } from './transform-stream.ts';
import { controllerSignal } from './writable-state.ts';
import { createWritableStream, writableState, writableStreamError } from './writable-stream.ts';

type Options = { highWaterMark?: number };
const options = dictionary<Options>('IdentityTransformStreamQueuingStrategy', [{ key: 'highWaterMark', converter: byteCount }]);

const OBJECT_MESSAGE =
  'This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.';

const isBytes = (chunk: unknown): boolean => ArrayBufferIsView(chunk) || isArrayBuffer(chunk);

/** Size for the queue; what is no bytes at all fails when it is written. */
function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return utf8ByteLength(chunk);
  if (!isBytes(chunk)) return 0;
  return ArrayBufferIsView(chunk) ? byteLengthOf(chunk as View) : ArrayBufferPrototypeGetByteLength(chunk);
}

/** @param length how many bytes must pass; undefined: any number */
function newBytePair(length: number | undefined, { highWaterMark }: Options): TransformPair {
  let left = length;
  /** What waits for a read, and the promise of its write. */
  let waiting: { bytes: Uint8Array<ArrayBuffer>; written: Deferred<undefined> } | undefined;
  let isWanted = false;

  const drop = (reason: unknown): void => {
    waiting?.written.reject(reason);
    waiting = undefined;
  };
  const fail = (error: TypeError): never => {
    readableStreamErrorController(readable, error);
    throw error;
  };

  const readable = createReadableByteStream({
    pull() {
      if (waiting === undefined) {
        isWanted = true;
        return;
      }
      const { bytes, written } = waiting;
      waiting = undefined;
      readableStreamEnqueue(readable, bytes);
      written.resolve(undefined);
    },
    cancel(reason) {
      writableStreamError(writable, reason);
      drop(reason);
    },
  });

  const writable = createWritableStream({
    highWaterMark: highWaterMark ?? 1,
    size: highWaterMark === undefined ? undefined : sizeOf,
    write(chunk) {
      if (chunk === undefined) return undefined;
      const isText = typeof chunk === 'string';
      if (!isText && !isBytes(chunk)) return fail(new TypeErrorCtor(OBJECT_MESSAGE));
      const bytes = isText ? encodeUtf8(chunk) : cloneBytes(bufferSource(chunk, 'The chunk'));
      const size = byteLengthOf(bytes);
      if (left !== undefined) {
        if (size > left) return fail(new TypeErrorCtor('Attempt to write too many bytes through a FixedLengthStream.'));
        left -= size;
      }
      if (size === 0) return undefined;
      if (isWanted) {
        isWanted = false;
        readableStreamEnqueue(readable, bytes);
        return undefined;
      }
      waiting = { bytes, written: newDeferred() };
      return waiting.written.promise;
    },
    close() {
      if (left !== undefined && left > 0) fail(new TypeErrorCtor('FixedLengthStream did not see all expected bytes before close().'));
      readableStreamCloseController(readable);
    },
    abort(reason) {
      readableStreamErrorController(readable, reason);
    },
  });
  // An abort does not wait for a reader to come and take what has been written.
  addAbortAlgorithm(controllerSignal(writableState(writable)), drop);
  setFixedLength(readable, length);
  return { readable, writable };
}

export class IdentityTransformStream extends TransformStream {
  constructor(queuingStrategy: unknown = undefined, pair: unknown = undefined) {
    if (queuingStrategy === INTERNAL) super(INTERNAL, pair);
    else super(INTERNAL, newBytePair(undefined, options(queuingStrategy, "Failed to construct 'IdentityTransformStream': parameter 1")));
  }
}

export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength: unknown, queuingStrategy: unknown = undefined) {
    requireArguments(arguments.length, 1, "Failed to construct 'FixedLengthStream'");
    const length = byteCount(expectedLength, argument('constructor', 'FixedLengthStream', 1));
    super(INTERNAL, newBytePair(length, options(queuingStrategy, "Failed to construct 'FixedLengthStream': parameter 2")));
  }
}

defineInterface(IdentityTransformStream, 'IdentityTransformStream');
defineInterface(FixedLengthStream, 'FixedLengthStream');
