/**
 * The decoder behind TextDecoder and TextDecoderStream.
 *
 * UTF-8 and UTF-16 are decoded here. They keep no state but the bytes of an unfinished character,
 * which are decoded again with the next chunk. Of a single-byte encoding the upper half of its table
 * is asked from the host once. The East Asian encodings are decoded by the host, which keeps the
 * state of a stream under a number given out here.
 *
 * @see https://encoding.spec.whatwg.org/#dom-textdecoder-decode
 */
import { Sync } from '../../../protocol/ops.ts';
import { callSync } from '../../bridge.ts';
import {
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
  MathMin,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeIsWellFormed,
  StringPrototypeToWellFormed,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { MAX_UNITS, takeUnits, units } from './code-units.ts';
import { FATAL, IGNORE_BOM, STREAM, copyOf, decodeUtf8Run, incompleteUtf8, malformed } from './utf8.ts';

const ON_HOST = ' gbk gb18030 big5 euc-jp iso-2022-jp shift_jis euc-kr ';

/** The most bytes the host decodes at a time, lest it keep the other isolates waiting. */
const HOST_PART = 65536;

/** Streams are numbered upwards: the host tells a new one from one it has dropped. */
let streams = 0;

const tables = new MapCtor<string, string>();

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const length = TypedArrayPrototypeGetLength(first);
  const both = new Uint8ArrayCtor(length + TypedArrayPrototypeGetLength(second));
  TypedArrayPrototypeSet(both, first);
  TypedArrayPrototypeSet(both, second, length);
  return both;
}

/** The characters of the bytes 0x80 to 0xFF. */
function upperHalf(encoding: string): string {
  let table = MapPrototypeGet(tables, encoding);
  if (table === undefined) {
    const bytes = new Uint8ArrayCtor(128);
    for (let i = 0; i < 128; i++) bytes[i] = i + 128;
    table = callSync(Sync.decodeText, 0, encoding, bytes, 0) as string;
    MapPrototypeSet(tables, encoding, table);
  }
  return table;
}

/** @see https://encoding.spec.whatwg.org/#single-byte-decoder */
function decodeSingleByte(bytes: Uint8Array, encoding: string, fatal: boolean): string | null {
  const table = upperHalf(encoding);
  const length = TypedArrayPrototypeGetLength(bytes);
  let out = '';
  for (let i = 0; i < length; ) {
    let count = 0;
    for (; i < length && count < MAX_UNITS; i++) {
      const byte = bytes[i] as number;
      const unit = byte < 128 ? byte : StringPrototypeCharCodeAt(table, byte - 128);
      if (fatal && unit === 0xfffd) return null;
      units[count++] = unit;
    }
    out += takeUnits(count);
  }
  return out;
}

/** @see https://encoding.spec.whatwg.org/#shared-utf-16-decoder */
function decodeUtf16(bytes: Uint8Array, start: number, end: number, isBigEndian: boolean, fatal: boolean): string | null {
  const even = end - ((end - start) & 1);
  const high = isBigEndian ? 0 : 1;
  let out = '';
  let unit = 0;
  for (let i = start; i < even; ) {
    let count = 0;
    for (; i < even && count < MAX_UNITS; i += 2) {
      unit = ((bytes[i + high] as number) << 8) | (bytes[i + 1 - high] as number);
      units[count++] = unit;
    }
    out += takeUnits(count);
  }
  // At the end, a lead surrogate and half a code unit are one error together.
  if (even < end && (unit & 0xfc00) !== 0xd800) out += '\ud800';
  if (fatal) return StringPrototypeIsWellFormed(out) ? out : null;
  return StringPrototypeToWellFormed(out);
}

/** As incompleteUtf8: half a code unit, after a lead surrogate or not. */
function incompleteUtf16(bytes: Uint8Array, isBigEndian: boolean): number {
  const length = TypedArrayPrototypeGetLength(bytes);
  const odd = length & 1;
  const even = length - odd;
  return even >= 2 && ((bytes[isBigEndian ? even - 2 : even - 1] as number) & 0xfc) === 0xd8 ? odd + 2 : odd;
}

