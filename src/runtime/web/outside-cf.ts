/** `request.cf` of a request from outside: an object, as programs expect, with what is known on this machine. */
import { getHeader } from './headers.ts';
import { type RequestState, requestHeaders } from './request.ts';

/** @see https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties */
export function outsideCf(state: RequestState): object {
  return { httpProtocol: 'HTTP/1.1', clientAcceptEncoding: getHeader(requestHeaders(state), 'accept-encoding') ?? '' };
}
