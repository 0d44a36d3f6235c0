/**
 * Decoders of the East Asian encodings that ICU decodes otherwise than the standard asks: other
 * characters, other treatment of errors.
 *
 * @see https://encoding.spec.whatwg.org/#legacy-multi-byte-chinese-(traditional)-encodings
 */
import { indexes, type Index } from './legacy-index.ts';

/**
 * One step of a decoder: text ("" to go on), null for an error, undefined when finished.
 * @param byte -1 at the end of the input
 * @param again bytes to be read again are pushed here
 */
type Step = (byte: number, again: number[]) => string | null | undefined;

const isAscii = (byte: number): boolean => byte >= 0 && byte < 0x80;
const isUpper = (byte: number): boolean => byte >= 0xa1 && byte <= 0xfe;
const halfWidthKatakana = (byte: number): string => String.fromCharCode(0xff61 - 0xa1 + byte);

/**
 * What the two-byte decoders have in common.
 * @param pair the character of a lead and a trail byte, "" for none
 * @param single the character of a byte by itself; "" for a lead byte, null for an error
 */
function twoByte(pair: (lead: number, trail: number) => string, single: (byte: number) => string | null): Step {
  let lead = 0;
  return (byte, again) => {
    if (lead === 0) {
      if (byte < 0) return undefined;
      if (isAscii(byte)) return String.fromCharCode(byte);
      const character = single(byte);
      if (character === '') lead = byte;
      return character;
    }
    const first = lead;
    lead = 0;
    if (byte < 0) return null;
    const character = pair(first, byte);
    if (character !== '') return character;
    if (isAscii(byte)) again.push(byte);
    return null;
  };
}

/** @see https://encoding.spec.whatwg.org/#euc-kr-decoder */
function eucKr(): Step {
  const index = indexes.eucKr();
  return twoByte(
    (lead, trail) => (trail >= 0x41 && trail <= 0xfe ? (index[(lead - 0x81) * 190 + trail - 0x41] ?? '') : ''),
    (byte) => (byte >= 0x81 && byte <= 0xfe ? '' : null),
  );
}

/** @see https://encoding.spec.whatwg.org/#big5-decoder */
function big5(): Step {
  const index = indexes.big5();
  return twoByte(
    (lead, trail) => ((trail >= 0x40 && trail <= 0x7e) || isUpper(trail) ? (index[(lead - 0x81) * 157 + trail - (trail < 0x7f ? 0x40 : 0x62)] ?? '') : ''),
    (byte) => (byte >= 0x81 && byte <= 0xfe ? '' : null),
  );
}

