/**
 * The options of R2's methods, as they are sent to the host: checked and with workerd's words for what is wrong.
 * @see https://developers.cloudflare.com/r2/api/workers/workers-api-reference/
 */
import type { R2Conditions, R2Etag, R2HttpMetadata, R2Range } from '../../../protocol/r2.ts';
import {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  DateCtor,
  DatePrototypeGetTime,
  ErrorCtor,
  NumberIsInteger,
  NumberIsNaN,
  NumberParseInt,
  ObjectKeys,
  RangeErrorCtor,
  RegExpPrototypeExec,
  StringCtor,
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { isArrayBuffer, isObject } from '../../webidl.ts';
import { asBytes } from '../../web/body.ts';
import { type Headers, getHeader, isHeaders } from '../../web/headers.ts';
import { int32 } from './int32.ts';

type Fields = Readonly<Record<string, unknown>>;

const wrongField = (field: string, options: string, type: string): TypeError =>
  new TypeErrorCtor(`Incorrect type for the '${field}' field on '${options}': the provided value is not of type '${type}'.`);

/** The error for an argument that is not there, or none of the type. */
export function wrongArgument(method: string, parameter: number, type: string, owner = 'R2Bucket'): TypeError {
  return new TypeErrorCtor(`Failed to execute '${method}' on '${owner}': parameter ${parameter} is not of type '${type}'.`);
}

/** ToString, which a symbol does not have. */
export function text(value: unknown): string {
  return `${value as string}`;
}

/** An options argument. Undefined and null are none. */
export function optionsOf(value: unknown, method: string, parameter: number, type: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw wrongArgument(method, parameter, type);
  return value as Fields;
}

/** A string that nothing else is made into. */
function plainString(value: unknown, field: string, options: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongField(field, options, 'string');
  return value;
}

const timeOf = (value: unknown, field: string, options: string): number | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return value;
  let time: number;
  try {
    time = DatePrototypeGetTime(value);
  } catch {
    throw wrongField(field, options, 'date');
  }
  if (NumberIsNaN(time)) throw new TypeErrorCtor('The value cannot be converted because it is not a valid Date.');
  return time;
};

const timeOfHeader = (headers: Headers, name: string): number | undefined => {
  const text = getHeader(headers, name);
  return text === null ? undefined : DatePrototypeGetTime(new DateCtor(text));
};

const etag = (value: unknown, field: string): R2Etag[] | undefined => {
  const text = plainString(value, field, 'Conditional');
  if (text === undefined) return undefined;
  if (StringPrototypeStartsWith(text, '"') && StringPrototypeEndsWith(text, '"'))
    throw new TypeErrorCtor(`Conditional ETag should not be wrapped in quotes (${text}).`);
  return [{ value: text }];
};

/** The least position at which one of the characters stands, and which. */
const next = (text: string, from: number): number => {
  for (let i = from; i < text.length; i++) {
    const unit = text[i];
    if (unit === '*' || unit === '"' || unit === 'W' || unit === ',') return i;
  }
  return text.length;
};

/** If-Match and If-None-Match. @see https://www.rfc-editor.org/rfc/rfc9110#field.if-match */
const etagsOfHeader = (headers: Headers, name: string): R2Etag[] | undefined => {
  const text = getHeader(headers, name);
  if (text === null) return undefined;
  const etags: R2Etag[] = [];
  let needsComma = false;
  for (let at = next(text, 0); at < text.length; at = next(text, at)) {
    const unit = text[at];
    if (unit === ',') {
      needsComma = false;
      at++;
      continue;
    }
    if (StringPrototypeIndexOf(text, '"', at) < 0 && StringPrototypeIndexOf(text, '*', at) < 0) break;
    if (needsComma) {
      const problem =
        unit === '*'
          ? "Encountered a wildcard character '*' instead."
          : unit === '"'
            ? "Encountered a double quote character '\"' instead. This would otherwise indicate the start of a new strong etag."
            : "Encountered a weak quotation character 'W' instead. This would otherwise indicate the start of a new weak etag.";
      throw new ErrorCtor(`Comma was expected to separate etags. ${problem}`);
    }
    // What else is in the list does not matter any more.
    if (unit === '*') return [{ value: '*' }];
    const weak = unit === 'W';
    if (weak && StringPrototypeSlice(text, at + 1, at + 3) !== '/"') throw new ErrorCtor('Weak etags must start with W/ and their value must be quoted');
    const start = weak ? at + 3 : at + 1;
    const end = StringPrototypeIndexOf(text, '"', start);
    if (end < 0) throw new ErrorCtor('Unclosed double quote for Etag');
    ArrayPrototypePush(etags, { value: StringPrototypeSlice(text, start, end), weak });
    needsComma = true;
    at = end + 1;
  }
  if (etags.length === 0) throw new ErrorCtor(`Invalid ETag in ${name} header`);
  return etags;
};

