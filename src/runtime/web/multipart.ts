/**
 * multipart/form-data: how FormData becomes bytes, and bytes FormData.
 *
 * The parser is the strict one of the Fetch standard, with two allowances for real clients: the final line
 * break may be missing, and line breaks before the first delimiter are skipped.
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
const HEADER = /^[\t ]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]*:[\t ]*([^\r\n]*)$/;
const ASCII = /^[\0-\x7f]*$/;

/** "UTF-8 decode without BOM": a mark is a character. */
const NO_BOM = { ignoreBOM: true };

type PartHead = { name: string; filename: string | undefined; type: string | undefined };

const decodeName = (raw: string): string => decodeUtf8(isomorphicEncode(unescapeName(raw)), NO_BOM);

/** @see https://andreubotella.github.io/multipart-form-data/#parse-multipart-form-data-headers */
function parseHead(text: string, lineBreak: string): PartHead | null {
  const lines = StringPrototypeSplit(text, lineBreak);
  let name: string | undefined;
  let filename: string | undefined;
  let type: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const header = RegExpPrototypeExec(HEADER, lines[i] as string);
    if (header === null) return null;
    const field = StringPrototypeToLowerCase(header[1] as string);
    if (field === 'content-disposition') {
      const disposition = RegExpPrototypeExec(DISPOSITION, header[2] as string);
      if (disposition === null) return null;
      name = decodeName(disposition[1] as string);
      filename = disposition[2] === undefined ? undefined : decodeName(disposition[2]);
    } else if (field === 'content-type') type = normalizeValue(header[2] as string);
  }
  return name === undefined ? null : { name, filename, type };
}

/**
 * A body whose first line ends with a mere line feed may have all of them so: a departure, as on Workers.
 * @returns null where the bytes are not well-formed. @see https://andreubotella.github.io/multipart-form-data/#multipart-form-data-parser
 */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, mimeType: MimeType): FormData | null {
  const boundary = MapPrototypeGet(mimeType.parameters, 'boundary');
  if (boundary === undefined) return null;
  const formData = new FormData();
  let position = 0;
  while (bytes[position] === 13 && bytes[position + 1] === 10) position += 2;
  const first = encodeUtf8(`--${boundary}`);
  if (!isAt(bytes, first, position)) return null;
  position += first.length;
  const lineBreak = bytes[position] === 10 ? '\n' : '\r\n';
  const lineEnd = isomorphicEncode(lineBreak);
  const blankLine = isomorphicEncode(lineBreak + lineBreak);
  const delimiter = encodeUtf8(`${lineBreak}--${boundary}`);
  for (;;) {
    if (bytes[position] === 45 && bytes[position + 1] === 45) {
      const rest = bytes.length - position - 2;
      return rest === 0 || (rest === lineEnd.length && isAt(bytes, lineEnd, position + 2)) ? formData : null;
    }
    if (!isAt(bytes, lineEnd, position)) return null;
    const headStart = position + lineEnd.length;
    const headEnd = find(bytes, blankLine, headStart);
    if (headEnd === -1) return null;
    const head = parseHead(latin1FromBytes(bytes, headStart, headEnd), lineBreak);
    if (head === null) return null;
    const bodyStart = headEnd + blankLine.length;
    const bodyEnd = find(bytes, delimiter, bodyStart);
    if (bodyEnd === -1) return null;
    const body = new Uint8ArrayCtor(bytes.buffer, bytes.byteOffset + bodyStart, bodyEnd - bodyStart);
    if (head.filename === undefined || differs('formdata_parser_supports_files')) appendFormDataEntry(formData, head.name, decodeUtf8(body, NO_BOM));
    else {
      const type = head.type ?? 'text/plain';
      appendFormDataEntry(formData, head.name, createFile(body, head.filename, RegExpPrototypeExec(ASCII, type) === null ? '' : type));
    }
    position = bodyEnd + delimiter.length;
  }
}
