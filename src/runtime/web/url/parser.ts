/**
 * The URL parser and serialiser.
 *
 * The specification's state machine, with each state a function that takes a whole run of code units
 * at once instead of one code point at a time; the names of the functions are those of the states.
 * Ordinary http(s) URLs never reach it: see fast-path.ts.
 *
 * Invariants of a record: `host` is serialised; `path` is the opaque path, or the serialised list of
 * segments ("" for the empty list, else every segment preceded by "/"). Records are changed only by
 * this module, setters.ts and class URL.
 *
 * @see https://url.spec.whatwg.org/#concept-basic-url-parser
 */
import {
  ArrayPrototypePop,
  ArrayPrototypePush,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} from '../../primordials.ts';
import { parseOrdinary } from './fast-path.ts';
import { parseHost } from './host.ts';
import { C0_CONTROL, FRAGMENT, PATH, QUERY, SPECIAL_QUERY, USERINFO, percentEncode } from './percent-encode.ts';
import type { UrlRecord } from './record.ts';

const DEFAULT_PORTS = { __proto__: null, http: 80, https: 443, ws: 80, wss: 443, ftp: 21, file: null } as unknown as Readonly<
  Record<string, number | null | undefined>
>;

/** @see https://url.spec.whatwg.org/#is-special */
export function isSpecial(scheme: string): boolean {
  return DEFAULT_PORTS[scheme] !== undefined;
}

/** The port to keep: null for the scheme's default. */
export function portFor(scheme: string, port: number | null): number | null {
  return DEFAULT_PORTS[scheme] === port ? null : port;
}

/** The code unit at `index`, or -1 at the end. */
export function unitAt(input: string, index: number): number {
  return index < input.length ? StringPrototypeCharCodeAt(input, index) : -1;
}

const isLetter = (unit: number): boolean => (unit | 32) >= 97 && (unit | 32) <= 122;
const isSlash = (unit: number, special: boolean): boolean => unit === 47 || (special && unit === 92);

/** Is `input` at `start` a Windows drive letter (a letter, then ":" or "|")? */
const isDriveLetter = (input: string, start: number): boolean => {
  const second = unitAt(input, start + 1);
  return isLetter(unitAt(input, start)) && (second === 58 || second === 124);
};

/** @see https://url.spec.whatwg.org/#start-with-a-windows-drive-letter */
const startsWithDriveLetter = (input: string, start: number): boolean => {
  const third = unitAt(input, start + 2);
  return isDriveLetter(input, start) && (third === -1 || third === 47 || third === 92 || third === 63 || third === 35);
};

/** Does the serialised path begin with a normalised Windows drive letter as its first segment? */
const hasDrive = (path: string): boolean => isLetter(unitAt(path, 1)) && path[2] === ':' && (path.length === 3 || path[3] === '/');

const isDrive = (path: string): boolean => path.length === 3 && hasDrive(path);

/** @see https://url.spec.whatwg.org/#shorten-a-urls-path */
function shorten(url: UrlRecord): void {
  const { path } = url;
  if (path === '' || (url.scheme === 'file' && isDrive(path))) return;
  url.path = StringPrototypeSlice(path, 0, StringPrototypeLastIndexOf(path, '/'));
}

const isTabOrNewline = (unit: number): boolean => unit === 9 || unit === 10 || unit === 13;

/** Input without tabs and newlines: step 3 of the basic URL parser. */
export function removeTabsAndNewlines(input: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < input.length; i++) {
    if (!isTabOrNewline(StringPrototypeCharCodeAt(input, i))) continue;
    out += StringPrototypeSlice(input, from, i);
    from = i + 1;
  }
  return from === 0 ? input : out + StringPrototypeSlice(input, from);
}

function trim(input: string): string {
  let start = 0;
  let end = input.length;
  while (start < end && StringPrototypeCharCodeAt(input, start) <= 32) start++;
  while (end > start && StringPrototypeCharCodeAt(input, end - 1) <= 32) end--;
  return start === 0 && end === input.length ? input : StringPrototypeSlice(input, start, end);
}