/** `onlyIf`: an object, or a request's headers. */
export function conditions(value: unknown, options: string): R2Conditions | undefined {
  if (value === undefined || value === null) return undefined;
  if (isHeaders(value))
    return {
      etagMatches: etagsOfHeader(value, 'if-match'),
      etagDoesNotMatch: etagsOfHeader(value, 'if-none-match'),
      uploadedAfter: timeOfHeader(value, 'if-modified-since'),
      uploadedBefore: timeOfHeader(value, 'if-unmodified-since'),
      secondsGranularity: true,
    } as R2Conditions;
  if (!isObject(value)) throw wrongField('onlyIf', options, 'Conditional or Headers');
  const given = value as Fields;
  return {
    etagMatches: etag(given['etagMatches'], 'etagMatches'),
    etagDoesNotMatch: etag(given['etagDoesNotMatch'], 'etagDoesNotMatch'),
    uploadedBefore: timeOf(given['uploadedBefore'], 'uploadedBefore', 'Conditional'),
    uploadedAfter: timeOf(given['uploadedAfter'], 'uploadedAfter', 'Conditional'),
    secondsGranularity: !!given['secondsGranularity'],
  } as R2Conditions;
}

const MOST_BYTES = 2 ** 53 - 1;

const whole = (value: unknown, prefix: string, name: string): number | undefined => {
  if (value === undefined) return undefined;
  const number = +(value as number);
  if (!(number >= 0)) throw new RangeErrorCtor(`${prefix}. ${name} (${NumberIsNaN(number) ? 'nan' : StringCtor(number)}) must be greater than or equal to 0.`);
  // More than any object has; JSON has no infinity.
  if (number > MOST_BYTES) return MOST_BYTES;
  if (!NumberIsInteger(number)) throw new RangeErrorCtor(`Invalid range. ${name} (${StringCtor(number)}) must be an integer, not floating point.`);
  return number;
};

/** `range`: an object, or a request's headers. */
export function range(value: unknown): R2Range | undefined {
  if (value === undefined || value === null) return undefined;
  if (isHeaders(value)) {
    const header = getHeader(value, 'range');
    return header === null ? undefined : { header };
  }
  if (!isObject(value)) throw wrongField('range', 'GetOptions', 'Range or Headers');
  const given = value as Fields;
  const offset = whole(given['offset'], 'Invalid range', 'Starting offset');
  const length = whole(given['length'], 'Invalid range', 'Length');
  if (given['suffix'] === undefined) return offset === undefined && length === undefined ? undefined : ({ offset, length } as R2Range);
  if (offset !== undefined) throw new TypeErrorCtor('Suffix is incompatible with offset.');
  if (length !== undefined) throw new TypeErrorCtor('Suffix is incompatible with length.');
  return { suffix: whole(given['suffix'], 'Invalid suffix', 'Suffix') as number };
}

const optionalText = (value: unknown): string | undefined => (value === undefined ? undefined : text(value));
const headerOf = (headers: Headers, name: string): string | undefined => getHeader(headers, name) ?? undefined;

/** `httpMetadata`: an object, or the headers that say the same. */
export function httpMetadata(value: unknown, options: string): R2HttpMetadata | undefined {
  if (value === undefined || value === null) return undefined;
  if (isHeaders(value))
    return {
      contentType: headerOf(value, 'content-type'),
      contentLanguage: headerOf(value, 'content-language'),
      contentDisposition: headerOf(value, 'content-disposition'),
      contentEncoding: headerOf(value, 'content-encoding'),
      cacheControl: headerOf(value, 'cache-control'),
      cacheExpiry: timeOfHeader(value, 'expires'),
    } as R2HttpMetadata;
  if (!isObject(value)) throw wrongField('httpMetadata', options, 'HttpMetadata or Headers');
  const given = value as Fields;
  return {
    contentType: optionalText(given['contentType']),
    contentLanguage: optionalText(given['contentLanguage']),
    contentDisposition: optionalText(given['contentDisposition']),
    contentEncoding: optionalText(given['contentEncoding']),
    cacheControl: optionalText(given['cacheControl']),
    cacheExpiry: timeOf(given['cacheExpiry'], 'cacheExpiry', 'HttpMetadata'),
  } as R2HttpMetadata;
}

/** `customMetadata`: names and values. */
export function customMetadata(value: unknown, options: string): Record<string, string> | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) || ArrayIsArray(value)) throw wrongField('customMetadata', options, 'object');
  const result = { __proto__: null } as unknown as Record<string, string>;
  const names = ObjectKeys(value);
  for (let i = 0; i < names.length; i++) result[names[i] as string] = text((value as Fields)[names[i] as string]);
  return result;
}

