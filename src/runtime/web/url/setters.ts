/**
 * The URL parser with a state override: what the setters of class URL run.
 *
 * A failure leaves the record as it is, so nothing is returned.
 *
 * @see https://url.spec.whatwg.org/#url-class
 */
import { StringPrototypeSlice, StringPrototypeToLowerCase } from '../../primordials.ts';
import { parseHost } from './host.ts';
import { encodeQuery, isSpecial, parsePath, parsePort, portColon, portFor, removeTabsAndNewlines, schemeEnd, unitAt } from './parser.ts';
import type { UrlRecord } from './record.ts';
import { FRAGMENT, percentEncode } from './percent-encode.ts';

/** @see https://url.spec.whatwg.org/#cannot-have-a-username-password-port */
export function cannotHaveCredentials(url: UrlRecord): boolean {
  return url.host === null || url.host === '' || url.scheme === 'file';
}

/** Scheme state with override. */
export function setScheme(url: UrlRecord, value: string): void {
  const input = `${removeTabsAndNewlines(value)}:`;
  const end = schemeEnd(input);
  if (end < 0) return;
  const scheme = StringPrototypeToLowerCase(StringPrototypeSlice(input, 0, end));
  if (isSpecial(scheme) !== isSpecial(url.scheme)) return;
  if (scheme === 'file' && (url.username !== '' || url.password !== '' || url.port !== null)) return;
  if (url.scheme === 'file' && url.host === '') return;
  url.scheme = scheme;
  url.port = portFor(scheme, url.port);
}

/** Host state and hostname state with override; file host state for file URLs. */
export function setHost(url: UrlRecord, value: string, isHostname: boolean): void {
  const input = removeTabsAndNewlines(value);
  const special = isSpecial(url.scheme);
  let stop = 0;
  for (let c = unitAt(input, 0); c !== -1 && c !== 47 && c !== 63 && c !== 35 && !(special && c === 92); c = unitAt(input, ++stop));
  const whole = StringPrototypeSlice(input, 0, stop);
  if (url.scheme === 'file') {
    const host = whole === '' ? '' : parseHost(whole, false);
    if (host !== null) url.host = host === 'localhost' ? '' : host;
    return;
  }
  const colon = portColon(whole);
  if (colon >= 0 && (colon === 0 || isHostname)) return;
  const name = colon < 0 ? whole : StringPrototypeSlice(whole, 0, colon);
  if (name === '' && (special || url.username !== '' || url.password !== '' || url.port !== null)) return;
  const host = parseHost(name, !special);
  if (host === null) return;
  url.host = host;
  if (colon >= 0) parsePort(whole, colon + 1, url);
}

/** Port state with override. */
export function setPort(url: UrlRecord, value: string): void {
  if (value === '') url.port = null;
  else parsePort(removeTabsAndNewlines(value), 0, url);
}

/** Path start state with override, on an empty path. */
export function setPath(url: UrlRecord, value: string): void {
  const input = removeTabsAndNewlines(value);
  const special = isSpecial(url.scheme);
  const c = unitAt(input, 0);
  url.path = '';
  if (special || c !== -1) parsePath(input, c === 47 || (special && c === 92) ? 1 : 0, url, true);
  else if (url.host === null) url.path = '/';
}

/** Query state with override. */
export function setQuery(url: UrlRecord, value: string): void {
  url.query = value === '' ? null : encodeQuery(removeTabsAndNewlines(value[0] === '?' ? StringPrototypeSlice(value, 1) : value), url);
}

/** Fragment state with override. */
export function setFragment(url: UrlRecord, value: string): void {
  url.fragment = value === '' ? null : percentEncode(removeTabsAndNewlines(value[0] === '#' ? StringPrototypeSlice(value, 1) : value), FRAGMENT);
}
