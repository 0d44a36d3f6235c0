/**
 * The Range header. @see https://www.rfc-editor.org/rfc/rfc9110#name-range
 */

/** First and last byte, both included. */
export type ByteRange = { start: number; end: number };

/**
 * What a Range header asks for of `size` bytes.
 * @returns one range; "all" where the header is to be ignored: another unit, several ranges, not well-formed; or
 * "none" where no byte can be given
 */
export function parseByteRange(header: string, size: number): ByteRange | 'all' | 'none' {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header);
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return 'all';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'all';
  return start >= size ? 'none' : { start, end };
}
