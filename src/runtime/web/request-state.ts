/**
 * Requests made by code: the steps of the constructor, and clones.
 * @see https://fetch.spec.whatwg.org/#request-class
 */
import { differs } from '../compat.ts';
import { chunk, peek } from '../link.ts';
import { StringPrototypeStartsWith, TypeErrorCtor } from '../primordials.ts';
import { USVString } from '../webidl.ts';
import type { AbortSignal } from './abort.ts';
import { isBodyUnusable, unusableError } from './body.ts';
import { cloneBody, transferBody } from './body-copy.ts';
import { copyHeaders, hasHeader, setHeader } from './headers.ts';
import { guardNoCors } from './no-cors.ts';
import { NO_SETTINGS, type Request, type RequestState, adoptRequest, isRequest, requestHeaders, requestState } from './request.ts';
import { requestInit, settingsFrom } from './request-init.ts';
import { checkMethod, parseRequestUrl } from './request-line.ts';

const CONTEXT = "Failed to construct 'Request'";

/**
 * The steps of the constructor, without an object.
 * @see https://fetch.spec.whatwg.org/#dom-request
 */
export function createRequestState(input: unknown, init: unknown): RequestState {
  const source = isRequest(input) ? requestState(input) : undefined;
  const text = source === undefined ? USVString(input, `${CONTEXT}: parameter 1`) : '';
  const options = init === undefined || init === null ? undefined : requestInit(init, CONTEXT);
  const settings = source === undefined ? NO_SETTINGS : source.settings;
  const state: RequestState = {
    method: source === undefined ? 'GET' : source.method,
    url: source === undefined ? parseRequestUrl(text) : source.url,
    isRawUrl: source?.isRawUrl === true,
    headers: '',
    isImmutable: false,
    body: null,
    redirect: options?.redirect ?? (source === undefined ? 'follow' : source.redirect),
    settings: options === undefined ? settings : settingsFrom(options, settings, CONTEXT),
    cf: options?.cf ?? source?.cf,
    isRawCf: (options?.cf ?? undefined) === undefined && source !== undefined && source.isRawCf,
    follows: options?.signal === undefined ? inheritedSignal(source) : (options.signal ?? undefined),
    signal: undefined,
    event: 0,
  };
  if (source?.blob !== undefined) state.blob = source.blob;
  else if (StringPrototypeStartsWith(state.url, 'blob:')) state.blob = peek('blob-urls')?.blobOfUrl(state.url);
  if (options?.method !== undefined) state.method = checkMethod(options.method);
  const { mode } = state.settings;
  if (options?.headers !== undefined) state.headers = options.headers;
  else if (source !== undefined) state.headers = typeof source.headers === 'string' ? source.headers : copyHeaders(source.headers, false);
  const inherited = source !== undefined && options?.body === undefined ? source.body : null;
  const given = options?.body ?? null;
  if ((given !== null || inherited !== null) && (state.method === 'GET' || state.method === 'HEAD')) {
    throw new TypeErrorCtor(`${CONTEXT}: Request with a GET or HEAD method cannot have a body.`);
  }
  if (given !== null) {
    if (given.stream !== undefined && (mode === 'no-cors' || state.settings.keepalive)) {
      throw new TypeErrorCtor(`${CONTEXT}: a stream cannot be the body of a ${mode === 'no-cors' ? 'no-cors' : 'keepalive'} request.`);
    }
    state.body = given;
    if (given.type !== undefined && !hasHeader(requestHeaders(state), 'content-type')) setHeader(requestHeaders(state), 'content-type', given.type);
  } else if (inherited !== null) {
    if (isBodyUnusable(inherited)) throw unusableError(inherited);
    state.body = transferBody(inherited);
  }
  return state;
}

/** As on Workers, what is made from an incoming request follows its signal by a compatibility flag only. */
function inheritedSignal(source: RequestState | undefined): AbortSignal | undefined {
  if (source === undefined) return undefined;
  return source.event !== 0 && differs('request_signal_passthrough') ? chunk('events').signalOf(source) : source.follows;
}

/**
 * The same for `new Request`, where the mode "no-cors" bounds method and headers as the standard says: who asks for
 * it means it. Departure: given to fetch(), where programs copied from pages have it without need, it does nothing, as on Workers.
 */
export function constructRequestState(input: unknown, init: unknown): RequestState {
  const state = createRequestState(input, init);
  if (state.settings.mode === 'no-cors') {
    const { method } = state;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') throw new TypeErrorCtor(`${CONTEXT}: '${method}' is unsupported in no-cors mode.`);
    guardNoCors(requestHeaders(state));
  }
  return state;
}

/** @see https://fetch.spec.whatwg.org/#dom-request-clone */
export function cloneRequest(state: RequestState): Request {
  if (state.body !== null && isBodyUnusable(state.body)) throw unusableError(state.body);
  let { headers } = state;
  if (typeof headers !== 'string') headers = copyHeaders(headers, true);
  return adoptRequest({
    ...state,
    headers,
    body: state.body === null ? null : cloneBody(state.body),
    signal: undefined,
  });
}
