/** Which bytes of an object are wanted. */
import { parseByteRange } from '../../base/byte-ranges.ts';
import type { R2Range } from '../../protocol/r2.ts';

export type Span = { offset: number; length: number };

/**
 * @returns 'invalid' where the range cannot be satisfied. As in Miniflare a header that is no single satisfiable range
 * asks for everything.
 */
export function spanOf(range: Exclude<R2Range, { part: number }> | undefined, size: number): Span | 'invalid' {
  if (range === undefined) return { offset: 0, length: size };
  if ('header' in range) {
    const found = parseByteRange(range.header, size);
    return typeof found === 'string' ? { offset: 0, length: size } : { offset: found.start, length: found.end - found.start + 1 };
  }
  const { suffix } = range;
  if (suffix !== undefined) {
    const length = Math.min(suffix, size);
    return length <= 0 ? 'invalid' : { offset: size - length, length };
  }
  const offset = range.offset ?? 0;
  const length = Math.min(range.length ?? size - offset, size - offset);
  return length <= 0 ? 'invalid' : { offset, length };
}
