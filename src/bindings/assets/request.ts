/**
 * A request, as far as static assets look at it, and the paths of requests.
 */
import { flatHeader } from '../../base/flat-headers.ts';
import { type Allowance, allowance } from './pattern.ts';

export type AssetRequest = {
  method: string;
  /** As the URL standard has them: "http://host:port", the host alone, percent-encoded, with "?". */
  origin: string;
  hostname: string;
  pathname: string;
  search: string;
  /** A header's value; names in lower case. */
  header(name: string): string | undefined;
  /** What is left for matching rules with it. */
  readonly allowed: Allowance;
};

/** Reads the flat head of a request: see FetchMessage. Undefined where its URL is none. */
export function readRequest(head: string): AssetRequest | undefined {
  const methodEnd = head.indexOf('\n');
  const urlEnd = head.indexOf('\n', methodEnd + 1);
  const url = head.slice(methodEnd + 1, urlEnd === -1 ? undefined : urlEnd);
  return requestOf(head.slice(0, methodEnd), url, urlEnd === -1 ? '' : head.slice(urlEnd + 1));
}

/** @param headers `name\nvalue\nname\nvalue…`, names in lower case */
export function requestOf(method: string, url: string, headers: string): AssetRequest | undefined {
  let parsed: Omit<AssetRequest, 'method' | 'header' | 'allowed'>;
  const plain = PLAIN.exec(url);
  if (plain !== null) {
    const [, origin = '', hostname = '', pathname = '', search = ''] = plain;
    parsed = { origin, hostname, pathname: pathname === '' ? '/' : pathname, search };
  } else {
    if (!URL.canParse(url)) return undefined;
    parsed = new URL(url);
  }
  const { origin, hostname, pathname, search } = parsed;
  return { method, origin, hostname, pathname, search: search === '?' ? '' : search, header: (name) => flatHeader(headers, name), allowed: allowance() };
}

/** URLs that are written as the standard writes them: most of them. A dot after a slash may be more than a name. */
const PLAIN =
  /^(https?:\/\/([a-z0-9][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*)(?::(?!(?:80|443)(?:[/?]|$))(?:[1-9]\d{0,3}|[1-5]\d{4}))?)((?:\/[\w~-][\w.~-]*)*\/?)(\?[\w.~=&%+-]*)?$/;

/** What a path names: each segment decoded where it can be, slashes in a row made one. */
export function decodePath(pathname: string): string {
  const decoded = pathname.includes('%') ? pathname.split('/').map(decodeSegment).join('/') : pathname;
  return decoded.includes('//') ? decoded.replace(/\/{2,}/g, '/') : decoded;
}

/** The one way a path is written: whoever asks otherwise is redirected. */
export function encodePath(path: string): string {
  return PLAIN_PATH.test(path) ? path : path.split('/').map(encodeSegment).join('/');
}

const PLAIN_PATH = /^[\w.~/-]*$/;

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function encodeSegment(segment: string): string {
  try {
    return encodeURIComponent(segment);
  } catch {
    return segment;
  }
}