const isAt = (bytes: Uint8Array, first: number, second: number): boolean => bytes[0] === first && bytes[1] === second;

export class Decoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** The bytes of an unfinished character. */
  #rest: Uint8Array | undefined;
  #bomSeen = false;
  #doNotFlush = false;
  /** The host's number for the stream; 0: none is open. */
  #onHost = 0;

  /** @param encoding a name, as from encodingFromLabel */
  constructor(encoding: string, fatal: boolean, ignoreBOM: boolean) {
    this.encoding = encoding;
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  /** Decodes a chunk. Throws TypeError for malformed input if fatal. The bytes are not kept. */
  decode(bytes: Uint8Array, stream: boolean): string {
    const { encoding, fatal } = this;
    if (!this.#doNotFlush) this.#bomSeen = false;
    this.#doNotFlush = stream;
    let text: string | null;
    if (encoding === 'utf-8') text = this.#decodeUnicode(bytes, stream, 8);
    else if (encoding === 'utf-16le') text = this.#decodeUnicode(bytes, stream, 16);
    else if (encoding === 'utf-16be') text = this.#decodeUnicode(bytes, stream, 17);
    else if (StringPrototypeIncludes(ON_HOST, ` ${encoding} `)) text = this.#decodeOnHost(bytes, stream);
    else text = decodeSingleByte(bytes, encoding, fatal);
    if (text === null) {
      this.#doNotFlush = false;
      this.#rest = undefined;
      throw malformed();
    }
    return text;
  }

  /** @param kind 8 for UTF-8, 16 for UTF-16LE, 17 for UTF-16BE */
  #decodeUnicode(chunk: Uint8Array, stream: boolean, kind: number): string | null {
    const bytes = this.#rest === undefined ? chunk : concat(this.#rest, chunk);
    this.#rest = undefined;
    let end = TypedArrayPrototypeGetLength(bytes);
    if (stream) {
      const incomplete = kind === 8 ? incompleteUtf8(bytes) : incompleteUtf16(bytes, kind === 17);
      if (incomplete > 0) {
        this.#rest = copyOf(bytes, end - incomplete, end);
        end -= incomplete;
      }
    }
    if (end === 0) return '';
    let start = 0;
    if (!this.#bomSeen) {
      this.#bomSeen = true;
      if (!this.ignoreBOM) {
        if (kind === 8) start = end >= 3 && isAt(bytes, 0xef, 0xbb) && bytes[2] === 0xbf ? 3 : 0;
        else start = end >= 2 && (kind === 16 ? isAt(bytes, 0xff, 0xfe) : isAt(bytes, 0xfe, 0xff)) ? 2 : 0;
      }
    }
    return kind === 8 ? decodeUtf8Run(bytes, start, end, this.fatal) : decodeUtf16(bytes, start, end, kind === 17, this.fatal);
  }

  #decodeOnHost(bytes: Uint8Array, stream: boolean): string | null {
    const length = TypedArrayPrototypeGetLength(bytes);
    let out = '';
    let start = 0;
    do {
      const end = MathMin(start + HOST_PART, length);
      const goesOn = stream || end < length;
      if (start === end && (goesOn || this.#onHost === 0)) break;
      if (goesOn && this.#onHost === 0) this.#onHost = ++streams;
      const number = this.#onHost;
      if (!goesOn) this.#onHost = 0;
      const flags = (this.fatal ? FATAL : 0) | IGNORE_BOM | (goesOn ? STREAM : 0);
      const text = callSync(Sync.decodeText, number, this.encoding, copyOf(bytes, start, end), flags) as string | null;
      if (text === null) {
        this.#onHost = 0;
        return null;
      }
      out += text;
      start = end;
    } while (start < length);
    return out;
  }
}
