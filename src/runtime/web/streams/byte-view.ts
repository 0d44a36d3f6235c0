/**
 * Array buffers and the views on them, looked at and moved without any patchable accessor.
 *
 * Contract: `ArrayBuffer.prototype.slice` and `subarray` are not used here: both ask the species.
 */
import { chunk as part } from '../../link.ts';
import {
  ArrayBufferCtor,
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  DataViewCtor,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayConstructors,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { bufferSource, isArrayBuffer, viewBuffer, type BufferSource, type Converter } from '../../webidl.ts';

export type View = ArrayBufferView<ArrayBuffer>;
export type ViewConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => View;

/** `ArrayBufferView`, neither shared nor resizable. */
export const arrayBufferView: Converter<View> = (value, context) => {
  if (!ArrayBufferIsView(value)) throw new TypeErrorCtor(`${context} is not of type 'ArrayBufferView'.`);
  return bufferSource(value, context) as View;
};

export function bufferOf(view: View): ArrayBuffer {
  return viewBuffer(view) as ArrayBuffer;
}

/** 0 where the buffer is detached. */
export function byteLengthOf(view: View): number {
  if (TypedArrayPrototypeGetSymbolToStringTag(view) !== undefined) return TypedArrayPrototypeGetByteLength(view);
  try {
    return DataViewPrototypeGetByteLength(view);
  } catch {
    return 0;
  }
}

export function byteOffsetOf(view: View): number {
  return TypedArrayPrototypeGetSymbolToStringTag(view) === undefined ? DataViewPrototypeGetByteOffset(view) : TypedArrayPrototypeGetByteOffset(view);
}

/** The view's own intrinsic constructor. */
export function constructorOf(view: View): ViewConstructor {
  const name = TypedArrayPrototypeGetSymbolToStringTag(view);
  return name === undefined ? DataViewCtor : (TypedArrayConstructors[name] as ViewConstructor);
}

/** Bytes per element; 1 for a DataView. */
export function elementSizeOf(constructor: ViewConstructor): number {
  return (constructor as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
}

export function copyBytes(target: ArrayBuffer, targetOffset: number, source: ArrayBuffer, sourceOffset: number, length: number): void {
  TypedArrayPrototypeSet(new Uint8ArrayCtor(target), new Uint8ArrayCtor(source, sourceOffset, length), targetOffset);
}

/** Throws RangeError where there is no memory for it. @see https://tc39.es/ecma262/#sec-clonearraybuffer */
export function cloneBuffer(source: ArrayBuffer, byteOffset: number, byteLength: number): ArrayBuffer {
  const clone = new ArrayBufferCtor(byteLength);
  copyBytes(clone, 0, source, byteOffset, byteLength);
  return clone;
}

/** @see https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array */
export function cloneAsUint8Array(view: View): Uint8Array<ArrayBuffer> {
  return new Uint8ArrayCtor(cloneBuffer(bufferOf(view), byteOffsetOf(view), byteLengthOf(view)));
}

/** A copy of the bytes of a buffer or view. */
export function cloneBytes(source: BufferSource): Uint8Array<ArrayBuffer> {
  return isArrayBuffer(source) ? new Uint8ArrayCtor(cloneBuffer(source, 0, ArrayBufferPrototypeGetByteLength(source))) : cloneAsUint8Array(source as View);
}

/**
 * Copies a chunk for the other branch of a tee. Throws DataCloneError for what cannot be cloned.
 * Departure: of a typed array only the bytes in view are copied, since its buffer may be a large one that many share.
 * @see https://streams.spec.whatwg.org/#abstract-opdef-structuredclone
 */
export function cloneChunk(chunk: unknown): unknown {
  // What bodies are made of comes without the chunk for all the rest.
  if (typeof chunk === 'string') return chunk;
  if (isArrayBuffer(chunk)) return cloneBuffer(chunk, 0, ArrayBufferPrototypeGetByteLength(chunk));
  if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined) return part('clone').structuredClone(chunk);
  const view = chunk as View;
  const constructor = constructorOf(view);
  const byteLength = byteLengthOf(view);
  return new constructor(cloneBuffer(bufferOf(view), byteOffsetOf(view), byteLength), 0, byteLength / elementSizeOf(constructor));
}
