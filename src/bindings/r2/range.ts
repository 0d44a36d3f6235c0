/** Which bytes of an object are wanted. */
import type { R2Range } from '../../protocol/r2.ts';

export type Span = { offset: number; length: number };

/**
 * @returns 'invalid' where the range cannot be satisfied. As in Miniflare a header that is no single satisfiable range
 * asks for everything.
 */
export function spanOf(range: R2Range | undefined, size: number): Span | 'invalid' {
  if (range === undefined) return { offset: 0, length: size };
  if ('header' in range) return spanOfHeader(range.header, size) ?? { offset: 0, length: size };
  const { suffix } = range;
  if (suffix !== undefined) {
    const length = Math.min(suffix, size);
    return length <= 0 ? 'invalid' : { offset: size - length, length };
  }
  const offset = range.offset ?? 0;
  const length = Math.min(range.length ?? size - offset, size - offset);
  return length <= 0 ? 'invalid' : { offset, length };
}

/** A Range header's only range; undefined where it is malformed, not satisfiable or more than one. @see https://www.rfc-editor.org/rfc/rfc9110#field.range */
export function spanOfHeader(header: string, size: number): Span | undefined {
  const { first = '', last = '' } = /^\s*bytes\s*=\s*(?<first>\d*)\s*-\s*(?<last>\d*)\s*$/i.exec(header)?.groups ?? {};
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length > 0 ? { offset: size - length, length } : undefined;
  }
  const offset = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return offset < size && offset < end ? { offset, length: end - offset } : undefined;
}
