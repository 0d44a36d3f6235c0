/**
 * multipart/form-data: how FormData becomes bytes, and bytes FormData.
 *
 * The parser is the one of the Fetch standard, with Workers' allowances for clients that are no browsers: see `parseMultipart`.
 */
import { differs } from '../compat.ts';
import {
  ArrayPrototypePush,
  MapPrototypeGet,
  MathRandom,
  NumberPrototypeToString,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeIndexOf,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { blobBytes, blobType } from './blob.ts';
import { concatBytes } from './concat-bytes.ts';
import { latin1FromBytes } from './encoding/code-units.ts';
import { decodeUtf8, encodeUtf8 } from './encoding/utf8.ts';
import { createFile } from './file.ts';
import { FormData, appendFormDataEntry, formDataEntries } from './form-data.ts';
import { normalizeValue } from './header-syntax.ts';
import type { MimeType } from './mime-type.ts';

/** Every line break becomes CR LF, as in a form that was submitted. */
function normalizeNewlines(text: string): string {
  let result = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit !== 13 && unit !== 10) continue;
    result += `${StringPrototypeSlice(text, start, i)}\r\n`;
    if (unit === 13 && StringPrototypeCharCodeAt(text, i + 1) === 10) i++;
    start = i + 1;
  }
  return start === 0 ? text : result + StringPrototypeSlice(text, start);
}

function replaceEach(text: string, search: string, replacement: string): string {
  const at = StringPrototypeIndexOf(text, search);
  if (at === -1) return text;
  const parts = StringPrototypeSplit(text, search);
  let result = parts[0] as string;
  for (let i = 1; i < parts.length; i++) result += replacement + parts[i];
  return result;
}

const escapeName = (name: string): string => replaceEach(replaceEach(replaceEach(name, '\n', '%0A'), '\r', '%0D'), '"', '%22');
const unescapeName = (name: string): string => replaceEach(replaceEach(replaceEach(name, '%0A', '\n'), '%0D', '\r'), '%22', '"');

const randomDigits = (): string => StringPrototypeSlice(`${NumberPrototypeToString(MathRandom(), 36)}00000000000`, 2, 13);

/**
 * The body and its content type. Without a file the body stays a string, which the host encodes.
 * @see https://html.spec.whatwg.org/#multipart-form-data
 */
export function serializeFormData(formData: FormData): { body: string | Uint8Array<ArrayBuffer>; type: string } {
  const boundary = `----formdata-nano-${randomDigits()}${randomDigits()}`;
  const entries = formDataEntries(formData);
  const parts: Uint8Array[] = [];
  let text = '';
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as (typeof entries)[number];
    const value = entry[1];
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(normalizeNewlines(entry[0]))}"`;
    if (typeof value === 'string') {
      text += `\r\n\r\n${normalizeNewlines(value)}\r\n`;
      continue;
    }
    text += `; filename="${escapeName(value.name)}"\r\nContent-Type: ${blobType(value) || 'application/octet-stream'}\r\n\r\n`;
    ArrayPrototypePush(parts, encodeUtf8(text), blobBytes(value));
    text = '\r\n';
  }
  text += `--${boundary}--\r\n`;
  const type = `multipart/form-data; boundary=${boundary}`;
  if (parts.length === 0) return { body: text, type };
  ArrayPrototypePush(parts, encodeUtf8(text));
  return { body: concatBytes(parts), type };
}

const isAt = (bytes: Uint8Array, pattern: Uint8Array, at: number): boolean => {
  if (at + pattern.length > bytes.length) return false;
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
};

/** Where the pattern next stands, or -1. */
function find(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = TypedArrayPrototypeIndexOf(bytes, pattern[0] as number, at);
    if (at === -1 || isAt(bytes, pattern, at)) return at;
  }
}

function isomorphicEncode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8ArrayCtor(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = StringPrototypeCharCodeAt(text, i);
  return bytes;
}

const DISPOSITION = /^form-data; name="([^\r\n"]*)"(?:; filename="([^\r\n"]*)")?$/;
const FORM_DATA = 'form-data';
/** A parameter after its semicolon, if there is one: quoted, with backslashes before quotation marks, or a token, which counts for nothing. */
const PARAMETER = /^[\t ]*;[\t ]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"|[^\t ;"]*))?/;
const BLANK = /^[\t ]*$/;
const HEADER = /^[\t ]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]*:[\t ]*([^\r\n]*)$/;
const ASCII = /^[\0-\x7f]*$/;

/** "UTF-8 decode without BOM": a mark is a character. */
const NO_BOM = { ignoreBOM: true };

