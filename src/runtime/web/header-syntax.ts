/**
 * Header names and values: what is valid, and how it is normalised.
 * @see https://fetch.spec.whatwg.org/#terminology-headers
 */
import { differs } from '../compat.ts';
import {
  MapCtor,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypeErrorCtor,
} from '../primordials.ts';
import { ByteString, type Converter, USVString } from '../webidl.ts';

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
/** Finds what no header value may hold. */
const NOT_VALUE = /[\0\n\r]/;
/** Finds what needs a closer look: what may make a value another one, or none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
export const NOT_PLAIN = /[^\x01-\t\x0b\f\x0e-\xff]/;

/** Names already checked and lowered. Bounded, so that no tenant can make it grow. */
const knownNames = new MapCtor<string, string>();
const KNOWN_NAMES_MOST = 256;

/** Checks a name and returns it in lower case. @see https://fetch.spec.whatwg.org/#header-name */
export function lowerName(name: string): string {
  const known = MapPrototypeGet(knownNames, name);
  if (known !== undefined) return known;
  if (name === '' || RegExpPrototypeExec(NOT_TOKEN, name) !== null) throw new TypeErrorCtor(`Invalid header name: ${name}`);
  const lower = StringPrototypeToLowerCase(name);
  if (name.length < 64 && MapPrototypeGetSize(knownNames) < KNOWN_NAMES_MOST) MapPrototypeSet(knownNames, name, lower);
  return lower;
}

const isWhitespace = (unit: number): boolean => unit === 32 || unit === 9 || unit === 10 || unit === 13;

/** Strips whitespace off both ends. @see https://fetch.spec.whatwg.org/#concept-header-value-normalize */
export function normalizeValue(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(StringPrototypeCharCodeAt(value, start))) start++;
  while (end > start && isWhitespace(StringPrototypeCharCodeAt(value, end - 1))) end--;
  return start === 0 && end === value.length ? value : StringPrototypeSlice(value, start, end);
}

/** The text of a value: any, as on Workers, or as `pedantic_wpt` has it a byte string. */
export const valueText: Converter<string> = (value, context) => (differs('pedantic_wpt') ? ByteString(value, context) : USVString(value, context));

/** Normalises a value, which must then be valid. @see https://fetch.spec.whatwg.org/#header-value */
export function checkValue(value: string): string {
  const normalized = normalizeValue(value);
  if (RegExpPrototypeExec(NOT_VALUE, normalized) !== null) throw new TypeErrorCtor(`Invalid header value: ${normalized}`);
  return normalized;
}

/** Lower-cases a name that needs no check. */
export function lowerTrusted(name: string): string {
  return MapPrototypeGet(knownNames, name) ?? StringPrototypeToLowerCase(name);
}
