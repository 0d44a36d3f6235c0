/**
 * The document's encoding, both ways.
 *
 * A legacy encoding's encoder is the inverse of its decoder, found by decoding every character of one or two
 * bytes once. Departure: the few characters that have four bytes in gb18030 become character references.
 *
 * @see https://encoding.spec.whatwg.org/#encode
 */
import {
  ArrayPrototypePush,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  StringPrototypeCharCodeAt,
  StringPrototypeCodePointAt,
  StringPrototypeIncludes,
  StringPrototypeSplit,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { Decoder } from '../../web/encoding/decoder.ts';
import { encodingFromLabel } from '../../web/encoding/labels.ts';
import { decodeUtf8Run, encodeUtf8, incompleteUtf8 } from '../../web/encoding/utf8.ts';
import { parserError } from './parser-error.ts';

const DOUBLE_BYTE = ' gbk gb18030 big5 euc-jp shift_jis euc-kr ';
const UNABLE = ' utf-16le utf-16be iso-2022-jp replacement ';

/** Part of a byte array, without its species. */
export function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes) + start, end - start);
}

const inverses = new MapCtor<string, Map<number, number>>();

/** Code point to one byte, or two of them as a number. */
function inverseOf(encoding: string): Map<number, number> {
  const known = MapPrototypeGet(inverses, encoding);
  if (known !== undefined) return known;
  const inverse = new MapCtor<number, number>();
  const codes: number[] = [];
  const bytes: number[] = [];
  for (let byte = 0x80; byte <= 0xff; byte++) {
    ArrayPrototypePush(codes, byte);
    ArrayPrototypePush(bytes, byte, 10);
  }
  if (StringPrototypeIncludes(DOUBLE_BYTE, ` ${encoding} `)) {
    for (let lead = 0x81; lead <= 0xfe; lead++) {
      // Encoders do not use the Hong Kong extensions, nor the doubles that IBM and NEC left in Shift_JIS.
      if (encoding === 'big5' && lead < 0xa1) continue;
      if (encoding === 'shift_jis' && lead >= 0xed && lead <= 0xef) continue;
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        ArrayPrototypePush(codes, lead * 256 + trail);
        ArrayPrototypePush(bytes, lead, trail, 10);
      }
    }
  }
  const lines = StringPrototypeSplit(new Decoder(encoding, false, true).decode(new Uint8ArrayCtor(bytes), false), '\n');
  for (let i = 0; i < codes.length; i++) {
    const line = lines[i] as string;
    const point = StringPrototypeCodePointAt(line, 0) ?? 0xfffd;
    if (point < 128 || point === 0xfffd || line.length !== (point > 0xffff ? 2 : 1) || MapPrototypeHas(inverse, point)) continue;
    MapPrototypeSet(inverse, point, codes[i] as number);
  }
  MapPrototypeSet(inverses, encoding, inverse);
  return inverse;
}

export class Charset {
  readonly #encoding: string;
  /** Keeps the state between the chunks of a text node. */
  #decoder: Decoder | undefined;
  /** Does a character never depend on bytes of another chunk that were handed out already? */
  readonly isExact: boolean;

  constructor(encoding: string) {
    this.#encoding = encoding;
    this.isExact = !StringPrototypeIncludes(DOUBLE_BYTE, ` ${encoding} `);
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    if (this.#encoding === 'utf-8') return decodeUtf8Run(bytes, start, end, false) as string;
    return new Decoder(this.#encoding, false, true).decode(view(bytes, start, end), false);
  }

  /** Decodes part of a text node. @param isLast the node ends here */
  decodePart(bytes: Uint8Array, start: number, end: number, isLast: boolean): string {
    if (this.isExact) return this.decode(bytes, start, end);
    this.#decoder ??= new Decoder(this.#encoding, false, true);
    return this.#decoder.decode(view(bytes, start, end), !isLast);
  }

  /** How many bytes before `end` belong to a character that goes on in the next chunk. */
  incomplete(bytes: Uint8Array, start: number, end: number): number {
    if (this.#encoding !== 'utf-8') return 0;
    return incompleteUtf8(view(bytes, end - start > 3 ? end - 3 : start, end));
  }

  /**
   * Encodes; what the encoding does not have becomes a character reference.
   * @returns null where there is such a character and `isStrict`
   */
  encode(text: string, isStrict: true): Uint8Array | null;
  encode(text: string): Uint8Array;
  encode(text: string, isStrict?: boolean): Uint8Array | null {
    const utf8 = encodeUtf8(text);
    if (this.#encoding === 'utf-8' || utf8.length === text.length) return utf8;
    const inverse = inverseOf(this.#encoding);
    const bytes: number[] = [];
    for (let i = 0; i < text.length; i++) {
      let point = StringPrototypeCodePointAt(text, i) as number;
      if (point > 0xffff) i++;
      else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
      const code = point < 128 ? point : MapPrototypeGet(inverse, point);
      if (code === undefined) {
        if (isStrict === true) return null;
        const reference = `&#${point};`;
        for (let k = 0; k < reference.length; k++) ArrayPrototypePush(bytes, StringPrototypeCharCodeAt(reference, k));
      } else if (code < 256) ArrayPrototypePush(bytes, code);
      else ArrayPrototypePush(bytes, code >> 8, code & 255);
    }
    return new Uint8ArrayCtor(bytes);
  }
}

/** The encoding a label means; throws for labels that mean none the rewriter can work in. */
export function charsetFromLabel(label: string): Charset {
  const encoding = encodingFromLabel(label);
  if (encoding === null) throw parserError('Unknown character encoding has been provided.');
  if (StringPrototypeIncludes(UNABLE, ` ${encoding} `)) throw parserError('Expected ASCII-compatible encoding.');
  return new Charset(encoding);
}