const HASHES = [
  ['md5', 'MD5', 16],
  ['sha1', 'SHA-1', 20],
  ['sha256', 'SHA-256', 32],
  ['sha384', 'SHA-384', 48],
  ['sha512', 'SHA-512', 64],
] as const;
const HEX = /^[0-9a-f]*$/i;

/** The one digest a put may bring. */
export function expectedHash(given: Fields): { algorithm: string; hex: string } | undefined {
  let found: { algorithm: string; hex: string } | undefined;
  for (let i = 0; i < HASHES.length; i++) {
    const { 0: algorithm, 1: name, 2: size } = HASHES[i] as (typeof HASHES)[number];
    const value = given[algorithm];
    if (value === undefined) continue;
    if (found !== undefined) throw new TypeErrorCtor('You cannot specify multiple hashing algorithms.');
    found = { algorithm, hex: typeof value === 'string' ? hexText(value, name, size) : hexOfBytes(value, algorithm, name, size) };
  }
  return found;
}

const hexText = (value: string, name: string, size: number): string => {
  if (value.length !== size * 2) throw new TypeErrorCtor(`${name} is ${size * 2} hex characters, not ${value.length}`);
  if (RegExpPrototypeExec(HEX, value) === null) throw new TypeErrorCtor(`Provided ${name} wasn't a valid hex string`);
  return StringPrototypeToLowerCase(value);
};

const hexOfBytes = (value: unknown, field: string, name: string, size: number): string => {
  if (!ArrayBufferIsView(value) && !isArrayBuffer(value)) throw wrongField(field, 'PutOptions', 'BufferSource or string');
  const bytes = asBytes(value as ArrayBuffer);
  if (bytes.length !== size) throw new TypeErrorCtor(`${name} is ${size} bytes, not ${bytes.length}`);
  return hexOf(bytes);
};

const hexOf = (bytes: Uint8Array): string => {
  let hex = '';
  for (let i = 0; i < bytes.length; i++) hex += (DIGITS[(bytes[i] as number) >> 4] as string) + (DIGITS[(bytes[i] as number) & 15] as string);
  return hex;
};
const DIGITS = '0123456789abcdef';

/** The bytes of a digest. */
export function bytesOfHex(hex: string): ArrayBuffer {
  const bytes = new Uint8ArrayCtor(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = NumberParseInt(StringPrototypeSlice(hex, i * 2, i * 2 + 2), 16);
  return bytes.buffer;
}

/** A key of the customer's own, in hexadecimal. @see https://developers.cloudflare.com/r2/examples/ssec/ */
export function customerKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const wrongSize = 'SSE-C Key must be 32 bytes in length';
  if (ArrayBufferIsView(value) || isArrayBuffer(value)) {
    const bytes = asBytes(value as ArrayBuffer);
    if (bytes.length !== 32) throw new ErrorCtor(wrongSize);
    return hexOf(bytes);
  }
  const hex = text(value);
  if (RegExpPrototypeExec(KEY, hex) === null) throw new ErrorCtor('SSE-C Key has invalid format');
  if (hex.length !== 64) throw new ErrorCtor(wrongSize);
  return hex;
}
const KEY = /^[0-9a-f]+$/;

const INCLUDES = ['httpMetadata', 'customMetadata'];

/** The options of a list. */
export function listOptions(given: Fields): Record<string, unknown> {
  const result = { __proto__: null } as unknown as Record<string, unknown>;
  const { limit, include } = given;
  if (limit !== undefined) {
    const number = int32(limit);
    // As in workerd, where it is what stands for no limit.
    if (number !== -1) result['limit'] = number;
  }
  const names = ['prefix', 'cursor', 'delimiter', 'startAfter'];
  for (let i = 0; i < names.length; i++) result[names[i] as string] = plainString(given[names[i] as string], names[i] as string, 'ListOptions');
  if (include === undefined) return result;
  const wanted: string[] = [];
  if (!ArrayIsArray(include)) throw wrongField('include', 'ListOptions', 'Array');
  for (let i = 0; i < include.length; i++) {
    const name: unknown = include[i];
    if (typeof name !== 'string') throw new TypeErrorCtor(`Incorrect type for array element ${i}: the provided value is not of type 'string'.`);
    if (name !== INCLUDES[0] && name !== INCLUDES[1]) throw new RangeErrorCtor(`Unsupported include value ${name}`);
    ArrayPrototypePush(wanted, name);
  }
  result['include'] = wanted;
  return result;
}
