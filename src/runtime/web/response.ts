/**
 * Response.
 *
 * Contract: a Response made of a string and nothing else makes no Headers, no stream and no bytes: that is the
 * commonest answer there is. Departures, as on Workers: `set-cookie` is an ordinary header; `webSocket`,
 * `encodeBody` and `cf` are accepted.
 *
 * @see https://fetch.spec.whatwg.org/#response-class
 * @see https://developers.cloudflare.com/workers/runtime-apis/response/
 */
import { chunk } from '../link.ts';
import { JSONStringify, RangeErrorCtor, RegExpPrototypeExec, TypeErrorCtor } from '../primordials.ts';
import { DOMString, USVString, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { type Body, bodyInit, textBody } from './body.ts';
import { defineBodyMixin } from './body-consume.ts';
import { type Headers, getHeader, hasHeader, headersFromInit, headersFromWire, headersToWire, setHeader } from './headers.ts';

export type ResponseState = {
  type: 'default' | 'error' | 'basic';
  status: number;
  statusText: string;
  /** The wire form until somebody needs the object. */
  headers: Headers | string;
  isImmutable: boolean;
  body: Body | null;
  url: string;
  redirected: boolean;
  /** The body is content-encoded already. */
  isEncoded: boolean;
  cf: unknown;
  /** A WebSocket, where the response completes a handshake. */
  webSocket: object | null;
};

const CONTEXT = "Failed to construct 'Response'";
const REASON_PHRASE = /^[\t -~\x80-\xff]*$/;
const TEXT_HEADERS = 'content-type\ntext/plain;charset=UTF-8';
const JSON_HEADERS = 'content-type\napplication/json';
const ADOPT = {};

/** @see https://fetch.spec.whatwg.org/#ok-status */
export const isOk = (status: number): boolean => status >= 200 && status <= 299;

/** A number that is an `unsigned short` already. */
const isStatus = (value: unknown): value is number => typeof value === 'number' && (value & 0xffff) === value;

const isNullBodyStatus = (status: number): boolean => status === 204 || status === 304 || status === 205 || status === 101;

/** @param headers the wire form, with the content type of the body */
export function newState(headers: string, body: Body | null): ResponseState {
  return {
    type: 'default',
    status: 200,
    statusText: '',
    headers,
    isImmutable: false,
    body,
    url: '',
    redirected: false,
    isEncoded: false,
    cf: undefined,
    webSocket: null,
  };
}

/**
 * Reads a ResponseInit. Written out, and not a `dictionary`, because it is on the way of nearly every answer.
 * The members are read in lexicographical order.
 * @param type the body's content type, set where the init has none
 * @see https://fetch.spec.whatwg.org/#initialize-a-response
 */
function initialize(state: ResponseState, value: unknown, context: string, type: string | undefined): void {
  if (!isObject(value)) throw new TypeErrorCtor(`${context}: parameter 2 cannot be converted to dictionary ResponseInit.`);
  const init = value as Record<'cf' | 'encodeBody' | 'headers' | 'status' | 'statusText' | 'webSocket', unknown>;
  state.cf = init.cf;
  const encoding = init.encodeBody;
  if (encoding !== undefined) state.isEncoded = chunk('fetch').encodeBody(encoding, `${context}: member encodeBody`) === 'manual';
  const given = init.headers;
  const headers = given === undefined ? undefined : headersFromInit(given, context);
  const givenStatus = init.status;
  const status = givenStatus === undefined ? 200 : isStatus(givenStatus) ? givenStatus : chunk('base').unsignedShort(givenStatus, `${context}: member status`);
  const givenText = init.statusText;
  const statusText = givenText === undefined ? '' : DOMString(givenText, `${context}: member statusText`);
  const { webSocket } = init;
  if (webSocket !== undefined && webSocket !== null) {
    state.webSocket = chunk('websocket').toWebSocket(webSocket, `${context}: member webSocket`);
    if (status !== 101) throw new RangeErrorCtor('Responses with a WebSocket must have status code 101.');
  } else if (status < 200 || status > 599) {
    throw new RangeErrorCtor('Responses may only be constructed with status codes in the range 200 to 599, inclusive.');
  }
  if (statusText !== '' && RegExpPrototypeExec(REASON_PHRASE, statusText) === null) throw new TypeErrorCtor(`${context}: invalid statusText.`);
  state.status = status;
  state.statusText = statusText;
  let added = type;
  if (state.body !== null && isNullBodyStatus(status)) added = chunk('fetch').dropBody(state, state.body);
  if (headers !== undefined) {
    state.headers = headers;
    if (added !== undefined && !hasHeader(headers, 'content-type')) setHeader(headers, 'content-type', added);
  }
}

/** The headers object, made when first needed. */
export function responseHeaders(state: ResponseState): Headers {
  const { headers } = state;
  return typeof headers === 'string' ? (state.headers = headersFromWire(headers, state.isImmutable)) : headers;
}

/** The headers as the host takes them. */
export function responseHeadersToWire(state: ResponseState): string {
  return typeof state.headers === 'string' ? state.headers : headersToWire(state.headers);
}

export let isResponse: (value: unknown) => value is Response;
/** The state of a branded response; throws for anything else. */
export let responseState: (value: unknown) => ResponseState;

export class Response {
  #state: ResponseState;

  constructor(body: unknown = undefined, init: unknown = undefined) {
    if (body === ADOPT) {
      this.#state = init as ResponseState;
      return;
    }
    const extracted = body === undefined ? null : bodyInit(body, CONTEXT);
    const type = extracted?.type;
    const state = newState(type === undefined ? '' : type === 'text/plain;charset=UTF-8' ? TEXT_HEADERS : `content-type\n${type}`, extracted);
    if (init !== undefined && init !== null) initialize(state, init, CONTEXT, type);
    this.#state = state;
  }

  /** @see https://fetch.spec.whatwg.org/#dom-response-error */
  static error(): Response {
    const state = newState('', null);
    state.type = 'error';
    state.status = 0;
    state.isImmutable = true;
    return adoptResponse(state);
  }

  /** @see https://fetch.spec.whatwg.org/#dom-response-json */
  static json(data: unknown, init: unknown = undefined): Response {
    requireArguments(arguments.length, 1, 'Response.json');
    const text: unknown = JSONStringify(data);
    if (typeof text !== 'string') throw new TypeErrorCtor("Failed to execute 'json' on 'Response': the data is not JSON serializable.");
    const state = newState(JSON_HEADERS, textBody(USVString(text, CONTEXT), undefined));
    if (init !== undefined && init !== null) initialize(state, init, "Failed to execute 'json' on 'Response'", 'application/json');
    return adoptResponse(state);
  }

  /** @see https://fetch.spec.whatwg.org/#dom-response-redirect */
  static redirect(url: unknown, status: unknown = 302): Response {
    requireArguments(arguments.length, 1, 'Response.redirect');
    return chunk('fetch').redirectTo(url, status);
  }

  get type(): string {
    return responseState(this).type;
  }

  get url(): string {
    return responseState(this).url;
  }

  get redirected(): boolean {
    return responseState(this).redirected;
  }

  get status(): number {
    return responseState(this).status;
  }

  get ok(): boolean {
    return isOk(responseState(this).status);
  }

  get statusText(): string {
    return responseState(this).statusText;
  }

  get headers(): Headers {
    return responseHeaders(responseState(this));
  }

  get webSocket(): object | null {
    return responseState(this).webSocket;
  }

  get cf(): unknown {
    return responseState(this).cf;
  }

  /** @see https://fetch.spec.whatwg.org/#dom-response-clone */
  clone(): Response {
    return chunk('fetch').cloneResponse(responseState(this));
  }

  static {
    isResponse = (value: unknown): value is Response => isObject(value) && #state in value;
    responseState = (value) => {
      if (!isResponse(value)) throw illegalInvocation();
      return value.#state;
    };
  }
}

/** Makes a Response of a finished state. */
export function adoptResponse(state: ResponseState): Response {
  return new Response(ADOPT, state);
}

defineBodyMixin(
  Response,
  (self) => responseState(self).body,
  (self) => getHeader(responseHeaders(responseState(self)), 'content-type'),
);
defineInterface(Response, 'Response');
