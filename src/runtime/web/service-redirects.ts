/**
 * Redirects that a service answers with: they lead to the same service, whatever host they name.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
import { BodyKind } from '../../protocol/ops.ts';
import { ArrayPrototypeConcat, ArrayPrototypeJoin, PromisePrototypeThen, PromiseReject, TypeErrorCtor } from '../primordials.ts';
import type { AbortSignal } from './abort.ts';
import { newBody } from './body.ts';
import { copyHeaders, getHeader, removeHeader } from './headers.ts';
import { type RequestState, requestHeaders } from './request.ts';
import { type Response, responseHeaders, responseState } from './response.ts';
import { parseUrl, serializeOrigin, serializeUrl } from './url/parser.ts';

const MOST_REDIRECTS = 20;
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];

export type Send = (state: RequestState, url: string, signal: AbortSignal | undefined, service: number | string) => Promise<Response>;

/** Sends a request to a service, and where its answer leads. */
export function followRedirects(state: RequestState, url: string, service: number | string, send: Send, before: readonly string[] = []): Promise<Response> {
  const answered = send(state, url, state.follows, service);
  if (state.redirect === 'manual') return answered;
  return PromisePrototypeThen(answered, (response) => {
    const { status } = responseState(response);
    if (status !== 301 && status !== 302 && status !== 303 && status !== 307 && status !== 308) return redirected(response, before);
    const location = getHeader(responseHeaders(responseState(response)), 'location');
    if (location === null) return redirected(response, before);
    if (state.redirect === 'error')
      return PromiseReject<Response>(new TypeErrorCtor('The service answered with a redirect, which the request does not allow.'));
    const urls = ArrayPrototypeConcat(before as string[], [url]);
    // workerd's text.
    if (before.length >= MOST_REDIRECTS) return PromiseReject<Response>(new TypeErrorCtor(`Too many redirects.${ArrayPrototypeJoin(urls, ', ')}`));
    const base = parseUrl(url);
    const next = base === null ? null : parseUrl(location, base);
    if (next === null) return PromiseReject<Response>(new TypeErrorCtor('Invalid Location header; unable to follow redirect.'));
    const isSameOrigin = base !== null && serializeOrigin(base) === serializeOrigin(next);
    return followRedirects(nextState(state, status, isSameOrigin), serializeUrl(next), service, send, urls);
  });
}

const redirected = (response: Response, before: readonly string[]): Response => {
  if (before.length > 0) responseState(response).redirected = true;
  return response;
};

/** @throws TypeError where a body would have to be sent twice that is gone */
const nextState = (state: RequestState, status: number, isSameOrigin: boolean): RequestState => {
  const { method, body } = state;
  const dropsBody = status === 301 || status === 302 ? method === 'POST' : status === 303 && method !== 'GET' && method !== 'HEAD';
  if (!dropsBody && body !== null && body.kind !== BodyKind.text && body.kind !== BodyKind.bytes) {
    throw new TypeErrorCtor(
      'A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a redirect requiring the body to be retransmitted. To avoid this error in the future, construct this request from a buffer-like body initializer.',
    );
  }
  const headers = copyHeaders(requestHeaders(state), false);
  // The service is the same, but what it makes of the host may not be.
  if (!isSameOrigin) removeHeader(headers, 'authorization');
  if (!dropsBody) return { ...state, headers, body: body && newBody(body.kind, body.value, undefined, true) };
  for (let i = 0; i < BODY_HEADERS.length; i++) removeHeader(headers, BODY_HEADERS[i] as string);
  return { ...state, method: 'GET', headers, body: null };
};
