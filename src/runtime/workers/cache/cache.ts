/**
 * Cache: responses kept by the host, under the request's URL.
 *
 * Contract: errors and their texts are Workers'; what may be kept, and for how long, is the host's to say: a response
 * that may not is taken without a word. Vary is not looked at when matching.
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
import { CACHE_INDEX, CacheBody } from '../../../protocol/cache.ts';
import { requireEvent } from '../../bridge.ts';
import {
  ErrorCtor,
  StringCtor,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { bytesBody, isBodyUnusable, sourceBody, unusableError } from '../../web/body.ts';
import { getHeader } from '../../web/headers.ts';
import { type RequestState, cfOf, isRequest, requestHeadersToWire, requestState, urlOf } from '../../web/request.ts';
import { createRequestState } from '../../web/request-state.ts';
import { type Response, adoptResponse, isResponse, responseHeaders, responseHeadersToWire, responseState } from '../../web/response.ts';
import { callBinding, callBindingWithBody } from '../bindings/call.ts';

export const internal = Symbol('internal');

type Match = [status: number, statusText: string, headers: string, kind: number, body: Uint8Array<ArrayBuffer> | ArrayBuffer | number, isEncoded: boolean];

/** The error of a method that there is in browsers only. */
export function notImplemented(method: string, interfaceName: string): Error {
  return new ErrorCtor(`Failed to execute '${method}' on '${interfaceName}': the method is not implemented.`);
}

const NO_OPTIONS = ['cacheName', 'ignoreSearch', 'ignoreVary'];

function ignoresMethod(options: unknown, method: string): boolean {
  if (options === undefined || options === null) return false;
  if (!isObject(options)) throw new TypeErrorCtor(`Failed to execute '${method}' on 'Cache': parameter 2 is not of type 'CacheQueryOptions'.`);
  const given = options as Record<string, unknown>;
  const result = given['ignoreMethod'];
  for (let i = 0; i < NO_OPTIONS.length; i++) {
    const name = NO_OPTIONS[i] as string;
    if (given[name] !== undefined) throw new ErrorCtor(`The '${name}' field on 'CacheQueryOptions' is not implemented.`);
  }
  return result === true || (result !== undefined && !!result);
}

function requestOf(input: unknown, given: number, method: string): RequestState {
  if (given === 0) throw new TypeErrorCtor(`Failed to execute '${method}' on 'Cache': parameter 1 is not of type 'Request or string'.`);
  // A request that is looked up keeps its body.
  if (isRequest(input)) return requestState(input);
  return createRequestState(input, undefined);
}

/** What a response is kept under: a key of the program's own, or its URL. */
function keyOf(state: RequestState): string {
  const cf = state.cf === undefined ? undefined : cfOf(state);
  const own = isObject(cf) ? (cf as Record<string, unknown>)['cacheKey'] : undefined;
  if (own !== undefined && own !== null && own !== '') return StringCtor(own);
  const url = urlOf(state);
  const hash = StringPrototypeIndexOf(url, '#');
  return hash === -1 ? url : StringPrototypeSlice(url, 0, hash);
}

export class Cache {
  /** "" is the default cache. */
  readonly #name: string;

  constructor(key: unknown, name: string) {
    if (key !== internal) throw illegalConstructor();
    this.#name = name;
  }

  add(_request: unknown): never {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    throw notImplemented('add', 'Cache');
  }

  addAll(_requests: unknown): never {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    throw notImplemented('addAll', 'Cache');
  }

  /** @returns the promise of whether there was something to delete */
  async delete(request: unknown, options: unknown = undefined): Promise<boolean> {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    const state = requestOf(request, arguments.length, 'delete');
    if (!ignoresMethod(options, 'delete') && state.method !== 'GET') return false;
    return (await callBinding(CACHE_INDEX, 'delete', this.#name, keyOf(state))) === true;
  }

  /** @returns the promise of the response, with `cf-cache-status: HIT`; of undefined where there is none */
  async match(request: unknown, options: unknown = undefined): Promise<Response | undefined> {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    const state = requestOf(request, arguments.length, 'match');
    if (!ignoresMethod(options, 'match') && state.method !== 'GET') return undefined;
    const found = (await callBinding(CACHE_INDEX, 'match', this.#name, keyOf(state), requestHeadersToWire(state))) as Match | null | undefined;
    if (found === null || found === undefined) return undefined;
    const { 0: status, 1: statusText, 2: headers, 3: kind, 4: body, 5: isEncoded } = found;
    const value =
      body === undefined || body === null
        ? null
        : kind === CacheBody.source
          ? sourceBody(body as number, undefined)
          : bytesBody(new Uint8ArrayCtor(body as ArrayBuffer) as Uint8Array<ArrayBuffer>, undefined);
    return adoptResponse({
      type: 'default',
      status,
      statusText,
      headers,
      isImmutable: true,
      body: value,
      url: '',
      redirected: false,
      isEncoded,
      cf: undefined,
      webSocket: null,
    });
  }

  async put(request: unknown, response: unknown): Promise<undefined> {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    if (!isResponse(response)) throw new TypeErrorCtor("Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'.");
    const target = responseState(response);
    if (target.type === 'error') throw new TypeErrorCtor('Cache is unable to store an error response');
    const state = requestOf(request, arguments.length, 'put');
    if (state.method !== 'GET') throw new TypeErrorCtor('Cannot cache response to non-GET request.');
    if (target.status === 206) throw new TypeErrorCtor('Cannot cache response to a range request (206 Partial Content).');
    const vary = getHeader(responseHeaders(target), 'vary');
    if (vary !== null && StringPrototypeIncludes(vary, '*')) throw new TypeErrorCtor("Cannot cache response with 'Vary: *' header.");
    requireEvent();
    // The answer to a conditional request is no response to an unconditional one.
    if (target.status === 304) return;
    if (target.webSocket !== null) throw new TypeErrorCtor('Cannot cache WebSocket upgrade response.');
    const { body } = target;
    if (body !== null && isBodyUnusable(body)) throw unusableError(body);
    const { status, isEncoded } = target;
    await callBindingWithBody(
      CACHE_INDEX,
      'put',
      body,
      this.#name,
      keyOf(state),
      requestHeadersToWire(state),
      status,
      responseHeadersToWire(target),
      isEncoded,
    );
  }

  matchAll(_request: unknown, _options: unknown): never {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    throw notImplemented('matchAll', 'Cache');
  }

  keys(_request: unknown, _options: unknown): never {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    throw notImplemented('keys', 'Cache');
  }
}
defineInterface(Cache, 'Cache');
