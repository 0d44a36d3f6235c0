/**
 * The guard of a request made with the mode "no-cors": its headers take only what a form could send.
 *
 * Departure: there are no privileged no-CORS headers (`range`), which only a browser itself may set. And a mode given
 * to fetch() does not do this: see request-state.ts.
 *
 * @see https://fetch.spec.whatwg.org/#concept-headers-guard
 */
import { RegExpPrototypeExec, StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeToLowerCase } from '../primordials.ts';
import { normalizeValue } from './header-syntax.ts';
import { type Headers, getHeader, getHeaderValues, guardHeaders, headerPairs, removeHeader, setHeader } from './headers.ts';

/** @see https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const UNSAFE = /[\0-\x08\n-\x1f"():<>?@[\\\]{}\x7f]/;
const NOT_LANGUAGE = /[^0-9A-Za-z *,\-.;=]/;
const VALUE_MOST = 128;

/** Drops what the guard refuses, and keeps it out from now on. */
export function guardNoCors(headers: Headers): void {
  const pairs = headerPairs(headers);
  for (let i = 0; i < pairs.length; i++) {
    const { 0: name } = pairs[i] as readonly [string, string];
    const values = getHeaderValues(headers, name);
    let kept: string | null = null;
    for (let j = 0; j < values.length; j++) {
      const joined = joinedTo(kept, values[j] as string);
      if (isSafelisted(name, joined)) kept = joined;
    }
    if (kept === null) removeHeader(headers, name);
    else setHeader(headers, name, kept);
  }
  guardHeaders(headers, refuses);
}

/** The steps of append, set and delete that ask the guard. */
function refuses(headers: Headers, name: string, value: string | null, isAppend: boolean): boolean {
  if (value === null) return !isSafelistedName(name);
  return !isSafelisted(name, isAppend ? joinedTo(getHeader(headers, name), value) : value);
}

const joinedTo = (before: string | null, value: string): string => (before === null ? value : `${before}, ${value}`);

/** @see https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name */
function isSafelistedName(name: string): boolean {
  return name === 'accept' || name === 'accept-language' || name === 'content-language' || name === 'content-type';
}

/** @see https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header */
function isSafelisted(name: string, value: string): boolean {
  if (!isSafelistedName(name) || value.length > VALUE_MOST) return false;
  if (name === 'accept') return RegExpPrototypeExec(UNSAFE, value) === null;
  if (name !== 'content-type') return RegExpPrototypeExec(NOT_LANGUAGE, value) === null;
  if (RegExpPrototypeExec(UNSAFE, value) !== null) return false;
  const end = StringPrototypeIndexOf(value, ';');
  const essence = StringPrototypeToLowerCase(normalizeValue(end === -1 ? value : StringPrototypeSlice(value, 0, end)));
  return essence === 'application/x-www-form-urlencoded' || essence === 'multipart/form-data' || essence === 'text/plain';
}
