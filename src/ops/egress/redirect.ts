/**
 * Where a redirect leads and what the next request looks like.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
import { OpError } from '../../base/op-error.ts';
import { type HeaderPairs, headerValue, withoutHeaders } from '../outbound-headers.ts';

/** Redirects followed at most. */
export const MOST_REDIRECTS = 20;

export type Redirectable = { url: URL; method: string; headers: HeaderPairs; body: unknown };

const STATUSES = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = new Set(['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']);
const ORIGIN_HEADERS = new Set(['authorization', 'cookie', 'cookie2', 'host', 'proxy-authorization']);

/** Is this a redirect status? */
export function isRedirect(status: number): boolean {
  return STATUSES.has(status);
}

/**
 * The request to make next; undefined when the response leads nowhere and is the answer itself. Throws OpError for a redirect that cannot be followed.
 * @param isStream the body can be sent only once
 */
export function nextRequest<T extends Redirectable>(request: T, status: number, responseHeaders: HeaderPairs, isStream: boolean): T | undefined {
  const location = headerValue(responseHeaders, 'location');
  if (location === undefined) return undefined;
  const url = locationUrl(location, request.url);
  // Step 7: nobody is made to log in with what a server chose. A worker has no origin that could be the same.
  if (url.username !== '' || url.password !== '') throw new OpError('TypeError', 'The redirect location has a user name or password.');
  // Steps 13 and 14: a body that was a stream is gone, except where the next request has none.
  if (status !== 303 && isStream)
    throw new OpError(
      'TypeError',
      'A request with a one-time-use body (it was initialized from a stream, not a buffer) was redirected and cannot be sent again.',
    );
  let { method, headers, body } = request;
  const dropsBody = status === 301 || status === 302 ? method === 'POST' : status === 303 && method !== 'GET' && method !== 'HEAD';
  if (dropsBody) {
    method = 'GET';
    body = undefined;
    headers = withoutHeaders(headers, BODY_HEADERS);
  }
  if (url.origin !== request.url.origin) headers = withoutHeaders(headers, ORIGIN_HEADERS);
  return { ...request, url, method, headers, body };
}

/** @see https://fetch.spec.whatwg.org/#concept-response-location-url */
function locationUrl(location: string, base: URL): URL {
  // A header's characters are bytes; a location is UTF-8 as far as browsers and servers go.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  const url = URL.parse(text, base.href) ?? undefined;
  if (url === undefined) throw new OpError('TypeError', 'The redirect location is not a valid URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new OpError('TypeError', 'The redirect location is not an HTTP URL.');
  if (url.hash === '') url.hash = base.hash;
  return url;
}
