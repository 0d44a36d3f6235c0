/**
 * Many pieces of bytes as one.
 */
import { TypedArrayPrototypeSet, Uint8ArrayCtor } from '../primordials.ts';

/** One array with the bytes of all. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Uint8Array).length;
  const bytes = new Uint8ArrayCtor(length);
  let offset = 0;
  for (let i = 0; i < parts.length; i++) {
    TypedArrayPrototypeSet(bytes, parts[i] as Uint8Array, offset);
    offset += (parts[i] as Uint8Array).length;
  }
  return bytes;
}
