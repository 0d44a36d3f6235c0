/**
 * data: URLs.
 * @see https://fetch.spec.whatwg.org/#data-url-processor
 */
import { RegExpPrototypeExec, StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeStartsWith } from '../primordials.ts';
import { decodeBase64 } from './base64.ts';
import { latin1FromBytes } from './encoding/code-units.ts';
import { encodeUtf8 } from './encoding/utf8.ts';
import { parseMimeType, serializeMimeType } from './mime-type.ts';
import { percentDecodeBytes } from './url/percent-encode.ts';

const BASE64_MARK = /; *[Bb][Aa][Ss][Ee]64$/;
// biome-ignore lint/correctness/noEmptyCharacterClassInRegex: any character, line breaks too
const OUTER_WHITESPACE = /^[\t\n\f\r ]*([^]*?)[\t\n\f\r ]*$/;

/** @param url a serialised data: URL, without its fragment. @returns null where it is malformed */
export function processDataUrl(url: string): { mimeType: string; body: Uint8Array<ArrayBuffer> } | null {
  const comma = StringPrototypeIndexOf(url, ',', 5);
  if (comma === -1) return null;
  let type = RegExpPrototypeExec(OUTER_WHITESPACE, StringPrototypeSlice(url, 5, comma))?.[1] ?? '';
  let body: Uint8Array<ArrayBuffer> | null = percentDecodeBytes(encodeUtf8(StringPrototypeSlice(url, comma + 1)), false);
  const mark = RegExpPrototypeExec(BASE64_MARK, type);
  if (mark !== null) {
    body = decodeBase64(latin1FromBytes(body));
    if (body === null) return null;
    type = StringPrototypeSlice(type, 0, mark.index);
  }
  if (StringPrototypeStartsWith(type, ';')) type = `text/plain${type}`;
  const parsed = parseMimeType(type);
  return { mimeType: parsed === null ? 'text/plain;charset=US-ASCII' : serializeMimeType(parsed), body };
}
