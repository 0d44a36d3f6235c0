/**
 * UTF-8, both ways, inside the isolate; only long inputs are worth a trip to the host.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8
 */
import { Sync } from '../../../protocol/ops.ts';
import { callSync } from '../../bridge.ts';
import {
  StringPrototypeCharCodeAt,
  TypeErrorCtor,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { isArrayBuffer } from '../../webidl.ts';
import { MAX_UNITS, latin1FromBytes, scratchBytes, takeUnits, units } from './code-units.ts';

/**
 * From this many bytes on, the host decodes. Both ways break even at about 64 KB; the trip has to be
 * well worth it, since it waits for the I/O thread and keeps that busy.
 */
export const HOST_DECODES_FROM = 262144;
/** From this many code units on, the host encodes. */
export const HOST_ENCODES_FROM = 262144;
/** Beyond this many bytes or code units, the host would keep the other isolates waiting. */
const HOST_LIMIT = 4194304;

/** Up to this many code units, encoding and copying beats counting the bytes first. */
const SHORT = 1365;

/** Flags of `Sync.decodeText`. */
export const FATAL = 1;
export const IGNORE_BOM = 2;
export const STREAM = 4;

/** The length in bytes of `text` in UTF-8, from index `start` on. */
export function utf8ByteLength(text: string, start = 0): number {
  const { length } = text;
  let bytes = length - start;
  for (let i = start; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes++;
    // Half of a pair counts two, a lone surrogate three: the replacement character.
    else if ((unit & 0xfc00) === 0xd800 && i + 1 < length && (StringPrototypeCharCodeAt(text, i + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

/** How far `encodeInto` came. */
export type Progress = { read: number; written: number };

/**
 * Encodes what fits, from `text` at `read` into `bytes` at `written`, whole code points only.
 * @see https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
 */
export function encodeUtf8Into(text: string, bytes: Uint8Array, read = 0, written = 0): Progress {
  const { length } = text;
  const room = TypedArrayPrototypeGetLength(bytes);
  while (read < length) {
    let unit = StringPrototypeCharCodeAt(text, read);
    if (unit < 0x80) {
      if (written === room) break;
      bytes[written++] = unit;
      read++;
      continue;
    }
    if (unit < 0x800) {
      if (written + 2 > room) break;
      bytes[written++] = 0xc0 | (unit >> 6);
      bytes[written++] = 0x80 | (unit & 63);
      read++;
      continue;
    }
    if ((unit & 0xf800) === 0xd800) {
      const low = unit < 0xdc00 && read + 1 < length ? StringPrototypeCharCodeAt(text, read + 1) : 0;
      if ((low & 0xfc00) === 0xdc00) {
        if (written + 4 > room) break;
        unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        bytes[written++] = 0xf0 | (unit >> 18);
        bytes[written++] = 0x80 | ((unit >> 12) & 63);
        bytes[written++] = 0x80 | ((unit >> 6) & 63);
        bytes[written++] = 0x80 | (unit & 63);
        read += 2;
        continue;
      }
      unit = 0xfffd;
    }
    if (written + 3 > room) break;
    bytes[written++] = 0xe0 | (unit >> 12);
    bytes[written++] = 0x80 | ((unit >> 6) & 63);
    bytes[written++] = 0x80 | (unit & 63);
    read++;
  }
  return { read, written };
}

/** `text` as UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  if (length >= HOST_ENCODES_FROM && length <= HOST_LIMIT) {
    const encoded = callSync(Sync.encodeUtf8, text);
    if (isArrayBuffer(encoded)) return new Uint8ArrayCtor(encoded);
  }
  const bytes = new Uint8ArrayCtor(length);
  for (let i = 0; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit > 0x7f) return encodeRest(text, bytes, i);
    bytes[i] = unit;
  }
  return bytes;
}

/** The rest of `encodeUtf8` once a character outside ASCII is met at `start`. */
function encodeRest(text: string, ascii: Uint8Array<ArrayBuffer>, start: number): Uint8Array<ArrayBuffer> {
  if (text.length <= SHORT) {
    const room = scratchBytes(text.length * 3);
    const { written } = encodeUtf8Into(text, room);
    return copyOf(room, 0, written);
  }
  const bytes = new Uint8ArrayCtor(start + utf8ByteLength(text, start));
  for (let i = 0; i < start; i++) bytes[i] = ascii[i] as number;
  encodeUtf8Into(text, bytes, start, start);
  return bytes;
}

export type Utf8DecodeOptions = { fatal?: boolean; ignoreBOM?: boolean };

/** Decodes a whole input. A byte order mark is dropped unless `ignoreBOM`; malformed input throws TypeError if `fatal`. */
export function decodeUtf8(bytes: Uint8Array, options?: Utf8DecodeOptions): string {
  const length = TypedArrayPrototypeGetLength(bytes);
  const hasBOM = options?.ignoreBOM !== true && length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = decodeUtf8Run(bytes, hasBOM ? 3 : 0, length, options?.fatal === true);
  if (text === null) throw malformed();
  return text;
}

/** The error of a fatal decoder. */
export function malformed(): TypeError {
  return new TypeErrorCtor('Failed to decode input.');
}

/** Bytes from `start` to `end` in a buffer of their own. The host gets such: a view would drag its whole buffer along. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  return new Uint8ArrayCtor(new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes) + start, end - start));
}

/** Decodes bytes that begin and end a sequence, keeping any byte order mark; null where they are malformed and `fatal`. */
export function decodeUtf8Run(bytes: Uint8Array, start: number, end: number, fatal: boolean): string | null {
  if (end - start >= HOST_DECODES_FROM && end - start <= HOST_LIMIT) {
    return callSync(Sync.decodeText, 0, 'utf-8', copyOf(bytes, start, end), fatal ? FATAL | IGNORE_BOM : IGNORE_BOM) as string | null;
  }
  let out = '';
  let i = start;
  while (i < end) {
    const ascii = asciiEnd(bytes, i, end);
    if (ascii > i) out += latin1FromBytes(bytes, i, ascii);
    i = ascii;
    // Until sixteen ASCII bytes in a row promise a longer run of them.
    let count = 0;
    let asciiRun = 0;
    while (i < end && asciiRun < 16) {
      if (count > MAX_UNITS - 2) {
        out += takeUnits(count);
        count = 0;
      }
      const lead = bytes[i++] as number;
      if (lead < 0x80) {
        asciiRun++;
        units[count++] = lead;
        continue;
      }
      asciiRun = 0;
      let needed = 0;
      let lower = 0x80;
      let upper = 0xbf;
      let point = 0;
      if (lead >= 0xc2 && lead <= 0xdf) {
        needed = 1;
        point = lead & 0x1f;
      } else if (lead >= 0xe0 && lead <= 0xef) {
        if (lead === 0xe0) lower = 0xa0;
        else if (lead === 0xed) upper = 0x9f;
        needed = 2;
        point = lead & 0xf;
      } else if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead === 0xf0) lower = 0x90;
        else if (lead === 0xf4) upper = 0x8f;
        needed = 3;
        point = lead & 7;
      }
      let isValid = needed > 0;
      for (; needed > 0; needed--) {
        const byte = i < end ? (bytes[i] as number) : -1;
        if (byte < lower || byte > upper) {
          isValid = false;
          break;
        }
        i++;
        lower = 0x80;
        upper = 0xbf;
        point = (point << 6) | (byte & 63);
      }
      if (!isValid) {
        if (fatal) return null;
        point = 0xfffd;
      }
      if (point > 0xffff) {
        units[count++] = 0xd7c0 + (point >> 10);
        point = 0xdc00 | (point & 0x3ff);
      }
      units[count++] = point;
    }
    out += takeUnits(count);
  }
  return out;
}

/** Where a run of ASCII ends, to a multiple of eight from `start`, but exactly at the end of the input. */
function asciiEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i + 8 <= end; i += 8) {
    const b = bytes;
    if (
      (((b[i] as number) |
        (b[i + 1] as number) |
        (b[i + 2] as number) |
        (b[i + 3] as number) |
        (b[i + 4] as number) |
        (b[i + 5] as number) |
        (b[i + 6] as number) |
        (b[i + 7] as number)) &
        0x80) !==
      0
    )
      return i;
  }
  for (; i < end; i++) if ((bytes[i] as number) > 0x7f) return i;
  return i;
}

/**
 * How many bytes at the end are the beginning of a sequence that more input may complete (0 to 3).
 */
export function incompleteUtf8(bytes: Uint8Array): number {
  const length = TypedArrayPrototypeGetLength(bytes);
  for (let back = 1; back <= 3 && back <= length; back++) {
    const lead = bytes[length - back] as number;
    if ((lead & 0xc0) === 0x80) continue;
    const needed = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xc2 && lead <= 0xdf ? 2 : 1;
    if (needed <= back) return 0;
    if (back === 1) return 1;
    const second = bytes[length - back + 1] as number;
    const isPossible = lead === 0xe0 ? second >= 0xa0 : lead === 0xed ? second <= 0x9f : lead === 0xf0 ? second >= 0x90 : lead === 0xf4 ? second <= 0x8f : true;
    return isPossible ? back : 0;
  }
  return 0;
}
