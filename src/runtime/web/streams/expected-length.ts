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
