/**
 * Request.
 *
 * Contract: all of a request is in one RequestState, so that `fetch(url)` needs no Request object and an incoming
 * one costs two small objects. Departures, as on Workers: no document, so relative URLs are errors; streams
 * need no `duplex`; members that mean nothing on a server (mode, credentials, referrer…) are kept, not acted on.
 *
 * @see https://fetch.spec.whatwg.org/#request-class
 * @see https://developers.cloudflare.com/workers/runtime-apis/request/
 */
import { JSONParse, TypeErrorCtor } from '../primordials.ts';
import { USVString, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { type AbortSignal, createAbortSignal, createDependentAbortSignal } from './abort.ts';
import { type Body, cloneBody, isBodyUnusable, transferBody, unusableError } from './body.ts';
import { defineBodyMixin } from './body-consume.ts';
import { type Headers, copyHeaders, getHeader, hasHeader, headersFromWire, headersToWire, setHeader } from './headers.ts';
import { NO_SETTINGS, type RedirectMode, type RequestSettings, requestInit, settingsFrom } from './request-init.ts';
import { checkMethod, normalizeWireUrl, parseRequestUrl } from './request-line.ts';

export type RequestState = {
  method: string;
  url: string;
  /** `url` is as the HTTP layer gave it: see `urlOf`. */
  isRawUrl: boolean;
  /** The wire form until somebody needs the object. */
  headers: Headers | string;
  /** No tenant may change these headers. */
  isImmutable: boolean;
  body: Body | null;
  redirect: RedirectMode;
  settings: RequestSettings;
  cf: unknown;
  /** `cf` is JSON text still. */
  isRawCf: boolean;
  /** The signal that aborts the request. */
  follows: AbortSignal | undefined;
  /** The request's own signal, which follows that one; made when first asked for. */
  signal: AbortSignal | undefined;
  /**
   * For an incoming request its event, whose abortion the signal follows; else 0. As on Workers, what is made from an
   * incoming request is not aborted with it, unless its signal is passed on.
   */
  event: number;
};

const CONTEXT = "Failed to construct 'Request'";
const ADOPT = {};

/** The request's URL, serialised. */
export function urlOf(state: RequestState): string {
  if (state.isRawUrl) {
    state.isRawUrl = false;
    state.url = normalizeWireUrl(state.url);
  }
  return state.url;
}

/** The headers object, made when first needed. */
export function requestHeaders(state: RequestState): Headers {
  const { headers } = state;
  return typeof headers === 'string' ? (state.headers = headersFromWire(headers, state.isImmutable)) : headers;
}

/** The headers as the host takes them. */
export function requestHeadersToWire(state: RequestState): string {
  return typeof state.headers === 'string' ? state.headers : headersToWire(state.headers);
}

function cfOf(state: RequestState): unknown {
  if (state.isRawCf) {
    state.isRawCf = false;
    state.cf = JSONParse(state.cf as string);
  }
  return state.cf ?? undefined;
}

/** What makes the signal of an incoming request. Set by inbound.ts, which knows about events. */
let inboundSignal: (event: number) => AbortSignal = createAbortSignal;
export function setInboundSignal(make: (event: number) => AbortSignal): void {
  inboundSignal = make;
}

function signalOf(state: RequestState): AbortSignal {
  const followed = state.event === 0 ? state.follows : inboundSignal(state.event);
  return (state.signal ??= followed === undefined ? createAbortSignal() : createDependentAbortSignal([followed]));
}

/**
 * The steps of the constructor, without an object.
 * @see https://fetch.spec.whatwg.org/#dom-request
 */
export function createRequestState(input: unknown, init: unknown): RequestState {
  const source = isRequest(input) ? stateOf(input) : undefined;
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
    follows: options?.signal === undefined ? source?.follows : (options.signal ?? undefined),
    signal: undefined,
    event: 0,
  };
  if (options?.method !== undefined) state.method = checkMethod(options.method);
  const { mode } = state.settings;
  if (mode === 'no-cors' && state.method !== 'GET' && state.method !== 'HEAD' && state.method !== 'POST') {
    throw new TypeErrorCtor(`${CONTEXT}: '${state.method}' is unsupported in no-cors mode.`);
  }
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

export let isRequest: (value: unknown) => value is Request;
/** The state of a branded request; throws for anything else. */
export let requestState: (value: unknown) => RequestState;
let stateOf: (request: Request) => RequestState;

export class Request {
  #state: RequestState;

  constructor(input: unknown, init: unknown = undefined) {
    if (input === ADOPT) {
      this.#state = init as RequestState;
      return;
    }
    requireArguments(arguments.length, 1, CONTEXT);
    this.#state = createRequestState(input, init);
  }

  get method(): string {
    return requestState(this).method;
  }

  get url(): string {
    return urlOf(requestState(this));
  }

  get headers(): Headers {
    return requestHeaders(requestState(this));
  }

  get redirect(): RedirectMode {
    return requestState(this).redirect;
  }

  get signal(): AbortSignal {
    return signalOf(requestState(this));
  }

  /** Cloudflare's data about the request. */
  get cf(): unknown {
    return cfOf(requestState(this));
  }

  get cache(): string {
    return requestState(this).settings.cache;
  }

  get credentials(): string {
    return requestState(this).settings.credentials;
  }

  get destination(): string {
    requestState(this);
    return '';
  }

  get duplex(): string {
    requestState(this);
    return 'half';
  }

  get integrity(): string {
    return requestState(this).settings.integrity;
  }

  get isHistoryNavigation(): boolean {
    requestState(this);
    return false;
  }

  get isReloadNavigation(): boolean {
    requestState(this);
    return false;
  }

  get keepalive(): boolean {
    return requestState(this).settings.keepalive;
  }

  get mode(): string {
    return requestState(this).settings.mode;
  }

  get referrer(): string {
    return requestState(this).settings.referrer;
  }

  get referrerPolicy(): string {
    return requestState(this).settings.referrerPolicy;
  }

  /** @see https://fetch.spec.whatwg.org/#dom-request-clone */
  clone(): Request {
    const state = requestState(this);
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

  static {
    isRequest = (value: unknown): value is Request => isObject(value) && #state in value;
    stateOf = (request) => request.#state;
    requestState = (value) => {
      if (!isRequest(value)) throw illegalInvocation('Request');
      return value.#state;
    };
  }
}

/** Makes a Request of a finished state. */
export function adoptRequest(state: RequestState): Request {
  return new Request(ADOPT, state);
}

defineBodyMixin(
  Request,
  (self) => requestState(self).body,
  (self) => getHeader(requestHeaders(requestState(self)), 'content-type'),
);
defineInterface(Request, 'Request');
