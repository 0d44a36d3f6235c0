/** How Headers, requests and responses are shown by `inspect`. Their states are read, not their patchable prototypes. */
import { isBodyUsed } from './body.ts';
import type { Description } from './describe.ts';
import { headerPairs, isHeaders } from './headers.ts';
import { cfOf, isRequest, requestHeaders, requestState, urlOf } from './request.ts';
import { isOk, isResponse, responseHeaders, responseState } from './response.ts';

export function describeFetch(value: object): Description | undefined {
  if (isHeaders(value)) return { name: 'Headers', entries: headerPairs(value) };
  if (isRequest(value)) {
    const state = requestState(value);
    const { method, redirect, body } = state;
    return {
      name: 'Request',
      entries: [
        ['method', method],
        ['url', urlOf(state)],
        ['headers', requestHeaders(state)],
        ['redirect', redirect],
        ['cf', cfOf(state)],
        ['bodyUsed', isBodyUsed(body)],
      ],
    };
  }
  if (!isResponse(value)) return undefined;
  const state = responseState(value);
  const { status, statusText, type, url, redirected, body } = state;
  return {
    name: 'Response',
    entries: [
      ['status', status],
      ['statusText', statusText],
      ['headers', responseHeaders(state)],
      ['ok', isOk(status)],
      ['type', type],
      ['url', url],
      ['redirected', redirected],
      ['bodyUsed', isBodyUsed(body)],
    ],
  };
}
