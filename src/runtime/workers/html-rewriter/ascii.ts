/**
 * Bytes of markup: tables and searches that every scanner uses.
 *
 * Contract: every encoding the rewriter takes is compatible with ASCII, so markup is found by bytes.
 */
import { StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeToLowerCase, TypedArrayPrototypeIndexOf, Uint8ArrayCtor } from '../../primordials.ts';

export const LESS = 60;
export const GREATER = 62;
export const SLASH = 47;
export const EQUALS = 61;
export const DASH = 45;
export const BANG = 33;
export const DOUBLE_QUOTE = 34;
export const SINGLE_QUOTE = 39;

/** The byte in lower case; 0 for the bytes that end a tag's name. A NUL stays apart from those, as 1. */
export const LOWER: Uint8Array = new Uint8ArrayCtor(256);
for (let i = 0; i < 256; i++) LOWER[i] = i >= 65 && i <= 90 ? i + 32 : i;
LOWER[0] = 1;
LOWER[9] = LOWER[10] = LOWER[12] = LOWER[13] = LOWER[32] = LOWER[SLASH] = LOWER[GREATER] = 0;

/** @see https://infra.spec.whatwg.org/#ascii-whitespace */
export const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 9 || byte === 13 || byte === 12;

/** Is it a letter, given in lower case? */
export const isLowerLetter = (byte: number): boolean => byte >= 97 && byte <= 122;

/** Where `byte` next stands, or `end`. A short way is looked at here, a long one by the engine. */
export function findByte(bytes: Uint8Array, byte: number, from: number, end: number): number {
  const near = from + 48 < end ? from + 48 : end;
  for (let i = from; i < near; i++) if (bytes[i] === byte) return i;
  if (near === end) return end;
  const at = TypedArrayPrototypeIndexOf(bytes, byte, near);
  return at < 0 || at > end ? end : at;
}

/** Does `word`, in lower case, stand at `at`? 1: yes, 0: no, -1: so far, and then the input ends. */
export function wordAt(bytes: Uint8Array, at: number, end: number, word: string): number {
  for (let i = 0; i < word.length; i++) {
    if (at + i >= end) return -1;
    const byte = bytes[at + i] as number;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== StringPrototypeCharCodeAt(word, i)) return 0;
  }
  return 1;
}

/** @see https://infra.spec.whatwg.org/#ascii-lowercase */
export function asciiLower(text: string): string {
  let isAscii = true;
  for (let i = 0; i < text.length && isAscii; i++) isAscii = StringPrototypeCharCodeAt(text, i) < 128;
  if (isAscii) return StringPrototypeToLowerCase(text);
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    const character = StringPrototypeSlice(text, i, i + 1);
    out += unit < 128 ? StringPrototypeToLowerCase(character) : character;
  }
  return out;
}
