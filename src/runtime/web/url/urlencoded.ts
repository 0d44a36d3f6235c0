/**
 * application/x-www-form-urlencoded: parser and serialiser.
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
import { ArrayPrototypePush, StringPrototypeCharCodeAt, StringPrototypeIndexOf, StringPrototypeSlice, Uint8ArrayCtor } from '../../primordials.ts';
import { latin1FromBytes } from '../encoding/code-units.ts';
import { decodeUtf8 } from '../encoding/utf8.ts';
import { URLENCODED, percentDecode, percentDecodeBytes, percentEncode } from './percent-encode.ts';

export type Pair = [string, string];

/** One name or value. */
type Decode = (text: string) => string;

const decodeString: Decode = (text) => percentDecode(text, true);

/** As decodeString for text whose code units are bytes: escapes and raw bytes may form one character together. */
const decodeIsomorphic: Decode = (text) => {
  const bytes = new Uint8ArrayCtor(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = StringPrototypeCharCodeAt(text, i);
  return decodeUtf8(percentDecodeBytes(bytes, true), { ignoreBOM: true });
};

/**
 * The list of name-value pairs.
 * @param input a well-formed string, or bytes
 * @see https://url.spec.whatwg.org/#concept-urlencoded-parser
 */
export function parseUrlEncoded(input: string | Uint8Array<ArrayBuffer>): Pair[] {
  const text = typeof input === 'string' ? input : latin1FromBytes(input);
  const decode = typeof input === 'string' ? decodeString : decodeIsomorphic;
  const pairs: Pair[] = [];
  const { length } = text;
  for (let from = 0; from < length; ) {
    let to = StringPrototypeIndexOf(text, '&', from);
    if (to < 0) to = length;
    if (to > from) {
      const sequence = StringPrototypeSlice(text, from, to);
      const equals = StringPrototypeIndexOf(sequence, '=');
      const name = equals < 0 ? sequence : StringPrototypeSlice(sequence, 0, equals);
      const value = equals < 0 ? '' : StringPrototypeSlice(sequence, equals + 1);
      ArrayPrototypePush(pairs, [decode(name), decode(value)]);
    }
    from = to + 1;
  }
  return pairs;
}

/**
 * The serialisation of a list of pairs.
 * @see https://url.spec.whatwg.org/#concept-urlencoded-serializer
 */
export function serializeUrlEncoded(pairs: readonly (readonly [string, string])[]): string {
  let out = '';
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    if (i > 0) out += '&';
    out += `${percentEncode(pair[0], URLENCODED, true)}=${percentEncode(pair[1], URLENCODED, true)}`;
  }
  return out;
}