/** The index of the ":" that ends a scheme, or -1 where there is none: scheme start state and scheme state. */
export function schemeEnd(input: string): number {
  if (!isLetter(unitAt(input, 0))) return -1;
  for (let i = 1; i < input.length; i++) {
    const unit = StringPrototypeCharCodeAt(input, i);
    if (unit === 58) return i;
    if (!isLetter(unit) && !(unit >= 48 && unit <= 57) && unit !== 43 && unit !== 45 && unit !== 46) return -1;
  }
  return -1;
}

/**
 * Parses a URL; null is failure.
 * @param input a well-formed string (USVString)
 */
export function parseUrl(input: string, base?: UrlRecord): UrlRecord | null {
  const ordinary = parseOrdinary(input);
  if (ordinary !== null) return ordinary;
  const text = removeTabsAndNewlines(trim(input));
  const url: UrlRecord = { scheme: '', username: '', password: '', host: null, port: null, path: '', isOpaque: false, query: null, fragment: null };
  return start(text, url, base) ? url : null;
}

/** Scheme start, scheme, no scheme, special relative or authority, path or authority. False is failure. */
function start(input: string, url: UrlRecord, base: UrlRecord | undefined): boolean {
  const colon = schemeEnd(input);
  if (colon < 0) {
    if (base === undefined) return false;
    url.scheme = base.scheme;
    if (base.isOpaque) {
      if (input[0] !== '#') return false;
      url.path = base.path;
      url.isOpaque = true;
      url.query = base.query;
      return end(input, 0, url);
    }
    return base.scheme === 'file' ? file(input, 0, url, base) : relative(input, 0, url, base);
  }
  url.scheme = StringPrototypeToLowerCase(StringPrototypeSlice(input, 0, colon));
  const p = colon + 1;
  if (url.scheme === 'file') return file(input, p, url, base);
  if (isSpecial(url.scheme)) {
    if (base !== undefined && base.scheme === url.scheme && !StringPrototypeStartsWith(input, '//', p)) return relative(input, p, url, base);
    return specialAuthority(input, p, url);
  }
  if (input[p] === '/') {
    if (input[p + 1] === '/') return authority(input, p + 2, url);
    return end(input, parsePath(input, p + 1, url, false), url);
  }
  url.isOpaque = true;
  return end(input, opaquePath(input, p, url), url);
}

/** Special authority slashes and special authority ignore slashes. */
function specialAuthority(input: string, p: number, url: UrlRecord): boolean {
  while (isSlash(unitAt(input, p), true)) p++;
  return authority(input, p, url);
}

/** Relative and relative slash. */
function relative(input: string, p: number, url: UrlRecord, base: UrlRecord): boolean {
  const special = isSpecial(url.scheme);
  const c = unitAt(input, p);
  const slash = isSlash(c, special);
  if (slash) {
    const next = unitAt(input, p + 1);
    if (isSlash(next, special)) return special ? specialAuthority(input, p + 1, url) : authority(input, p + 2, url);
  }
  url.username = base.username;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
  if (slash) return end(input, parsePath(input, p + 1, url, false), url);
  return relativeToPath(input, p, url, base, false);
}

/** What the relative and the file state share: the base's path and query, then the rest. */
function relativeToPath(input: string, p: number, url: UrlRecord, base: UrlRecord, replacesPath: boolean): boolean {
  const c = unitAt(input, p);
  url.path = base.path;
  if (c === -1) url.query = base.query;
  else if (c === 35) url.query = base.query;
  else if (c !== 63) {
    if (replacesPath) url.path = '';
    else shorten(url);
    p = parsePath(input, p, url, false);
  }
  return end(input, p, url);
}

/** Where an authority ends. */
function authorityEnd(input: string, p: number, special: boolean): number {
  for (; p < input.length; p++) {
    const c = StringPrototypeCharCodeAt(input, p);
    if (isSlash(c, special) || c === 63 || c === 35) break;
  }
  return p;
}

