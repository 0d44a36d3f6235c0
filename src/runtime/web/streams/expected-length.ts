/**
 * How many bytes a stream is going to yield in all, where its maker has said so: what it is the body of has a length then.
 * Cloudflare's own. For FixedLengthStream the runtime sees to it; for other streams it is the host that does. Both branches
 * of a tee are as long as what they come from.
 */
import { NumberCtor } from '../../primordials.ts';
import type { Converter } from '../../webidl.ts';
import { unsignedLongLongEnforceRange } from '../../webidl-types.ts';

/** A number of bytes; a BigInt will do. */
export const byteCount: Converter<number> = (value, context) => unsignedLongLongEnforceRange(typeof value === 'bigint' ? NumberCtor(value) : value, context);

/** A number of bytes, or how to find it out. */
export type Length = number | (() => number | undefined);

/** Where a stream has its length. */
export type Lengthy = { length: Length | undefined };

/** The length that a stream has been given; undefined for most. */
export function fixedLength({ length }: Lengthy): number | undefined {
  return typeof length === 'number' ? length : undefined;
}

/** The same, also where somebody has to be asked: for those who cannot do without. */
export function knownLength({ length }: Lengthy): number | undefined {
  return typeof length === 'function' ? length() : length;
}