type PartNames = { name: string; filename: string | undefined };
type PartHead = { names: PartNames | null; type: string | undefined };

const decodeName = (raw: string): string => decodeUtf8(isomorphicEncode(unescapeName(raw)), NO_BOM);

/** Of a backslash before a quotation mark or a backslash the latter stays. */
function unescapeQuotes(text: string): string {
  const parts = StringPrototypeSplit(text, '\\\\');
  let result = replaceEach(parts[0] as string, '\\"', '"');
  for (let i = 1; i < parts.length; i++) result += `\\${replaceEach(parts[i] as string, '\\"', '"')}`;
  return result;
}

/** The parameters of a Content-Disposition that is not written as browsers write it, but as other programs may. */
function readParameters(value: string): PartNames | null {
  if (StringPrototypeIndexOf(value, FORM_DATA) !== 0) return null;
  let name: string | undefined;
  let filename: string | undefined;
  let rest = StringPrototypeSlice(value, FORM_DATA.length);
  while (RegExpPrototypeExec(BLANK, rest) === null) {
    const match = RegExpPrototypeExec(PARAMETER, rest);
    if (match === null) return null;
    rest = StringPrototypeSlice(rest, (match[0] as string).length);
    if (match[2] === undefined) continue;
    const given = decodeName(unescapeQuotes(match[2]));
    if (match[1] === 'name') name = given;
    else if (match[1] === 'filename') filename = given;
  }
  return name === undefined ? null : { name, filename };
}

const readDisposition = (value: string): PartNames | null => {
  // As the standard has it: a backslash at the end of a name escapes nothing.
  const match = RegExpPrototypeExec(DISPOSITION, value);
  if (match === null) return readParameters(value);
  return { name: decodeName(match[1] as string), filename: match[2] === undefined ? undefined : decodeName(match[2]) };
};

/** Takes in a line of a part's head. @returns false where it is malformed */
function readHeader(line: string, head: PartHead): boolean {
  const header = RegExpPrototypeExec(HEADER, line);
  if (header === null) return false;
  const field = StringPrototypeToLowerCase(header[1] as string);
  if (field === 'content-type') head.type = normalizeValue(header[2] as string);
  if (field !== 'content-disposition') return true;
  head.names = readDisposition(normalizeValue(header[2] as string));
  return head.names !== null;
}

/**
 * A departure from the standard, as on Workers: each line may end with a mere line feed, and there may be text before the first
 * delimiter and after the last. @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 * @returns null where the bytes are not well-formed. @see https://andreubotella.github.io/multipart-form-data/#multipart-form-data-parser
 */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, mimeType: MimeType): FormData | null {
  const boundary = MapPrototypeGet(mimeType.parameters, 'boundary');
  if (boundary === undefined) return null;
  const formData = new FormData();
  const delimiter = encodeUtf8(`\n--${boundary}`);
  let position: number;
  if (isAt(bytes, encodeUtf8(`--${boundary}`), 0)) position = delimiter.length - 1;
  else {
    const first = find(bytes, delimiter, 0);
    if (first === -1) return null;
    position = first + delimiter.length;
  }
  for (;;) {
    if (bytes[position] === 45 && bytes[position + 1] === 45) return formData;
    if (bytes[position] === 13) position++;
    if (bytes[position] !== 10) return null;
    position++;
    const head: PartHead = { names: null, type: undefined };
    for (;;) {
      const end = TypedArrayPrototypeIndexOf(bytes, 10, position);
      if (end === -1) return null;
      const line = latin1FromBytes(bytes, position, end > position && bytes[end - 1] === 13 ? end - 1 : end);
      position = end + 1;
      if (line === '') break;
      if (!readHeader(line, head)) return null;
    }
    if (head.names === null) return null;
    const bodyStart = position;
    const next = find(bytes, delimiter, bodyStart);
    if (next === -1) return null;
    const bodyEnd = next > bodyStart && bytes[next - 1] === 13 ? next - 1 : next;
    const body = new Uint8ArrayCtor(bytes.buffer, bytes.byteOffset + bodyStart, bodyEnd - bodyStart);
    const { name, filename } = head.names;
    if (filename === undefined || differs('formdata_parser_supports_files')) appendFormDataEntry(formData, name, decodeUtf8(body, NO_BOM));
    else {
      const type = head.type ?? 'text/plain';
      appendFormDataEntry(formData, name, createFile(body, filename, RegExpPrototypeExec(ASCII, type) === null ? '' : type));
    }
    position = next + delimiter.length;
  }
}