/** Authority, host and port. */
function authority(input: string, p: number, url: UrlRecord): boolean {
  const special = isSpecial(url.scheme);
  const stop = authorityEnd(input, p, special);
  const whole = StringPrototypeSlice(input, p, stop);
  const at = StringPrototypeLastIndexOf(whole, '@');
  if (at >= 0) {
    if (at === whole.length - 1) return false;
    const credentials = StringPrototypeSlice(whole, 0, at);
    const colon = StringPrototypeIndexOf(credentials, ':');
    url.username = percentEncode(colon < 0 ? credentials : StringPrototypeSlice(credentials, 0, colon), USERINFO);
    if (colon >= 0) url.password = percentEncode(StringPrototypeSlice(credentials, colon + 1), USERINFO);
  }
  const hostAndPort = at < 0 ? whole : StringPrototypeSlice(whole, at + 1);
  const colon = portColon(hostAndPort);
  const name = colon < 0 ? hostAndPort : StringPrototypeSlice(hostAndPort, 0, colon);
  if (name === '' && (colon >= 0 || special)) return false;
  url.host = parseHost(name, !special);
  if (url.host === null) return false;
  if (colon >= 0) {
    const portEnd = parsePort(hostAndPort, colon + 1, url);
    if (portEnd !== hostAndPort.length) return false;
  }
  return pathStart(input, stop, url);
}

/** The index of the ":" between host and port, or -1. */
export function portColon(hostAndPort: string): number {
  let isInBrackets = false;
  for (let i = 0; i < hostAndPort.length; i++) {
    const c = StringPrototypeCharCodeAt(hostAndPort, i);
    if (c === 91) isInBrackets = true;
    else if (c === 93) isInBrackets = false;
    else if (c === 58 && !isInBrackets) return i;
  }
  return -1;
}

/** Port state: sets the port from the digits at `p` and returns where they end, or -1 for a number out of range. */
export function parsePort(input: string, p: number, url: UrlRecord): number {
  const first = p;
  let port = 0;
  for (let c = unitAt(input, p); c >= 48 && c <= 57; c = unitAt(input, ++p)) port = port * 10 + c - 48;
  if (port > 65535) return -1;
  if (p > first) url.port = portFor(url.scheme, port);
  return p;
}

/** File, file slash and file host. */
function file(input: string, p: number, url: UrlRecord, base: UrlRecord | undefined): boolean {
  url.host = '';
  const fileBase = base !== undefined && base.scheme === 'file' ? base : undefined;
  if (!isSlash(unitAt(input, p), true)) {
    if (fileBase === undefined) return end(input, parsePath(input, p, url, false), url);
    url.host = fileBase.host;
    return relativeToPath(input, p, url, fileBase, startsWithDriveLetter(input, p));
  }
  p++;
  if (!isSlash(unitAt(input, p), true)) {
    if (fileBase !== undefined) {
      url.host = fileBase.host;
      if (!startsWithDriveLetter(input, p) && hasDrive(fileBase.path)) url.path = StringPrototypeSlice(fileBase.path, 0, 3);
    }
    return end(input, parsePath(input, p, url, false), url);
  }
  p++;
  const stop = authorityEnd(input, p, true);
  // Not a host but a drive: it becomes the first segment of the path.
  if (stop - p === 2 && isDriveLetter(input, p)) return end(input, parsePath(input, p, url, false), url);
  if (stop > p) {
    const host = parseHost(StringPrototypeSlice(input, p, stop), false);
    if (host === null) return false;
    url.host = host === 'localhost' ? '' : host;
  }
  return pathStart(input, stop, url);
}

/** Path start. */
function pathStart(input: string, p: number, url: UrlRecord): boolean {
  const special = isSpecial(url.scheme);
  const c = unitAt(input, p);
  if (special || (c !== -1 && c !== 63 && c !== 35)) p = parsePath(input, isSlash(c, special) ? p + 1 : p, url, false);
  return end(input, p, url);
}

const isDot = (segment: string): boolean => segment === '.' || (segment.length === 3 && StringPrototypeToLowerCase(segment) === '%2e');

/** @see https://url.spec.whatwg.org/#double-dot-path-segment */
const isDoubleDot = (segment: string): boolean => {
  if (segment === '..') return true;
  if (segment.length !== 4 && segment.length !== 6) return false;
  const lower = StringPrototypeToLowerCase(segment);
  return lower === '.%2e' || lower === '%2e.' || lower === '%2e%2e';
};

/**
 * Path state: appends the segments from `p` on and returns where the path ends.
 * The segments wait in a list, each with its "/": taking one off a long string costs as much as the string is long.
 * @param isWhole "?" and "#" belong to the path (a state override is given)
 */
