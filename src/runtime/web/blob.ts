/**
 * Blob: immutable bytes with a type.
 *
 * Contract: the bytes are a list of chunks, joined when first asked for as a whole. A slice and a
 * blob made of blobs share chunks with their sources, so no byte is copied twice; therefore nobody
 * writes to what `blobBytes` returns.
 *
 * @see https://w3c.github.io/FileAPI/#blob-section
 */
import {
  ArrayBufferIsView,
  ArrayPrototypePush,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../primordials.ts';
import {
  DOMString,
  USVString,
  argument,
  bufferSource,
  defineInterface,
  illegalInvocation,
  isArrayBuffer,
  viewBuffer,
  type BufferSource,
  type Converter,
} from '../webidl.ts';
import { dictionary, enumeration, longLongClamp, sequence } from '../webidl-types.ts';
import { chunk } from '../link.ts';
import { decodeUtf8, encodeUtf8 } from './encoding/utf8.ts';
import { parseMimeType, serializeMimeType } from './mime-type.ts';
import type { ReadableStream } from './streams/readable-stream.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type State = { chunks: Bytes[]; size: number; type: string };

export type BlobPart = string | BufferSource | Blob;
export type BlobOptions = { endings: 'transparent' | 'native'; type: string };

/** How much one read of a blob's stream yields. */
const CHUNK_SIZE = 65_536;
const INTERNAL = {};

let stateOf: (blob: Blob) => State;
let hasBrand: (value: unknown) => value is Blob;

export class Blob {
  #state: State;

  constructor(parts: unknown = undefined, options: unknown = undefined) {
    if (options === INTERNAL) this.#state = parts as State;
    else {
      const given = parts === undefined ? [] : blobParts(parts, "Failed to construct 'Blob': parameter 1");
      this.#state = processParts(given, blobOptions(options, "Failed to construct 'Blob': parameter 2"));
    }
  }

  static {
    hasBrand = (value): value is Blob => typeof value === 'object' && value !== null && #state in value;
    stateOf = (blob) => {
      if (!hasBrand(blob)) throw illegalInvocation();
      return blob.#state;
    };
  }

  get size(): number {
    return stateOf(this).size;
  }

  get type(): string {
    return stateOf(this).type;
  }

  /** @see https://w3c.github.io/FileAPI/#dfn-slice */
  slice(start: unknown = undefined, end: unknown = undefined, contentType: unknown = undefined): Blob {
    const state = stateOf(this);
    const { size } = state;
    const from = start === undefined ? 0 : longLongClamp(start, argument('slice', 'Blob', 1));
    const to = end === undefined ? size : longLongClamp(end, argument('slice', 'Blob', 2));
    const type = contentType === undefined ? '' : normaliseType(DOMString(contentType, argument('slice', 'Blob', 3)));
    const first = from < 0 ? (size + from > 0 ? size + from : 0) : from < size ? from : size;
    const last = to < 0 ? (size + to > 0 ? size + to : 0) : to < size ? to : size;
    return new Blob(cut(state.chunks, first, last, type), INTERNAL);
  }

  /** @see https://w3c.github.io/FileAPI/#dom-blob-stream */
  stream(): ReadableStream {
    const bytes = joined(stateOf(this));
    const { size } = stateOf(this);
    let at = 0;
    const { createReadableByteStream, setFixedLength } = chunk('streams');
    const stream = createReadableByteStream({
      pull(controller) {
        const end = at + CHUNK_SIZE < size ? at + CHUNK_SIZE : size;
        if (end > at) controller.enqueue(copy(view(bytes, at, end)));
        at = end;
        if (at === size) controller.close();
      },
    });
    setFixedLength(stream, size);
    return stream;
  }

  async text(): Promise<string> {
    return decodeUtf8(joined(stateOf(this)));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return TypedArrayPrototypeGetBuffer(copy(joined(stateOf(this)))) as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    return copy(joined(stateOf(this)));
  }
}

/** Is it a Blob (a File counts)? */
export const isBlob = hasBrand;

/** The bytes under a buffer or view, shared with it; none when it is detached. */
const bytesOf = (source: BufferSource): Bytes => {
  if (!ArrayBufferIsView(source)) return new Uint8ArrayCtor(source);
  const buffer = viewBuffer(source) as ArrayBuffer;
  if (TypedArrayPrototypeGetSymbolToStringTag(source) === undefined)
    return new Uint8ArrayCtor(buffer, DataViewPrototypeGetByteOffset(source), DataViewPrototypeGetByteLength(source));
  return new Uint8ArrayCtor(buffer, TypedArrayPrototypeGetByteOffset(source), TypedArrayPrototypeGetByteLength(source));
};

// Constructors, because `slice` and `subarray` ask the (patchable) species of their receiver.
const copy = (bytes: Bytes): Bytes => new Uint8ArrayCtor(bytes);
const view = (bytes: Bytes, from: number, to: number): Bytes =>
  new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes) as ArrayBuffer, TypedArrayPrototypeGetByteOffset(bytes) + from, to - from);

const toPart: Converter<BlobPart> = (value, context) => {
  if (hasBrand(value)) return value;
  if (ArrayBufferIsView(value) || isArrayBuffer(value)) return bufferSource(value, context);
  return USVString(value, context);
};

