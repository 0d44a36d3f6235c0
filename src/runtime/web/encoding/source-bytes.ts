/**
 * `[AllowShared] BufferSource`, which webidl.ts does not have, as bytes.
 */
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetDetached,
  ArrayBufferPrototypeGetResizable,
  DataViewCtor,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypeErrorCtor,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { peek } from '../../link.ts';
import { isArrayBuffer, viewBuffer } from '../../webidl.ts';

/** Detached, resizable, growable. @returns whether it has no bytes any more */
function checkBuffer(buffer: ArrayBufferLike, context: string): boolean {
  const isOwn = isArrayBuffer(buffer);
  if (isOwn && ArrayBufferPrototypeGetDetached(buffer)) return true;
  if (isOwn ? ArrayBufferPrototypeGetResizable(buffer) : peek('shared-memory')?.isGrowable(buffer))
    throw new TypeErrorCtor(`${context} is backed by a resizable buffer, which is not allowed.`);
  return false;
}

/**
 * A view of all bytes of a buffer source; not a copy, so use it before other code runs. A detached one has no bytes.
 * @throws TypeError for anything else
 * @see https://webidl.spec.whatwg.org/#dfn-get-buffer-source-copy
 */
export function sourceBytes(value: unknown, context: string): Uint8Array {
  if (ArrayBufferIsView(value)) {
    const buffer = viewBuffer(value);
    if (checkBuffer(buffer, context)) return new Uint8ArrayCtor(0);
    const isDataView = TypedArrayPrototypeGetSymbolToStringTag(value) === undefined;
    const length = isDataView ? DataViewPrototypeGetByteLength(value) : TypedArrayPrototypeGetByteLength(value);
    const offset = isDataView ? DataViewPrototypeGetByteOffset(value) : TypedArrayPrototypeGetByteOffset(value);
    return new Uint8ArrayCtor(buffer as ArrayBuffer, offset, length);
  }
  if (isArrayBuffer(value)) return checkBuffer(value, context) ? new Uint8ArrayCtor(0) : new Uint8ArrayCtor(value);
  try {
    // DataView accepts buffers only. SharedArrayBuffer itself cannot be captured before the snapshot is made.
    new DataViewCtor(value as ArrayBuffer);
  } catch {
    throw new TypeErrorCtor(`${context} is not of type 'ArrayBuffer' or 'ArrayBufferView'.`);
  }
  checkBuffer(value as ArrayBuffer, context);
  return new Uint8ArrayCtor(value as ArrayBuffer);
}