/** @see https://encoding.spec.whatwg.org/#shift_jis-decoder */
function shiftJis(): Step {
  const index = indexes.jis0208();
  return twoByte(
    (lead, trail) => {
      if (trail < 0x40 || trail === 0x7f || trail > 0xfc) return '';
      const pointer = (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188 + trail - (trail < 0x7f ? 0x40 : 0x41);
      return pointer >= 8836 && pointer <= 10715 ? String.fromCharCode(0xe000 - 8836 + pointer) : (index[pointer] ?? '');
    },
    (byte) => {
      if (byte === 0x80) return '\x80';
      if (byte >= 0xa1 && byte <= 0xdf) return halfWidthKatakana(byte);
      return byte === 0xa0 || byte > 0xfc ? null : '';
    },
  );
}

/** @see https://encoding.spec.whatwg.org/#euc-jp-decoder */
function eucJp(): Step {
  const jis0208 = indexes.jis0208();
  const jis0212 = indexes.jis0212();
  let lead = 0;
  let index: Index = jis0208;
  return (byte, again) => {
    if (lead === 0) {
      if (byte < 0) return undefined;
      if (isAscii(byte)) return String.fromCharCode(byte);
      if (byte !== 0x8e && byte !== 0x8f && !isUpper(byte)) return null;
      lead = byte;
      return '';
    }
    if (lead === 0x8f && isUpper(byte)) {
      index = jis0212;
      lead = byte;
      return '';
    }
    const first = lead;
    const table = index;
    lead = 0;
    index = jis0208;
    if (byte < 0) return null;
    if (first === 0x8e && byte >= 0xa1 && byte <= 0xdf) return halfWidthKatakana(byte);
    const character = isUpper(first) && isUpper(byte) ? table[(first - 0xa1) * 94 + byte - 0xa1] : '';
    if (character) return character;
    if (isAscii(byte)) again.push(byte);
    return null;
  };
}

/** The states that an escape sequence leads to, by its last two bytes. */
const ESCAPES: Readonly<Record<string, string>> = { '(B': 'ascii', '(J': 'roman', '(I': 'katakana', '$@': 'lead', $B: 'lead' };

/** @see https://encoding.spec.whatwg.org/#iso-2022-jp-decoder */
function iso2022Jp(): Step {
  const jis0208 = indexes.jis0208();
  let state = 'ascii';
  let outState = 'ascii';
  let lead = 0;
  let output = false;
  return (byte, again) => {
    if (state === 'escape start') {
      if (byte === 0x24 || byte === 0x28) {
        lead = byte;
        state = 'escape';
        return '';
      }
      again.push(byte);
      output = false;
      state = outState;
      return null;
    }
    if (state === 'escape') {
      const next = byte < 0 ? undefined : ESCAPES[String.fromCharCode(lead, byte)];
      if (next !== undefined) {
        const hadNone = output;
        state = outState = next;
        output = true;
        return hadNone ? null : '';
      }
      again.push(lead, byte);
      output = false;
      state = outState;
      return null;
    }
    if (state === 'trail') {
      state = byte === 0x1b ? 'escape start' : 'lead';
      return byte >= 0x21 && byte <= 0x7e ? jis0208[(lead - 0x21) * 94 + byte - 0x21] || null : null;
    }
    if (byte === 0x1b) {
      state = 'escape start';
      return '';
    }
    if (byte < 0) return undefined;
    output = false;
    if (state === 'lead') {
      if (byte < 0x21 || byte > 0x7e) return null;
      lead = byte;
      state = 'trail';
      return '';
    }
    if (state === 'katakana') return byte >= 0x21 && byte <= 0x5f ? halfWidthKatakana(byte + 0x80) : null;
    if (byte > 0x7f || byte === 0x0e || byte === 0x0f) return null;
    if (state === 'roman' && byte === 0x5c) return '\xa5';
    return state === 'roman' && byte === 0x7e ? '\u203e' : String.fromCharCode(byte);
  };
}

const STEPS: Readonly<Record<string, () => Step>> = { 'euc-kr': eucKr, big5, shift_jis: shiftJis, 'euc-jp': eucJp, 'iso-2022-jp': iso2022Jp };

/** Does this encoding need a decoder from here? */
export function isLegacy(encoding: string): boolean {
  return Object.hasOwn(STEPS, encoding);
}

/** A decoder with the state of one stream. */
export class LegacyDecoder {
  readonly #step: Step;
  readonly #fatal: boolean;

  constructor(encoding: string, fatal: boolean) {
    const create = STEPS[encoding];
    if (create === undefined) throw new RangeError(`no legacy decoder for ${encoding}`);
    this.#step = create();
    this.#fatal = fatal;
  }

  /** The text of a chunk; null, after which the decoder is of no more use, for malformed input if fatal. */
  decode(bytes: Uint8Array, stream: boolean): string | null {
    let out = '';
    const again: number[] = [];
    const { length } = bytes;
    for (let i = 0; i < length || again.length > 0 || !stream; ) {
      const byte = again.length > 0 ? (again.shift() as number) : i < length ? (bytes[i++] as number) : -1;
      const count = again.length;
      const text = this.#step(byte, again);
      // What is read again comes before what waits already.
      if (count > 0 && again.length > count) again.unshift(...again.splice(count));
      if (text === undefined) break;
      if (text === null && this.#fatal) return null;
      out += text ?? '\ufffd';
    }
    return out;
  }
}
