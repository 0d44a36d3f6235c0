/**
 * Encoding callbacks: how the fixed text of each component is brought into the form it has in a URL.
 *
 * Each throws TypeError for what cannot stand in its component. The standard's dummy URL is one with
 * a special scheme, whose host is a domain.
 *
 * @see https://urlpattern.spec.whatwg.org/#canon-encoding-callbacks
 */
import { StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeToLowerCase, TypeErrorCtor } from '../../primordials.ts';
import { parseHost } from '../url/host.ts';
import { isSpecial, parsePort, parseUrl, portColon, removeTabsAndNewlines, unitAt } from '../url/parser.ts';
import { C0_CONTROL, FRAGMENT, SPECIAL_QUERY, USERINFO, hexValue, percentEncode } from '../url/percent-encode.ts';
import type { UrlRecord } from '../url/record.ts';
import { setPath } from '../url/setters.ts';

const invalid = (what: string, value: string): TypeError => new TypeErrorCtor(`Invalid ${what} '${value}' in a URL pattern.`);

const dummy = (scheme: string): UrlRecord => ({
  scheme,
  username: '',
  password: '',
  host: '',
  port: null,
  path: '',
  isOpaque: false,
  query: null,
  fragment: null,
});

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-a-protocol */
export function canonicalizeProtocol(value: string): string {
  if (value === '') return value;
  const url = parseUrl(`${value}://dummy.test`);
  if (url === null) throw invalid('protocol', value);
  return url.scheme;
}

/** Username and password. @see https://urlpattern.spec.whatwg.org/#canonicalize-a-username */
export function canonicalizeUserinfo(value: string): string {
  return percentEncode(value, USERINFO);
}

/**
 * Hostname state with a state override.
 * @see https://urlpattern.spec.whatwg.org/#canonicalize-a-hostname
 */
export function canonicalizeHostname(value: string): string {
  if (value === '') return value;
  const input = removeTabsAndNewlines(value);
  let stop = 0;
  for (let c = unitAt(input, 0); c !== -1 && c !== 47 && c !== 63 && c !== 35 && c !== 92; c = unitAt(input, ++stop));
  const name = StringPrototypeSlice(input, 0, stop);
  const host = name === '' || portColon(name) >= 0 ? null : parseHost(name, false);
  if (host === null) throw invalid('hostname', value);
  return host;
}

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-an-ipv6-hostname */
export function canonicalizeIpv6(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const unit = StringPrototypeCharCodeAt(value, i);
    if (hexValue(unit) < 0 && unit !== 91 && unit !== 93 && unit !== 58) throw invalid('IPv6 address', value);
  }
  return StringPrototypeToLowerCase(value);
}

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-a-port */
export function canonicalizePort(value: string, protocol = ''): string {
  if (value === '') return value;
  const url = dummy(protocol);
  if (parsePort(removeTabsAndNewlines(value), 0, url) <= 0) throw invalid('port', value);
  return url.port === null ? '' : `${url.port}`;
}

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-a-pathname */
export function canonicalizePathname(value: string): string {
  if (value === '') return value;
  const url = dummy('https');
  const isAbsolute = value[0] === '/';
  // The "-" keeps a dot at the start from being taken for a segment of its own.
  setPath(url, isAbsolute ? value : `/-${value}`);
  return isAbsolute ? url.path : StringPrototypeSlice(url.path, 2);
}

/** Opaque path state with a state override. @see https://urlpattern.spec.whatwg.org/#canonicalize-an-opaque-pathname */
export function canonicalizeOpaquePathname(value: string): string {
  const input = removeTabsAndNewlines(value);
  let stop = 0;
  for (let c = unitAt(input, 0); c !== -1 && c !== 63 && c !== 35; c = unitAt(input, ++stop));
  return percentEncode(StringPrototypeSlice(input, 0, stop), C0_CONTROL);
}

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-a-search */
export function canonicalizeSearch(value: string): string {
  return percentEncode(removeTabsAndNewlines(value), SPECIAL_QUERY);
}

/** @see https://urlpattern.spec.whatwg.org/#canonicalize-a-hash */
export function canonicalizeHash(value: string): string {
  return percentEncode(removeTabsAndNewlines(value), FRAGMENT);
}

/** How the pathname of a URL with this scheme is encoded; the empty string stands for an unknown scheme. */
export function pathnameEncoder(scheme: string): (value: string) => string {
  return scheme === '' || isSpecial(scheme) ? canonicalizePathname : canonicalizeOpaquePathname;
}
