/**
 * What bodies need of streams, and nothing more: the only file of the fetch objects that knows how streams are made.
 */
import {
  ArrayBufferIsView,
  ArrayPrototypePush,
  PromiseCtor,
  PromisePrototypeThen,
  TypeErrorCtor,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8ArrayCtor,
  markHandled,
} from '../primordials.ts';
import { isArrayBuffer } from '../webidl.ts';
import { asBytes } from './body.ts';
import { concatBytes } from './concat-bytes.ts';
import {
  type ReadableStream,
  acquireReadableStreamDefaultReader,
  createReadableByteStream,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  readableState,
  readableStreamCancel,
  readableStreamCloseController,
  readableStreamEnqueue,
  readableStreamErrorController,
  readableStreamTee,
} from './streams/readable-stream.ts';
import { encodeUtf8 } from './encoding/utf8.ts';
import { respond } from './streams/pull-into.ts';
import type { ReadRequest, Reader } from './streams/readable-state.ts';
import { cancelReader, readInternal } from './streams/reader.ts';

export {
  type ReadableStream,
  type Reader,
  acquireReadableStreamDefaultReader as lockStream,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  readInternal as readChunk,
  readableState,
  readableStreamErrorController,
  readableStreamTee,
};

/** A chunk, or null at the end. */
type Pulled = Uint8Array | null;

/** A byte stream that asks `pull` for each chunk, and only when somebody reads. */
export function pullStream(pull: () => Pulled | Promise<Pulled>, cancel: (reason: unknown) => unknown): ReadableStream {
  let isOver = false;
  const deliver = (chunk: Pulled): void => {
    // Cancelled, or errored, while the chunk was on its way.
    if (isOver) return;
    if (chunk !== null) return readableStreamEnqueue(stream, chunk);
    isOver = true;
    readableStreamCloseController(stream);
    // A BYOB reader's buffer is given back empty. @see https://streams.spec.whatwg.org/#readablestream-close
    const state = readableState(stream);
    if (state.bytes !== undefined && state.bytes.pullIntos.length > 0) respond(state, 0);
  };
  const stream: ReadableStream = createReadableByteStream({
    pull: () => {
      const pulled = pull();
      if (pulled !== null && TypedArrayPrototypeGetSymbolToStringTag(pulled) === undefined) return PromisePrototypeThen(pulled as Promise<Pulled>, deliver);
      deliver(pulled as Pulled);
      return undefined;
    },
    cancel: (reason: unknown) => {
      isOver = true;
      return cancel(reason);
    },
    highWaterMark: 0,
  });
  return stream;
}

/** Cancels a stream, locked or not; its own failure to be cancelled is nobody's. */
export function cancelStream(stream: ReadableStream, reason: unknown): void {
  markHandled(readableStreamCancel(stream, reason));
}

/** Makes a stream look as one that was read by somebody else: disturbed, closed and locked. */
export function sealStream(stream: ReadableStream): void {
  cancelStream(stream, undefined);
  acquireReadableStreamDefaultReader(stream);
}

/** The bytes of a chunk, in place; of text they are UTF-8, as on Workers. Undefined for what has none. */
export function chunkBytes(chunk: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') return encodeUtf8(chunk);
  return ArrayBufferIsView(chunk) || isArrayBuffer(chunk) ? asBytes(chunk) : undefined;
}

/** The error for a chunk that is not bytes, in Cloudflare's words. */
export function notBytesError(chunk: unknown): TypeError {
  return new TypeErrorCtor(
    `This TransformStream is being used as a byte stream, but received ${
      typeof chunk === 'string' ? 'a string' : 'an object of non-ArrayBuffer/ArrayBufferView type'
    } on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.`,
  );
}

/**
 * Reads all of a stream's bytes, and locks it. Functions and no promise, because a promise resolved with an object would
 * ask it for a `then` that a tenant may have put on Object.prototype.
 */
export function readAll(stream: ReadableStream, done: (bytes: Uint8Array<ArrayBuffer>) => void, fail: (reason: unknown) => void): void {
  const reader = acquireReadableStreamDefaultReader(stream);
  const chunks: Uint8Array[] = [];
  let isLooping = false;
  let isAnswered = false;
  const request: ReadRequest = {
    chunk: (chunk) => {
      if (TypedArrayPrototypeGetSymbolToStringTag(chunk) !== 'Uint8Array') return fail(new TypeErrorCtor('This ReadableStream did not return bytes.'));
      ArrayPrototypePush(chunks, chunk as Uint8Array);
      isAnswered = true;
      if (!isLooping) loop();
    },
    close: () => done(concatBytes(chunks)),
    error: fail,
  };
  // Chunks that wait in the queue are answered at once: a loop, lest they fill the stack.
  const loop = (): void => {
    isLooping = true;
    do {
      isAnswered = false;
      readInternal(reader, request);
    } while (isAnswered);
    isLooping = false;
  };
  loop();
}

/** A stream through which another is read: what `new Request(request)` leaves behind is locked and used. */
export function proxyStream(source: ReadableStream): ReadableStream {
  const reader = acquireReadableStreamDefaultReader(source);
  return pullStream(
    () =>
      new PromiseCtor<Pulled>((resolve, reject) => {
        readInternal(reader, {
          chunk: (chunk) =>
            TypedArrayPrototypeGetSymbolToStringTag(chunk) === 'Uint8Array' ? resolve(new Uint8ArrayCtor(chunk as Uint8Array)) : reject(notBytesError(chunk)),
          close: () => resolve(null),
          error: reject,
        });
      }),
    (reason) => cancelReader(reader, reason) as Promise<unknown>,
  );
}

/** Cancels through a lock that `lockStream` took. */
export function cancelLocked(reader: Reader, reason: unknown): void {
  markHandled(cancelReader(reader, reason));
}
