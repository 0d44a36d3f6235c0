/**
 * base64: atob, btoa and what they stand on.
 *
 * V8's own `Uint8Array.fromBase64` would be faster, but it does not exist while the start-up snapshot is made.
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#atob
 */
import {
  MathCeil,
  StringPrototypeCharCodeAt,
  TypedArrayPrototypeFill,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { DOMString, requireArguments } from '../webidl.ts';
import { DOMException } from './dom-exception.ts';
import { latin1FromBytes, scratchBytes } from './encoding/code-units.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
const SPACE = 64;
const INVALID = 65;

/** The value of each ASCII code unit. */
const VALUES: Uint8Array = TypedArrayPrototypeFill(new Uint8ArrayCtor(128), INVALID);
/** The code unit of each value. */
const DIGITS: Uint8Array = new Uint8ArrayCtor(64);
for (let i = 0; i < 64; i++) VALUES[(DIGITS[i] = StringPrototypeCharCodeAt(ALPHABET, i))] = i;
VALUES[9] = VALUES[10] = VALUES[12] = VALUES[13] = VALUES[32] = SPACE;

/**
 * Decodes base64 and returns the number of bytes, or -1 on failure.
 * @param bytes with room for `decodedRoom(text)`
 * @see https://infra.spec.whatwg.org/#forgiving-base64-decode
 */
function decodeInto(text: string, bytes: Uint8Array): number {
  const { length } = text;
  let to = 0;
  let i = 0;
  // Four digits at a time, up to the first space or padding.
  for (; i + 4 <= length; i += 4) {
    const a = StringPrototypeCharCodeAt(text, i);
    const b = StringPrototypeCharCodeAt(text, i + 1);
    const c = StringPrototypeCharCodeAt(text, i + 2);
    const d = StringPrototypeCharCodeAt(text, i + 3);
    if ((a | b | c | d) > 127) return -1;
    const first = VALUES[a] as number;
    const second = VALUES[b] as number;
    const third = VALUES[c] as number;
    const fourth = VALUES[d] as number;
    if ((first | second | third | fourth) > 63) break;
    bytes[to] = (first << 2) | (second >> 4);
    bytes[to + 1] = (second << 4) | (third >> 2);
    bytes[to + 2] = (third << 6) | fourth;
    to += 3;
  }
  let digits = 0;
  let padding = 0;
  let group = 0;
  for (; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    const value = unit < 128 ? (VALUES[unit] as number) : INVALID;
    if (value < 64) {
      if (padding > 0) return -1;
      group = (group << 6) | value;
      if ((++digits & 3) === 0) {
        bytes[to++] = group >> 16;
        bytes[to++] = group >> 8;
        bytes[to++] = group;
      }
    } else if (unit === PADDING) padding++;
    else if (value !== SPACE) return -1;
  }
  const rest = digits & 3;
  if (rest === 1 || padding > 2 || (padding > 0 && rest + padding !== 4)) return -1;
  if (rest === 2) bytes[to++] = group >> 4;
  else if (rest === 3) {
    bytes[to++] = group >> 10;
    bytes[to++] = group >> 2;
  }
  return to;
}

const decodedRoom = (text: string): number => ((text.length + 3) >> 2) * 3;
const encodedLength = (length: number): number => MathCeil(length / 3) * 4;

/** Decodes base64 forgivingly, null on failure. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const room = scratchBytes(decodedRoom(text));
  const length = decodeInto(text, room);
  return length < 0 ? null : new Uint8ArrayCtor(new Uint8ArrayCtor(room.buffer, 0, length));
}

/**
 * Encodes in place, from the tail to the front: three bytes read are always ahead of the four written.
 * @param bytes the `length` bytes to encode end at `encodedLength(length)`
 * @see https://infra.spec.whatwg.org/#forgiving-base64-encode
 */
function encodeInPlace(bytes: Uint8Array, length: number): string {
  const end = encodedLength(length);
  let to = 0;
  for (let i = end - length; i < end; i += 3) {
    const first = bytes[i] as number;
    const second = i + 1 < end ? (bytes[i + 1] as number) : 0;
    const third = i + 2 < end ? (bytes[i + 2] as number) : 0;
    bytes[to] = DIGITS[first >> 2] as number;
    bytes[to + 1] = DIGITS[((first & 3) << 4) | (second >> 4)] as number;
    bytes[to + 2] = DIGITS[((second & 15) << 2) | (third >> 6)] as number;
    bytes[to + 3] = DIGITS[third & 63] as number;
    to += 4;
  }
  const rest = length % 3;
  if (rest > 0) bytes[end - 1] = PADDING;
  if (rest === 1) bytes[end - 2] = PADDING;
  return latin1FromBytes(bytes, 0, end);
}

/** Encodes bytes as base64, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  const length = TypedArrayPrototypeGetLength(bytes);
  const end = encodedLength(length);
  const room = scratchBytes(end);
  TypedArrayPrototypeSet(room, bytes, end - length);
  return encodeInPlace(room, length);
}

/** @throws DOMException InvalidCharacterError where `data` is not base64 */
export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob');
  const text = DOMString(data, "Failed to execute 'atob': parameter 1");
  const bytes = scratchBytes(decodedRoom(text));
  const length = decodeInto(text, bytes);
  if (length < 0)
    throw new DOMException(
      "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)",
      'InvalidCharacterError',
    );
  return latin1FromBytes(bytes, 0, length);
}

/** @throws DOMException InvalidCharacterError where `data` has a character above U+00FF */
export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa');
  const text = DOMString(data, "Failed to execute 'btoa': parameter 1");
  const { length } = text;
  const end = encodedLength(length);
  const bytes = scratchBytes(end);
  for (let i = 0, to = end - length; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit > 255) {
      throw new DOMException('btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.', 'InvalidCharacterError');
    }
    bytes[to++] = unit;
  }
  return encodeInPlace(bytes, length);
}
