/**
 * How many bytes a stream is going to yield in all, where its maker has said so: what it is the body of has a length then.
 * Cloudflare's own. For FixedLengthStream the runtime sees to it; for other streams it is the host that does.
 */
import { NumberCtor, WeakMapCtor, WeakMapPrototypeGet, WeakMapPrototypeSet } from '../../primordials.ts';
import type { Converter } from '../../webidl.ts';
import { unsignedLongLongEnforceRange } from '../../webidl-types.ts';

/** A number of bytes; a BigInt will do. */
export const byteCount: Converter<number> = (value, context) => unsignedLongLongEnforceRange(typeof value === 'bigint' ? NumberCtor(value) : value, context);

const lengths = new WeakMapCtor<object, number>();

export function setFixedLength(readable: object, length: number | undefined): void {
  if (length !== undefined) WeakMapPrototypeSet(lengths, readable, length);
}

/** The length that a stream has been given; undefined for most. */
export function fixedLengthOf(readable: object): number | undefined {
  return WeakMapPrototypeGet(lengths, readable);
}
