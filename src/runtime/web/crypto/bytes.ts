/**
 * Bytes under a view, and copies of them. Nothing here asks a patchable accessor or a species constructor.
 */
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetDetached,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { type BufferSource, viewBuffer } from '../../webidl.ts';

/** A Uint8Array over the very bytes of a buffer source; empty when it is detached. */
export function bytesOf(source: BufferSource): Uint8Array<ArrayBuffer> {
  if (!ArrayBufferIsView(source)) return ArrayBufferPrototypeGetDetached(source) ? new Uint8ArrayCtor(0) : new Uint8ArrayCtor(source);
  const buffer = viewBuffer(source) as ArrayBuffer;
  if (ArrayBufferPrototypeGetDetached(buffer)) return new Uint8ArrayCtor(0);
  if (TypedArrayPrototypeGetSymbolToStringTag(source) === undefined) {
    return new Uint8ArrayCtor(buffer, DataViewPrototypeGetByteOffset(source), DataViewPrototypeGetByteLength(source));
  }
  return new Uint8ArrayCtor(buffer, TypedArrayPrototypeGetByteOffset(source), TypedArrayPrototypeGetByteLength(source));
}

/** @see https://webidl.spec.whatwg.org/#dfn-get-buffer-source-copy */
export function copyOf(source: BufferSource): Uint8Array<ArrayBuffer> {
  return new Uint8ArrayCtor(bytesOf(source));
}