export function parsePath(input: string, p: number, url: UrlRecord, isWhole: boolean): number {
  const special = isSpecial(url.scheme);
  const isFile = url.scheme === 'file';
  const segments: string[] = [];
  for (;;) {
    const first = p;
    let c = unitAt(input, p);
    while (c !== -1 && !isSlash(c, special) && (isWhole || (c !== 63 && c !== 35))) c = unitAt(input, ++p);
    const slash = isSlash(c, special);
    const segment = percentEncode(StringPrototypeSlice(input, first, p), PATH);
    const isFirst = url.path === '' && segments.length === 0;
    if (isDoubleDot(segment)) {
      if (segments.length === 0) shorten(url);
      else if (!(isFile && url.path === '' && segments.length === 1 && isDrive(segments[0] as string))) ArrayPrototypePop(segments);
      if (!slash) ArrayPrototypePush(segments, '/');
    } else if (isDot(segment)) {
      if (!slash) ArrayPrototypePush(segments, '/');
    } else if (isFile && isFirst && segment.length === 2 && isDriveLetter(segment, 0)) ArrayPrototypePush(segments, `/${segment[0] as string}:`);
    else ArrayPrototypePush(segments, `/${segment}`);
    if (!slash) break;
    p++;
  }
  for (let i = 0; i < segments.length; i++) url.path += segments[i] as string;
  return p;
}

/** Opaque path state; returns where it ends. A space before "?" or "#" is encoded, lest it be lost on the next parse. */
function opaquePath(input: string, p: number, url: UrlRecord): number {
  const first = p;
  while (p < input.length && input[p] !== '?' && input[p] !== '#') p++;
  const path = percentEncode(StringPrototypeSlice(input, first, p), C0_CONTROL);
  url.path = p < input.length && path[path.length - 1] === ' ' ? `${StringPrototypeSlice(path, 0, -1)}%20` : path;
  return p;
}

/** What may follow a path at `p`: query state and fragment state. Always true, for the tail calls above. */
function end(input: string, p: number, url: UrlRecord): boolean {
  if (input[p] === '?') {
    const hash = StringPrototypeIndexOf(input, '#', p);
    const stop = hash < 0 ? input.length : hash;
    url.query = encodeQuery(StringPrototypeSlice(input, p + 1, stop), url);
    p = stop;
  }
  if (input[p] === '#') url.fragment = percentEncode(StringPrototypeSlice(input, p + 1), FRAGMENT);
  return true;
}

/** Query state. */
export function encodeQuery(text: string, url: UrlRecord): string {
  return percentEncode(text, isSpecial(url.scheme) ? SPECIAL_QUERY : QUERY);
}

/** @see https://url.spec.whatwg.org/#url-path-serializer */
export function serializePath(url: UrlRecord): string {
  return url.path;
}

/** Host and port as in `URL.prototype.host`; the empty string for no host. */
export function serializeHost(url: UrlRecord): string {
  if (url.host === null) return '';
  return url.port === null ? url.host : `${url.host}:${url.port}`;
}

/** @see https://url.spec.whatwg.org/#concept-url-serializer */
export function serializeUrl(url: UrlRecord, excludeFragment = false): string {
  let out = `${url.scheme}:`;
  if (url.host !== null) {
    out += '//';
    if (url.username !== '' || url.password !== '') out += url.password === '' ? `${url.username}@` : `${url.username}:${url.password}@`;
    out += serializeHost(url);
  } else if (!url.isOpaque && url.path[0] === '/' && url.path[1] === '/') out += '/.';
  out += url.path;
  if (url.query !== null) out += `?${url.query}`;
  if (!excludeFragment && url.fragment !== null) out += `#${url.fragment}`;
  return out;
}

/** @see https://url.spec.whatwg.org/#origin */
export function serializeOrigin(url: UrlRecord): string {
  const { scheme } = url;
  if (scheme === 'blob') {
    const inner = parseUrl(url.path);
    return inner !== null && (inner.scheme === 'http' || inner.scheme === 'https') ? serializeOrigin(inner) : 'null';
  }
  return isSpecial(scheme) && scheme !== 'file' ? `${scheme}://${serializeHost(url)}` : 'null';
}
