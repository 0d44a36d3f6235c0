/**
 * `env.ASSETS`: the app's static files, as the platform itself would serve them.
 * @see https://developers.cloudflare.com/workers/static-assets/binding/
 */
import { BodyKind } from '../../../protocol/ops.ts';
import { chunk } from '../../link.ts';
import { TypeErrorCtor } from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { isBodyUnusable, sourceBody, takeBody, unusableError } from '../../web/body.ts';
import { getHeader, headersFromWire } from '../../web/headers.ts';
import { requestHeadersToWire, urlOf } from '../../web/request.ts';
import { createRequestState } from '../../web/request-state.ts';
import { type Response, adoptResponse } from '../../web/response.ts';
import type { ReadableStream } from '../../web/streams/readable-stream.ts';
import { parseUrl, serializeUrl } from '../../web/url/parser.ts';
import { callBinding } from './call.ts';

const internal = Symbol('internal');
const MOST_REDIRECTS = 20;

type Answer = [status: number, statusText: string, headers: string, source: number];

export class Fetcher {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  /** The host of the URL does not matter. Redirects are followed where the request says so, as by fetch. */
  async fetch(input: unknown, init: unknown = undefined): Promise<Response> {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'fetch');
    const state = createRequestState(input, init);
    const signal = state.follows;
    if (signal !== undefined && chunk('events').signalAborted(signal)) throw chunk('events').signalReason(signal);
    const { body } = state;
    if (body !== null) {
      if (isBodyUnusable(body)) throw unusableError(body);
      // No file takes a body.
      takeBody(body);
      if (body.kind === BodyKind.stream) chunk('streams').cancelStream(body.stream as ReadableStream, undefined);
    }
    let { method } = state;
    let url = urlOf(state);
    const headers = requestHeadersToWire(state);
    for (let redirects = 0; ; redirects++) {
      const { 0: status, 1: statusText, 2: wire, 3: source } = (await callBinding(this.#index, 'fetch', method, url, headers)) as Answer;
      const location = state.redirect === 'follow' && isRedirect(status) ? getHeader(headersFromWire(wire, true), 'location') : null;
      if (location === null) {
        return adoptResponse({
          type: 'default',
          status,
          statusText,
          headers: wire,
          isImmutable: true,
          body: source === 0 ? null : sourceBody(source, undefined),
          url,
          redirected: redirects > 0,
          // Whatever is said of a file's coding, it is as it is.
          isEncoded: true,
          cf: undefined,
          webSocket: null,
        });
      }
      if (redirects === MOST_REDIRECTS) throw new TypeErrorCtor('Too many redirects.');
      const next = parseUrl(location, parseUrl(url) ?? undefined);
      if (next === null) throw new TypeErrorCtor(`Invalid redirect URL: ${location}`);
      url = serializeUrl(next);
      if (status === 303 || ((status === 301 || status === 302) && method === 'POST')) method = 'GET';
    }
  }
}
defineInterface(Fetcher, 'Fetcher');

const isRedirect = (status: number): boolean => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/** The object in env. */
export function bindAssets(index: number): Fetcher {
  return new Fetcher(internal, index);
}
