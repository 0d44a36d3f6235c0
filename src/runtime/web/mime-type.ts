/**
 * MIME types: parse, serialise, and find the one a header list means.
 * @see https://mimesniff.spec.whatwg.org/#understanding-mime-types
 */
import {
  ArrayPrototypePush,
  MapCtor,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  RegExpPrototypeExec,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
} from '../primordials.ts';
import { normalizeValue } from './header-syntax.ts';

/** A parsed MIME type; all of it lower-case but the parameters' values. */
export type MimeType = { type: string; subtype: string; parameters: Map<string, string> };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTED_STRING_TOKENS = /^[\t -~\x80-\xff]*$/;
const TRAILING_WHITESPACE = /[\t\n\r ]+$/;

const isToken = (text: string): boolean => RegExpPrototypeExec(TOKEN, text) !== null;

const trimEnd = (text: string): string => {
  const match = RegExpPrototypeExec(TRAILING_WHITESPACE, text);
  return match === null ? text : StringPrototypeSlice(text, 0, match.index);
};

/** Where `character` next stands, or the end of the text. */
const findOrEnd = (text: string, character: string, from: number): number => {
  const at = StringPrototypeIndexOf(text, character, from);
  return at === -1 ? text.length : at;
};

/**
 * The quoted string that starts at `start` (a quotation mark), unescaped, and where it ends.
 * @see https://fetch.spec.whatwg.org/#collect-an-http-quoted-string
 */
function collectQuoted(text: string, start: number): { value: string; end: number } {
  let value = '';
  let i = start + 1;
  for (; i < text.length; i++) {
    const character = text[i] as string;
    if (character === '"') return { value, end: i + 1 };
    if (character === '\\') {
      i++;
      value += i < text.length ? (text[i] as string) : '\\';
    } else value += character;
  }
  return { value, end: text.length };
}

/** @returns null where the text is no MIME type. @see https://mimesniff.spec.whatwg.org/#parse-a-mime-type */
export function parseMimeType(input: string): MimeType | null {
  const text = normalizeValue(input);
  const slash = StringPrototypeIndexOf(text, '/');
  if (slash === -1) return null;
  const type = StringPrototypeSlice(text, 0, slash);
  let position = findOrEnd(text, ';', slash + 1);
  const subtype = trimEnd(StringPrototypeSlice(text, slash + 1, position));
  if (!isToken(type) || !isToken(subtype)) return null;
  const parameters = new MapCtor<string, string>();
  // 11. While position is not past the end of input.
  while (position < text.length) {
    position++;
    while (position < text.length && isHttpWhitespace(text[position] as string)) position++;
    const nameStart = position;
    while (position < text.length && text[position] !== ';' && text[position] !== '=') position++;
    const name = StringPrototypeToLowerCase(StringPrototypeSlice(text, nameStart, position));
    if (position >= text.length) break;
    if (text[position] === ';') continue;
    position++;
    let value: string;
    if (text[position] === '"') {
      const quoted = collectQuoted(text, position);
      value = quoted.value;
      position = findOrEnd(text, ';', quoted.end);
    } else {
      const end = findOrEnd(text, ';', position);
      value = trimEnd(StringPrototypeSlice(text, position, end));
      position = end;
      if (value === '') continue;
    }
    if (isToken(name) && RegExpPrototypeExec(QUOTED_STRING_TOKENS, value) !== null && !MapPrototypeHas(parameters, name)) {
      MapPrototypeSet(parameters, name, value);
    }
  }
  return { type: StringPrototypeToLowerCase(type), subtype: StringPrototypeToLowerCase(subtype), parameters };
}

const isHttpWhitespace = (character: string): boolean => character === ' ' || character === '\t' || character === '\n' || character === '\r';

/** @see https://mimesniff.spec.whatwg.org/#serialize-a-mime-type */
export function serializeMimeType(mimeType: MimeType): string {
  let text = essence(mimeType);
  MapPrototypeForEach(mimeType.parameters, (value, name) => {
    text += `;${name}=`;
    if (isToken(value)) {
      text += value;
      return;
    }
    text += '"';
    for (let i = 0; i < value.length; i++) text += value[i] === '"' || value[i] === '\\' ? `\\${value[i]}` : value[i];
    text += '"';
  });
  return text;
}

/** `type/subtype`, without parameters. */
export function essence(mimeType: MimeType): string {
  return `${mimeType.type}/${mimeType.subtype}`;
}

/** Splits a combined header value at the commas outside quotes. @see https://fetch.spec.whatwg.org/#header-value-get-decode-and-split */
function splitValues(combined: string): string[] {
  const values: string[] = [];
  let start = 0;
  for (let i = 0; i <= combined.length; ) {
    if (i === combined.length || combined[i] === ',') {
      ArrayPrototypePush(values, normalizeValue(StringPrototypeSlice(combined, start, i)));
      start = ++i;
    } else if (combined[i] === '"') i = collectQuoted(combined, i).end;
    else i++;
  }
  return values;
}

/**
 * The MIME type that a combined `content-type` value stands for: the last valid one, which inherits the charset of
 * those before it that share its essence.
 * @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
 */
export function extractMimeType(contentType: string | null): MimeType | null {
  if (contentType === null) return null;
  const values = splitValues(contentType);
  let charset: string | undefined;
  let lastEssence: string | undefined;
  let mimeType: MimeType | null = null;
  for (let i = 0; i < values.length; i++) {
    const candidate = parseMimeType(values[i] as string);
    if (candidate === null || essence(candidate) === '*/*') continue;
    mimeType = candidate;
    if (essence(candidate) !== lastEssence) {
      charset = MapPrototypeGet(candidate.parameters, 'charset');
      lastEssence = essence(candidate);
    } else if (!MapPrototypeHas(candidate.parameters, 'charset') && charset !== undefined) {
      MapPrototypeSet(candidate.parameters, 'charset', charset);
    }
  }
  return mimeType;
}