/** sequence<BlobPart> */
export const blobParts = sequence(toPart);

/** The members of BlobPropertyBag, which FilePropertyBag inherits. */
export const BLOB_OPTIONS = [
  { key: 'endings', converter: enumeration('EndingType', ['transparent', 'native']), defaultValue: (): string => 'transparent' },
  { key: 'type', converter: DOMString, defaultValue: (): string => '' },
] as const;
const blobOptions = dictionary<BlobOptions>('BlobPropertyBag', BLOB_OPTIONS);

/**
 * A type in lower case. Of characters beyond ASCII the File API says two things: by step 3 of its constructor there is no type with
 * one, by its definition of `type` there is wherever that is "a parsable MIME type". The tests of MIME Sniffing ask for the latter.
 * @see https://w3c.github.io/FileAPI/#constructorBlob
 * @see https://w3c.github.io/FileAPI/#dfn-type
 */
export function normaliseType(type: string): string {
  let isAscii = true;
  for (let i = 0; i < type.length; i++) {
    const unit = StringPrototypeCharCodeAt(type, i);
    if (unit < 0x20 || unit === 0x7f) return '';
    if (unit > 0x7f) isAscii = false;
  }
  if (isAscii) return StringPrototypeToLowerCase(type);
  const mimeType = parseMimeType(type);
  return mimeType === null ? '' : serializeMimeType(mimeType);
}

/** Every line break becomes "\n", the native one of this platform. @see https://w3c.github.io/FileAPI/#convert-line-endings-to-native */
const toNativeEndings = (text: string): string => {
  let result = '';
  let from = 0;
  for (;;) {
    const at = StringPrototypeIndexOf(text, '\r', from);
    if (at < 0) return result + StringPrototypeSlice(text, from);
    result += `${StringPrototypeSlice(text, from, at)}\n`;
    from = StringPrototypeCharCodeAt(text, at + 1) === 10 ? at + 2 : at + 1;
  }
};

/** @see https://w3c.github.io/FileAPI/#process-blob-parts */
const processParts = (parts: readonly BlobPart[], options: BlobOptions): State => {
  const chunks: Bytes[] = [];
  let size = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as BlobPart;
    if (typeof part === 'string') ArrayPrototypePush(chunks, encodeUtf8(options.endings === 'native' ? toNativeEndings(part) : part) as Bytes);
    else if (hasBrand(part)) {
      const shared = stateOf(part).chunks;
      for (let j = 0; j < shared.length; j++) ArrayPrototypePush(chunks, shared[j] as Bytes);
      size += stateOf(part).size;
      continue;
    } else ArrayPrototypePush(chunks, copy(bytesOf(part)));
    size += TypedArrayPrototypeGetByteLength(chunks[chunks.length - 1]);
  }
  return { chunks, size, type: normaliseType(options.type) };
};

/** The chunks between two offsets, none copied. */
const cut = (chunks: readonly Bytes[], first: number, last: number, type: string): State => {
  const result: Bytes[] = [];
  let start = 0;
  for (let i = 0; i < chunks.length && start < last; i++) {
    const chunk = chunks[i] as Bytes;
    const length = TypedArrayPrototypeGetByteLength(chunk);
    const from = first > start ? first - start : 0;
    const to = last - start < length ? last - start : length;
    if (from < to) ArrayPrototypePush(result, view(chunk, from, to));
    start += length;
  }
  return { chunks: result, size: last > first ? last - first : 0, type };
};

const joined = (state: State): Bytes => {
  const { chunks } = state;
  if (chunks.length === 1) return chunks[0] as Bytes;
  const whole = new Uint8ArrayCtor(state.size);
  let at = 0;
  for (let i = 0; i < chunks.length; i++) {
    const chunk = chunks[i] as Bytes;
    TypedArrayPrototypeSet(whole, chunk, at);
    at += TypedArrayPrototypeGetByteLength(chunk);
  }
  state.chunks = [whole];
  return whole;
};

/** State for a File, which is a Blob of the same bytes. */
export function blobState(parts: readonly BlobPart[], options: BlobOptions): [state: unknown, token: unknown] {
  return [processParts(parts, options), INTERNAL];
}

/** Another Blob of the same bytes and type, for structured cloning. */
export function shareBlob(blob: Blob): Blob {
  const { 0: state, 1: token } = shareState(blob);
  return new Blob(state, token);
}

/** State for a File that shares a blob's bytes. */
export function shareState(blob: Blob): [state: unknown, token: unknown] {
  const { chunks, size, type } = stateOf(blob);
  return [{ chunks, size, type }, INTERNAL];
}

/** A Blob that takes over `bytes`: they must not change afterwards. Its type is as it is given: see `normaliseType`. */
export function createBlob(bytes: Uint8Array, type: string): Blob {
  return new Blob({ chunks: [bytes], size: TypedArrayPrototypeGetByteLength(bytes), type }, INTERNAL);
}

/** All bytes, at once and uncopied: read only. */
export function blobBytes(blob: Blob): Uint8Array {
  return joined(stateOf(blob));
}

export function blobType(blob: Blob): string {
  return stateOf(blob).type;
}

defineInterface(Blob, 'Blob');
