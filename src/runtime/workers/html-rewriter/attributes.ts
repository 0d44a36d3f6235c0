/**
 * The attributes of a start tag that is there as a whole.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state
 */
import { DOUBLE_QUOTE, EQUALS, GREATER, SINGLE_QUOTE, SLASH, isSpace } from './ascii.ts';

/** Numbers per attribute in the list: where its name starts and ends, its value starts and ends, and all of it ends. */
export const FIELDS = 5;

/**
 * Reads the attributes between the tag's name and its end. Duplicates are kept, values are as written.
 * @param list is filled
 * @param end behind the tag's ">"
 * @returns how many numbers it holds now
 */
export function readAttributes(bytes: Uint8Array, from: number, end: number, list: number[]): number {
  let count = 0;
  let i = from;
  const last = end - 1;
  for (;;) {
    while (i < last && (isSpace(bytes[i] as number) || bytes[i] === SLASH)) i++;
    if (i >= last) return count;
    const nameStart = i++;
    // An equals sign at the start belongs to the name.
    while (i < last) {
      const byte = bytes[i] as number;
      if (byte === EQUALS || byte === SLASH || isSpace(byte)) break;
      i++;
    }
    const nameEnd = i;
    let valueStart = nameEnd;
    let valueEnd = nameEnd;
    let rawEnd = nameEnd;
    while (i < last && isSpace(bytes[i] as number)) i++;
    if (i < last && bytes[i] === EQUALS) {
      i++;
      while (i < last && isSpace(bytes[i] as number)) i++;
      const quote = bytes[i] as number;
      if (i < last && (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE)) {
        valueStart = ++i;
        while (bytes[i] !== quote) i++;
        valueEnd = i++;
        rawEnd = i;
      } else if (i < last) {
        valueStart = i;
        while (i < last && bytes[i] !== GREATER && !isSpace(bytes[i] as number)) i++;
        rawEnd = valueEnd = i;
      }
    }
    list[count] = nameStart;
    list[count + 1] = nameEnd;
    list[count + 2] = valueStart;
    list[count + 3] = valueEnd;
    list[count + 4] = rawEnd;
    count += FIELDS;
  }
}

/** The index in the list of the first attribute with this name (given in lower case), or -1. */
export function findAttribute(bytes: Uint8Array, list: readonly number[], count: number, name: Uint8Array): number {
  const { length } = name;
  for (let k = 0; k < count; k += FIELDS) {
    const start = list[k] as number;
    if ((list[k + 1] as number) - start !== length) continue;
    let i = 0;
    for (; i < length; i++) {
      const byte = bytes[start + i] as number;
      if ((byte >= 65 && byte <= 90 ? byte + 32 : byte) !== name[i]) break;
    }
    if (i === length) return k;
  }
  return -1;
}
