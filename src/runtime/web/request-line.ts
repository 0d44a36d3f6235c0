/**
 * Methods and URLs of requests: what is allowed, and how it is normalised.
 */
import { RegExpPrototypeExec, StringPrototypeToUpperCase, TypeErrorCtor } from '../primordials.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i;
const NORMALIZED_METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/i;

/** Checks a method and normalises it. @see https://fetch.spec.whatwg.org/#concept-method-normalize */
export function checkMethod(method: string): string {
  if (method === 'GET' || method === 'POST') return method;
  if (RegExpPrototypeExec(TOKEN, method) === null) throw new TypeErrorCtor(`Invalid HTTP method string: ${method}`);
  if (RegExpPrototypeExec(FORBIDDEN_METHOD, method) !== null) throw new TypeErrorCtor(`HTTP method not allowed: ${method}`);
  return RegExpPrototypeExec(NORMALIZED_METHOD, method) === null ? method : StringPrototypeToUpperCase(method);
}

/**
 * An absolute http(s) URL that the parser would return as it is: a lower-case ASCII name (or an address in its one
 * form), no default port, no dot segment, nothing to encode. It may well miss URLs that are normal.
 */
const NORMAL_URL =
  /^https?:\/\/(?![^/]*xn--)(?:(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|(?:(?:[1-9]?\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?=\d)|(?=[:/]))){4})(?!:(?:80|443)\/)(?::[1-9]\d{0,3}|:[1-5]\d{4})?(?:\/(?!\.|%2e)[!$%&'()*+,\-.0-9:;=@A-Z[\]_a-z|~]*)+(?:\?[!$%&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]*)?$/;

/** The URL as the HTTP layer gave it, serialised; as it is where it cannot be parsed. */
export function normalizeWireUrl(url: string): string {
  if (RegExpPrototypeExec(NORMAL_URL, url) !== null) return url;
  const record = parseUrl(url);
  return record === null ? url : serializeUrl(record);
}

/** The text of a URL given to Request or fetch, parsed and serialised. */
export function parseRequestUrl(text: string): string {
  const record = parseUrl(text);
  if (record === null) throw new TypeErrorCtor(`Invalid URL: ${text}`);
  if (record.username !== '' || record.password !== '')
    throw new TypeErrorCtor(`Failed to construct 'Request': the URL contains credentials: ${record.scheme}://…`);
  return serializeUrl(record);
}
