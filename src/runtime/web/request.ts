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
import { chunk } from '../link.ts';
import { JSONParse } from '../primordials.ts';
import { defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import type { AbortSignal } from './abort.ts';
import type { Blob } from './blob.ts';
import type { Body } from './body.ts';
import { defineBodyMixin } from './body-consume.ts';
import { type Headers, getHeader, headersFromWire, headersToWire } from './headers.ts';
import { normalizeWireUrl } from './wire-url.ts';

export type RedirectMode = 'follow' | 'error' | 'manual';

export type RequestSettings = {
  cache: string;
  credentials: string;
  integrity: string;
  keepalive: boolean;
  mode: string;
  referrer: string;
  referrerPolicy: string;
};

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
  /** What a blob: URL stood for when the request was made. */
  blob?: Blob | undefined;
};

export const NO_SETTINGS: RequestSettings = {
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  referrer: 'about:client',
  referrerPolicy: '',
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

/** Cloudflare's data, parsed when first asked for. */
export function cfOf(state: RequestState): unknown {
  if (state.isRawCf) {
    state.isRawCf = false;
    state.cf = state.cf === '' ? chunk('fetch').outsideCf(state) : JSONParse(state.cf as string);
  }
  return state.cf ?? undefined;
}

export let isRequest: (value: unknown) => value is Request;
/** The state of a branded request; throws for anything else. */
export let requestState: (value: unknown) => RequestState;

export class Request {
  #state: RequestState;

  constructor(input: unknown, init: unknown = undefined) {
    if (input === ADOPT) {
      this.#state = init as RequestState;
      return;
    }
    requireArguments(arguments.length, 1, CONTEXT);
    this.#state = chunk('fetch').constructRequestState(input, init);
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
    return chunk('events').signalOf(requestState(this));
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
    return chunk('fetch').cloneRequest(requestState(this));
  }

  static {
    isRequest = (value: unknown): value is Request => isObject(value) && #state in value;
    requestState = (value) => {
      if (!isRequest(value)) throw illegalInvocation();
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
