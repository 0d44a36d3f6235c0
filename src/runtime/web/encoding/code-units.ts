/**
 * Strings from numbers, fast in plain JavaScript: sixteen code units per call where all are there,
 * and a reused array of them where they come one by one.
 */
import { ArrayPrototypeSlice, ReflectApply, StringFromCharCode, TypedArrayPrototypeGetLength, Uint8ArrayCtor } from '../../primordials.ts';

/** One character per byte. @see https://infra.spec.whatwg.org/#isomorphic-decode */
export function latin1FromBytes(bytes: Uint8Array, start = 0, end: number = TypedArrayPrototypeGetLength(bytes)): string {
  const fromCharCode = StringFromCharCode;
  const b = bytes as unknown as { readonly [index: number]: number };
  let out = '';
  let i = start;
  for (; i + 16 <= end; i += 16) {
    out += fromCharCode(
      b[i] as number,
      b[i + 1] as number,
      b[i + 2] as number,
      b[i + 3] as number,
      b[i + 4] as number,
      b[i + 5] as number,
      b[i + 6] as number,
      b[i + 7] as number,
      b[i + 8] as number,
      b[i + 9] as number,
      b[i + 10] as number,
      b[i + 11] as number,
      b[i + 12] as number,
      b[i + 13] as number,
      b[i + 14] as number,
      b[i + 15] as number,
    );
  }
  for (; i < end; i++) out += fromCharCode(b[i] as number);
  return out;
}

/** The length of the reused array. */
export const MAX_UNITS = 512;

/** Where decoders collect code units, at most MAX_UNITS, before they call `takeUnits`. Nothing keeps them across a call into other code. */
export const units: number[] = [];
for (let i = 0; i < MAX_UNITS; i++) units[i] = 0;

/** The first `count` collected code units as a string. */
export function takeUnits(count: number): string {
  if (count === 0) return '';
  return ReflectApply(StringFromCharCode, undefined, count === MAX_UNITS ? units : ArrayPrototypeSlice(units, 0, count)) as string;
}

const SCRATCH = 4096;
let scratch: Uint8Array<ArrayBuffer> | undefined;

/**
 * At least `length` bytes to work in, of any content; they are shared, so nothing keeps them across a
 * call into other code. Allocating costs more than the work on a short text; what is made on first
 * use stays out of the snapshot.
 */
export function scratchBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > SCRATCH) return new Uint8ArrayCtor(length);
  return (scratch ??= new Uint8ArrayCtor(SCRATCH));
}
