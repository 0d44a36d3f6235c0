/**
 * Percent-encode sets, percent-encoding and percent-decoding.
 *
 * One byte per ASCII code point holds a bit for each set it belongs to; every code point above
 * U+007E belongs to all percent-encode sets, so the table stops at U+007F.
 *
 * @see https://url.spec.whatwg.org/#percent-encoded-bytes
 */
import {
  StringFromCharCode,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { decodeUtf8 } from '../encoding/utf8.ts';

export const C0_CONTROL = 1;
export const FRAGMENT = 2;
export const QUERY = 4;
export const SPECIAL_QUERY = 8;
export const PATH = 16;
export const USERINFO = 32;
export const URLENCODED = 64;
/** Not a percent-encode set: the forbidden host code points. */
export const FORBIDDEN_HOST = 128;

/** The sets of each ASCII code point. */
export const SETS: Uint8Array = new Uint8ArrayCtor(128);

const mark = (characters: string, sets: number): void => {
  for (let i = 0; i < characters.length; i++) {
    const unit = StringPrototypeCharCodeAt(characters, i);
    SETS[unit] = (SETS[unit] as number) | sets;
  }
};
for (let unit = 0; unit < 32; unit++) SETS[unit] = 127;
mark('\x7f', 127);
mark(' "<>`', FRAGMENT);
mark(' "#<>', QUERY | SPECIAL_QUERY | PATH | USERINFO | URLENCODED);
mark("'", SPECIAL_QUERY);
mark('?^`{}', PATH | USERINFO | URLENCODED);
mark('/:;=@[\\]|', USERINFO | URLENCODED);
// The component set ($ to &, + and ,) and what application/x-www-form-urlencoded adds to it.
mark("$%&+,!'()~", URLENCODED);
mark('\0\t\n\r #/:<>?@[\\]^|', FORBIDDEN_HOST);

const HEX = '0123456789ABCDEF';
const encodeByte = (byte: number): string => `%${HEX[byte >> 4] as string}${HEX[byte & 15] as string}`;

/**
 * Encodes a well-formed string.
 * @param set one of the sets above
 * @see https://url.spec.whatwg.org/#string-percent-encode-after-encoding
 */
export function percentEncode(text: string, set: number, spaceAsPlus = false): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    let c = StringPrototypeCharCodeAt(text, i);
    if (c < 128 && ((SETS[c] as number) & set) === 0) continue;
    if (from < i) out += StringPrototypeSlice(text, from, i);
    if (c < 128) out += c === 32 && spaceAsPlus ? '+' : encodeByte(c);
    else if (c < 0x800) out += encodeByte(0xc0 | (c >> 6)) + encodeByte(0x80 | (c & 63));
    else {
      if ((c & 0xf800) === 0xd800) {
        c = 0x10000 + ((c & 0x3ff) << 10) + (StringPrototypeCharCodeAt(text, ++i) & 0x3ff);
        out += encodeByte(0xf0 | (c >> 18)) + encodeByte(0x80 | ((c >> 12) & 63));
      } else out += encodeByte(0xe0 | (c >> 12));
      out += encodeByte(0x80 | ((c >> 6) & 63)) + encodeByte(0x80 | (c & 63));
    }
    from = i + 1;
  }
  return from === 0 ? text : out + StringPrototypeSlice(text, from);
}

/** The value of a hexadecimal digit's code unit, or -1. */
export function hexValue(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const letter = unit | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/**
 * Decodes in place and returns what is left, as a shorter view.
 * @see https://url.spec.whatwg.org/#percent-decode
 */
export function percentDecodeBytes(bytes: Uint8Array<ArrayBuffer>, plusAsSpace: boolean): Uint8Array<ArrayBuffer> {
  const length = TypedArrayPrototypeGetLength(bytes);
  let to = 0;
  for (let i = 0; i < length; i++) {
    let byte = bytes[i] as number;
    if (byte === 37 && i + 2 < length) {
      const high = hexValue(bytes[i + 1] as number);
      const low = hexValue(bytes[i + 2] as number);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    } else if (byte === 43 && plusAsSpace) byte = 32;
    bytes[to++] = byte;
  }
  return new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes) as ArrayBuffer, TypedArrayPrototypeGetByteOffset(bytes), to);
}

/**
 * Percent-decodes a string and reads the result as UTF-8, keeping a byte order mark.
 *
 * A run of escapes above 0x7F can be decoded by itself: what stands around it begins or ends a character.
 * @param text a well-formed string
 */
export function percentDecode(text: string, plusAsSpace = false): string {
  const { length } = text;
  let out = '';
  let from = 0;
  for (let i = 0; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit === 43 && plusAsSpace) out += `${StringPrototypeSlice(text, from, i)} `;
    else {
      const byte = unit === 37 ? escapeAt(text, i) : -1;
      if (byte < 0) continue;
      out += StringPrototypeSlice(text, from, i);
      if (byte < 128) {
        out += StringFromCharCode(byte);
        i += 2;
      } else {
        let end = i + 3;
        while (escapeAt(text, end) > 127) end += 3;
        const bytes = new Uint8ArrayCtor((end - i) / 3);
        for (let to = 0; i < end; i += 3) bytes[to++] = escapeAt(text, i);
        out += decodeUtf8(bytes, { ignoreBOM: true });
        i = end - 1;
      }
    }
    from = i + 1;
  }
  return from === 0 ? text : out + StringPrototypeSlice(text, from);
}

/** The byte that is escaped at `index`, or -1 where there is no escape. */
function escapeAt(text: string, index: number): number {
  if (index + 2 >= text.length || StringPrototypeCharCodeAt(text, index) !== 37) return -1;
  const high = hexValue(StringPrototypeCharCodeAt(text, index + 1));
  const low = hexValue(StringPrototypeCharCodeAt(text, index + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}
