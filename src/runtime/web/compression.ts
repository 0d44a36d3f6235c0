/**
 * CompressionStream and DecompressionStream.
 *
 * The host does the work. A stream is a number to it, opened by the first call that names it. Input to
 * a compressor is gathered until it is worth a trip; output is asked for only as fast as it is read.
 *
 * @see https://compression.spec.whatwg.org/
 */
import { Post, Request } from '../../protocol/ops.ts';
import { post, request, requireEvent } from '../bridge.ts';
import {
  FinalizationRegistryCtor,
  FinalizationRegistryPrototypeRegister,
  MathMin,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { bufferSource, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { enumeration } from '../webidl-types.ts';
import { encodeUtf8 } from './encoding/utf8.ts';
import { sourceBytes } from './encoding/source-bytes.ts';
import type { ReadableStream } from './streams/readable-stream.ts';
import { createTransformStream, transformPair, type TransformControl, type TransformPair } from './streams/transform-stream.ts';
import type { WritableStream } from './streams/writable-stream.ts';

/** Input of a compressor that waits for more. */
const GATHERED_BYTES = 32_768;
/** The host takes no more at a time. */
const PART_BYTES = 262_144;

/** Output that waits for a reader before writers wait. */
const READ_AHEAD_PARTS = 16;

/** @see https://compression.spec.whatwg.org/#enumdef-compressionformat ("zstd" is an addition) */
const compressionFormat = enumeration('CompressionFormat', ['brotli', 'deflate', 'deflate-raw', 'gzip', 'zstd']);

let lastCodec = 0;
const abandoned = new FinalizationRegistryCtor<number>((codec) => post(Post.codecClose, codec));

class Codec {
  readonly #format: string;
  readonly #decompresses: 0 | 1;
  /** The host's number for it; 0 until there is something to do. */
  #number = 0;
  #isClosed = false;
  #gathered: Uint8Array | undefined;
  #gatheredLength = 0;

  constructor(format: string, decompresses: 0 | 1) {
    this.#format = format;
    this.#decompresses = decompresses;
  }

  /** Takes a chunk, which is copied before this returns. */
  write(bytes: Uint8Array, control: TransformControl): Promise<void> | undefined {
    requireEvent();
    const length = TypedArrayPrototypeGetLength(bytes);
    if (length === 0) return undefined;
    if (this.#decompresses === 0) {
      if (this.#gatheredLength + length <= GATHERED_BYTES) {
        this.#gathered ??= new Uint8ArrayCtor(GATHERED_BYTES);
        TypedArrayPrototypeSet(this.#gathered, bytes, this.#gatheredLength);
        this.#gatheredLength += length;
        return undefined;
      }
      if (this.#gatheredLength > 0) return this.#writeBoth(this.#takeGathered(), TypedArrayPrototypeSlice(bytes, 0), control);
    }
    // What crosses at once is copied on the way.
    return length <= PART_BYTES ? this.#run(bytes, 0, control) : this.#writeParts(TypedArrayPrototypeSlice(bytes, 0), control);
  }

  /** The input is complete. */
  finish(control: TransformControl): Promise<void> {
    requireEvent();
    return this.#run(this.#gatheredLength > 0 ? this.#takeGathered() : null, 1, control);
  }

  /** Nobody wants the result. */
  close(): void {
    if (this.#number !== 0 && !this.#isClosed) post(Post.codecClose, this.#number);
    this.#isClosed = true;
  }

  #takeGathered(): Uint8Array {
    const bytes = TypedArrayPrototypeSubarray(this.#gathered as Uint8Array, 0, this.#gatheredLength);
    this.#gatheredLength = 0;
    return bytes;
  }

  async #writeBoth(first: Uint8Array, second: Uint8Array, control: TransformControl): Promise<void> {
    await this.#run(first, 0, control);
    await this.#writeParts(second, control);
  }

  async #writeParts(bytes: Uint8Array, control: TransformControl): Promise<void> {
    const length = TypedArrayPrototypeGetLength(bytes);
    for (let at = 0; at < length && !control.isOver; at += PART_BYTES)
      await this.#run(TypedArrayPrototypeSubarray(bytes, at, MathMin(at + PART_BYTES, length)), 0, control);
  }

  /** Hands input over and lets through what comes of it. */
  async #run(bytes: Uint8Array | null, last: 0 | 1, control: TransformControl): Promise<void> {
    if (this.#number === 0) {
      this.#number = ++lastCodec;
      FinalizationRegistryPrototypeRegister(abandoned, this, this.#number);
    }
    for (let input = bytes; ; input = null) {
      const answer = (await request(Request.codec, this.#number, this.#format, this.#decompresses, input, last)) as [Uint8Array | null, 0 | 1];
      if (control.isOver) return this.close();
      if (answer[0] !== null) control.enqueue(answer[0]);
      if (answer[1] === 0) break;
      await control.wanted;
      if (control.isOver) return this.close();
    }
    if (last === 1) this.#isClosed = true;
  }
}

function codecPair(format: string, decompresses: 0 | 1): TransformPair {
  const codec = new Codec(format, decompresses);
  return transformPair(
    createTransformStream({
      // Text is written as UTF-8, as on Workers.
      transform: (chunk, control) =>
        codec.write(typeof chunk === 'string' ? encodeUtf8(chunk) : sourceBytes(bufferSource(chunk, 'The chunk'), 'The chunk'), control),
      flush: (control) => codec.finish(control),
      cancel: () => codec.close(),
      // Nobody need read yet when something is written, as on Workers.
      readableHighWaterMark: READ_AHEAD_PARTS,
    }),
  );
}

export class CompressionStream {
  readonly #pair: TransformPair;

  /** @see https://compression.spec.whatwg.org/#dom-compressionstream-compressionstream */
  constructor(format: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'CompressionStream'");
    this.#pair = codecPair(compressionFormat(format, "Failed to construct 'CompressionStream': parameter 1"), 0);
  }

  get readable(): ReadableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.readable;
  }

  get writable(): WritableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.writable;
  }
}

export class DecompressionStream {
  readonly #pair: TransformPair;

  /** @see https://compression.spec.whatwg.org/#dom-decompressionstream-decompressionstream */
  constructor(format: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'DecompressionStream'");
    this.#pair = codecPair(compressionFormat(format, "Failed to construct 'DecompressionStream': parameter 1"), 1);
  }

  get readable(): ReadableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.readable;
  }

  get writable(): WritableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.writable;
  }
}

defineInterface(CompressionStream, 'CompressionStream');
defineInterface(DecompressionStream, 'DecompressionStream');
