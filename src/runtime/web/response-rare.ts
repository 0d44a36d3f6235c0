/**
 * What responses seldom need: redirects, clones, `encodeBody` and bodies where there may be none.
 */
import { RangeErrorCtor, TypeErrorCtor } from '../primordials.ts';
import { USVString, argument } from '../webidl.ts';
import { enumeration, unsignedShort } from '../webidl-types.ts';
import { type Body, isBodyUnusable, unusableError } from './body.ts';
import { cloneBody } from './body-copy.ts';
import { copyHeaders } from './headers.ts';
import { type Response, type ResponseState, adoptResponse, newState } from './response.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

export const encodeBody = enumeration('EncodeBody', ['automatic', 'manual']);

/**
 * Takes the body, and the content type it brings along, from a response that may have none.
 * As on Workers, what is known to be empty stands for no body.
 */
export function dropBody(state: ResponseState, { value }: Body): undefined {
  if (typeof value === 'number' || value?.length !== 0) throw new TypeErrorCtor('Response with null body status (101, 204, 205, or 304) cannot have a body.');
  state.body = null;
  state.headers = '';
}

/** @see https://fetch.spec.whatwg.org/#dom-response-redirect */
export function redirectTo(url: unknown, status: unknown): Response {
  const text = USVString(url, argument('redirect', 'Response', 1));
  const code = unsignedShort(status, argument('redirect', 'Response', 2));
  const record = parseUrl(text);
  if (record === null) throw new TypeErrorCtor(`Failed to execute 'redirect' on 'Response': Invalid URL: ${text}`);
  if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) {
    throw new RangeErrorCtor("Failed to execute 'redirect' on 'Response': status must be 301, 302, 303, 307 or 308.");
  }
  const state = newState(`location\n${serializeUrl(record)}`, null);
  state.status = code;
  state.isImmutable = true;
  return adoptResponse(state);
}

/** @see https://fetch.spec.whatwg.org/#dom-response-clone */
export function cloneResponse(state: ResponseState): Response {
  if (state.webSocket !== null) throw new TypeErrorCtor('Cannot clone a response to a WebSocket handshake.');
  if (state.body !== null && isBodyUnusable(state.body)) throw unusableError(state.body);
  const { headers } = state;
  return adoptResponse({
    ...state,
    headers: typeof headers === 'string' ? headers : copyHeaders(headers, true),
    body: state.body === null ? null : cloneBody(state.body),
  });
}
