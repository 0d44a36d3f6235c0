/**
 * URLPatternInit: the patterns, or the values, of a URL's components.
 * @see https://urlpattern.spec.whatwg.org/#canon-processing-for-init
 */
import { StringPrototypeEndsWith, StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeStartsWith, TypeErrorCtor } from '../../primordials.ts';
import { USVString, isObject, type Converter } from '../../webidl.ts';
import { dictionary } from '../../webidl-types.ts';
import { parseUrl, serializePath } from '../url/parser.ts';
import type { UrlRecord } from '../url/record.ts';
import {
  canonicalizeHash,
  canonicalizeHostname,
  canonicalizePort,
  canonicalizeProtocol,
  canonicalizeSearch,
  canonicalizeUserinfo,
  pathnameEncoder,
} from './canonicalize.ts';
import { escapePattern, type Options } from './part.ts';

/** One value for each component, in the order of a URL. */
export type Components<T> = { protocol: T; username: T; password: T; hostname: T; port: T; pathname: T; search: T; hash: T };

export type Init = Partial<Components<string>> & { baseURL?: string };

export const COMPONENT_NAMES = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;

export const DEFAULT_OPTIONS: Options = { delimiter: '', prefix: '', ignoreCase: false };

/** `(USVString or URLPatternInit)`, the members in lexicographical order. */
const initDictionary = dictionary<Init>('URLPatternInit', [
  { key: 'baseURL', converter: USVString },
  { key: 'hash', converter: USVString },
  { key: 'hostname', converter: USVString },
  { key: 'password', converter: USVString },
  { key: 'pathname', converter: USVString },
  { key: 'port', converter: USVString },
  { key: 'protocol', converter: USVString },
  { key: 'search', converter: USVString },
  { key: 'username', converter: USVString },
]);
export const patternInput: Converter<string | Init> = (value, context) =>
  value === undefined || value === null || isObject(value) ? initDictionary(value, context) : USVString(value, context);

const withoutSuffix = (text: string, suffix: string): string => (StringPrototypeEndsWith(text, suffix) ? StringPrototypeSlice(text, 0, -1) : text);
const withoutPrefix = (text: string, prefix: string): string => (StringPrototypeStartsWith(text, prefix) ? StringPrototypeSlice(text, 1) : text);

/** @see https://urlpattern.spec.whatwg.org/#is-an-absolute-pathname */
function isAbsolutePathname(input: string, isPattern: boolean): boolean {
  if (input[0] === '/') return true;
  return isPattern && (input[0] === '\\' || input[0] === '{') && input[1] === '/';
}

/** What is taken over from the base URL: nothing that stands behind a component that is given. */
function inherit(result: Init, init: Init, base: UrlRecord, isPattern: boolean): void {
  const text = (value: string): string => (isPattern ? escapePattern(value) : value);
  if (init.protocol !== undefined) return;
  result.protocol = text(base.scheme);
  if (init.hostname !== undefined) return;
  if (!isPattern && init.port === undefined && init.username === undefined) {
    result.username = base.username;
    if (init.password === undefined) result.password = base.password;
  }
  result.hostname = text(base.host ?? '');
  if (init.port !== undefined) return;
  result.port = base.port === null ? '' : `${base.port}`;
  if (init.pathname !== undefined) return;
  result.pathname = text(serializePath(base));
  if (init.search !== undefined) return;
  result.search = text(base.query ?? '');
  if (init.hash !== undefined) return;
  result.hash = text(base.fragment ?? '');
}

/** A relative pathname goes behind the last slash of the base URL's path. */
function resolvePathname(pathname: string, base: UrlRecord | null, isPattern: boolean): string {
  if (base === null || base.isOpaque || isAbsolutePathname(pathname, isPattern)) return pathname;
  const path = isPattern ? escapePattern(serializePath(base)) : serializePath(base);
  return StringPrototypeSlice(path, 0, StringPrototypeLastIndexOf(path, '/') + 1) + pathname;
}

/**
 * Completes `init` from its base URL, and canonicalises values.
 * @param isPattern patterns are left to be canonicalised piece by piece; values start out empty
 * @see https://urlpattern.spec.whatwg.org/#process-a-urlpatterninit
 */
export function processInit(init: Init, isPattern: boolean): Init {
  const result = { __proto__: null } as unknown as Init;
  if (!isPattern) for (let i = 0; i < COMPONENT_NAMES.length; i++) result[COMPONENT_NAMES[i] as keyof Init] = '';
  let base: UrlRecord | null = null;
  if (init.baseURL !== undefined) {
    base = parseUrl(init.baseURL);
    if (base === null) throw new TypeErrorCtor(`Invalid base URL '${init.baseURL}'.`);
    inherit(result, init, base, isPattern);
  }
  const encode = (value: string, encoder: (value: string) => string): string => (isPattern ? value : encoder(value));
  if (init.protocol !== undefined) result.protocol = encode(withoutSuffix(init.protocol, ':'), canonicalizeProtocol);
  if (init.username !== undefined) result.username = encode(init.username, canonicalizeUserinfo);
  if (init.password !== undefined) result.password = encode(init.password, canonicalizeUserinfo);
  if (init.hostname !== undefined) result.hostname = encode(init.hostname, canonicalizeHostname);
  if (init.port !== undefined) result.port = isPattern ? init.port : canonicalizePort(init.port, result.protocol);
  if (init.pathname !== undefined) result.pathname = encode(resolvePathname(init.pathname, base, isPattern), pathnameEncoder(result.protocol ?? ''));
  if (init.search !== undefined) result.search = encode(withoutPrefix(init.search, '?'), canonicalizeSearch);
  if (init.hash !== undefined) result.hash = encode(withoutPrefix(init.hash, '#'), canonicalizeHash);
  return result;
}
