/**
 * The URLs of incoming requests.
 */
import { chunk } from '../link.ts';
import { RegExpPrototypeExec } from '../primordials.ts';

/**
 * An absolute http(s) URL that the parser would return as it is: a lower-case ASCII name (or an address in its one
 * form), no default port, no dot segment, nothing to encode. It may well miss URLs that are normal.
 */
const NORMAL_URL =
  /^https?:\/\/(?![^/]*xn--)(?:(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|(?:(?:[1-9]?\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?=\d)|(?=[:/]))){4})(?!:(?:80|443)\/)(?::[1-9]\d{0,3}|:[1-5]\d{4})?(?:\/(?!\.|%2e)[!$%&'()*+,\-.0-9:;=@A-Z[\]_a-z|~]*)+(?:\?[!$%&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]*)?$/;

/** The URL as the HTTP layer gave it, serialised; as it is where it cannot be parsed. */
export function normalizeWireUrl(url: string): string {
  if (RegExpPrototypeExec(NORMAL_URL, url) !== null) return url;
  const { parseUrl, serializeUrl } = chunk('url');
  const record = parseUrl(url);
  return record === null ? url : serializeUrl(record);
}
