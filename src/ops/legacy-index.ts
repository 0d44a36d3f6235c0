/**
 * The indexes of the East Asian encodings: character by pointer, "" where there is none.
 *
 * Read off Node's (ICU's) decoders once, on first use, and corrected where those do not follow the
 * standard. Of Big5 the HKSCS extensions are missing: ICU's Big5 does not know them.
 *
 * @see https://encoding.spec.whatwg.org/#indexes
 */
import { TextDecoder } from 'node:util';

export type Index = readonly string[];

const isPrivateUse = (character: string): boolean => character >= '\ue000' && character <= '\uf8ff';

/** Decodes many sequences in one go, a line each. A sequence without a character, or with a private one, gives "". */
function decodeEach(encoding: string, sequences: readonly (readonly number[])[]): string[] {
  const lines = new TextDecoder(encoding).decode(Uint8Array.from(sequences.flatMap((sequence) => [...sequence, 10]))).split('\n');
  return sequences.map((_, i) => {
    const character = lines[i] as string;
    return [...character].length === 1 && character !== '\ufffd' && !isPrivateUse(character) ? character : '';
  });
}

/** The pairs of a 94 by 94 plane in the upper half, after `prefix`. */
const plane = (...prefix: number[]): number[][] => Array.from({ length: 94 * 94 }, (_, p) => [...prefix, 0xa1 + Math.floor(p / 94), 0xa1 + (p % 94)]);

function jis0208(): Index {
  const index = decodeEach('euc-jp', plane());
  // Rows beyond the plane exist in Shift_JIS only; up to pointer 10715 it has private characters.
  const rest = Array.from({ length: 11280 - index.length }, (_, i) => {
    const p = i + index.length;
    const lead = Math.floor(p / 188);
    const trail = p % 188;
    return [lead + (lead < 0x1f ? 0x81 : 0xc1), trail + (trail < 0x3f ? 0x40 : 0x41)];
  });
  return [...index, ...decodeEach('shift_jis', rest)];
}

function jis0212(): Index {
  const index = decodeEach('euc-jp', plane(0x8f));
  // IBM's additions in this row are not in the standard.
  return index.fill('', 82 * 94, 83 * 94);
}

/** KS X 1001 from ICU; the rest of windows-949, which ICU lacks, is the other Hangul syllables in order. */
function eucKr(): Index {
  const ksx1001 = decodeEach('euc-kr', plane());
  ksx1001[163] = '\u20ac';
  ksx1001[164] = '\xae';
  const taken = new Set(ksx1001);
  const index: string[] = [];
  let syllable = 0xac00;
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x41; trail <= 0xfe; trail++) {
      let character = '';
      if (lead >= 0xa1 && trail >= 0xa1) character = ksx1001[(lead - 0xa1) * 94 + trail - 0xa1] as string;
      else if (trail <= 0x5a || (trail >= 0x61 && trail <= 0x7a) || trail >= 0x81) {
        while (taken.has(String.fromCharCode(syllable))) syllable++;
        if (syllable <= 0xd7a3) character = String.fromCharCode(syllable++);
      }
      index.push(character);
    }
  }
  return index;
}

function big5(): Index {
  const sequences = Array.from({ length: 126 * 157 }, (_, p) => [Math.floor(p / 157) + 0x81, (p % 157) + (p % 157 < 0x3f ? 0x40 : 0x62)]);
  const index = decodeEach('big5', sequences);
  // Two characters each, of the Latin letters with two marks.
  index[1133] = '\xca\u0304';
  index[1135] = '\xca\u030c';
  index[1164] = '\xea\u0304';
  index[1166] = '\xea\u030c';
  return index;
}

const built = new Map<() => Index, Index>();
const once = (build: () => Index) => (): Index => {
  let index = built.get(build);
  if (index === undefined) built.set(build, (index = build()));
  return index;
};

export const indexes = { jis0208: once(jis0208), jis0212: once(jis0212), eucKr: once(eucKr), big5: once(big5) };
