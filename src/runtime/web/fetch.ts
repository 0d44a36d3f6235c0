/**
 * fetch.
 *
 * Contract: the host does what the Fetch standard calls HTTP-network fetch and redirects; this file checks what
 * is asked for, sends it as one op and makes a Response of the answer. data: URLs never leave the isolate.
 *
 * @see https://fetch.spec.whatwg.org/#fetch-method
 * @see https://developers.cloudflare.com/workers/runtime-apis/fetch/
 */
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { begin, currentEvent, forget, postFor, request as callHost, requireEvent } from '../bridge.ts';
import { chunk } from '../link.ts';
import {
  JSONStringify,
  PromiseCtor,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
  TypeErrorCtor,
} from '../primordials.ts';
import { requireArguments } from '../webidl.ts';
import type { AbortSignal } from './abort.ts';
import { type Body, type SourceLink, asBytes, bytesBody, sourceBody, takeBody, textBody } from './body.ts';
import { getHeader, hasHeader, setHeader } from './headers.ts';
import { type RequestState, requestHeaders, requestHeadersToWire, urlOf } from './request.ts';
import { createRequestState } from './request-state.ts';
import { type Response, adoptResponse } from './response.ts';
import { followRedirects } from './service-redirects.ts';
import type { ReadableStream } from './streams/readable-stream.ts';

type ServiceAnswer = [status: number, statusText: string, headers: string, source?: number, body?: string | ArrayBuffer];
type Answer = [status: number, statusText: string, headers: string, url: string, redirected: boolean, source: number];

/** `fetch` of a service: another worker answers, whatever host the URL names. @param service see protocol/rpc.ts */
export function fetchService(service: number | string, input: unknown, init: unknown): Promise<Response> {
  try {
    requireEvent();
    return start(createRequestState(input, init), service);
  } catch (error) {
    return PromiseReject(error);
  }
}

/** The service in place of the network, for a worker that has been loaded so. */
let outbound: number | undefined;

export function setOutbound(service: number): void {
  outbound = service;
}

/** @see https://fetch.spec.whatwg.org/#dom-global-fetch */
export function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
  try {
    requireArguments(arguments.length, 1, 'fetch');
    requireEvent();
    const state = createRequestState(input, init);
    const { integrity } = state.settings;
    return integrity === '' ? start(state) : chunk('integrity').checkIntegrity(start(state), integrity);
  } catch (error) {
    return PromiseReject(error);
  }
}

function start(state: RequestState, service: number | string | undefined = undefined): Promise<Response> {
  const signal = state.follows;
  if (signal !== undefined && chunk('events').signalAborted(signal)) {
    if (state.body?.kind === BodyKind.stream) chunk('streams').cancelStream(state.body.stream as ReadableStream, chunk('events').signalReason(signal));
    return PromiseReject(chunk('events').signalReason(signal));
  }
  const url = urlOf(state);
  if (service !== undefined) return followRedirects(state, url, service, send);
  const isHttp = StringPrototypeStartsWith(url, 'http://') || StringPrototypeStartsWith(url, 'https://');
  if (isHttp && outbound !== undefined) return followRedirects(state, url, outbound, send);
  if (isHttp) return overNetwork(state, url, signal);
  if (StringPrototypeStartsWith(url, 'data:')) return PromiseResolve(fromDataUrl(url, state.method === 'HEAD')) as Promise<Response>;
  if (StringPrototypeStartsWith(url, 'blob:')) return PromiseResolve(chunk('blob-urls').fetchBlob(state)) as Promise<Response>;
  throw new TypeErrorCtor(`Fetch API cannot load: ${url}`);
}

const withoutFragment = (url: string): string => {
  const hash = StringPrototypeIndexOf(url, '#');
  return hash === -1 ? url : StringPrototypeSlice(url, 0, hash);
};

function fromDataUrl(url: string, isHead: boolean): Response {
  const plain = withoutFragment(url);
  const data = chunk('data').processDataUrl(plain);
  if (data === null) throw new TypeErrorCtor(`Fetch API cannot load: ${url}: it is not a well-formed data: URL.`);
  return makeResponse([200, 'OK', `content-type\n${data.mimeType}`, plain, false, 0], isHead ? null : bytesBody(data.body, undefined));
}

function makeResponse(answer: Answer, body: Body | null, webSocket: object | null = null): Response {
  return adoptResponse({
    type: 'basic',
    status: answer[0],
    statusText: answer[1],
    headers: answer[2],
    isImmutable: true,
    body,
    url: answer[3],
    redirected: answer[4],
    isEncoded: false,
    cf: undefined,
    webSocket,
  });
}

/** The cache modes, as headers to whoever caches on the way. */
function applyCacheMode(state: RequestState): void {
  const { cache } = state.settings;
  if (cache !== 'no-store' && cache !== 'no-cache' && cache !== 'reload') return;
  const headers = requestHeaders(state);
  if (!hasHeader(headers, 'pragma')) setHeader(headers, 'pragma', 'no-cache');
  if (!hasHeader(headers, 'cache-control')) setHeader(headers, 'cache-control', 'no-cache');
}

/** @see https://developers.cloudflare.com/workers/examples/websockets/#write-a-websocket-client */
function isHandshake(state: RequestState): boolean {
  if (!StringPrototypeIncludes(requestHeadersToWire(state), 'upgrade')) return false;
  return StringPrototypeToLowerCase(getHeader(requestHeaders(state), 'upgrade') ?? '') === 'websocket';
}

function overWebSocket(state: RequestState, url: string, signal: AbortSignal | undefined, service: number | string | undefined): Promise<Response> {
  const opened = chunk('websocket').openByFetch(
    withoutFragment(url),
    requestHeadersToWire(state),
    (abort) => {
      if (signal === undefined) return () => undefined;
      chunk('events').addAbortAlgorithm(signal, abort);
      return () => chunk('events').removeAbortAlgorithm(signal, abort);
    },
    service,
  );
  return PromisePrototypeThen(opened, ({ answer, socket }) => makeResponse(answer, answer[5] === 0 ? null : sourceBody(answer[5], undefined), socket));
}

function overNetwork(state: RequestState, url: string, signal: AbortSignal | undefined): Promise<Response> {
  applyCacheMode(state);
  return send(state, url, signal, undefined);
}

/** One request and its answer, from the network or from a service. */
function send(state: RequestState, url: string, signal: AbortSignal | undefined, service: number | string | undefined): Promise<Response> {
  const { body } = state;
  if (body === null && isHandshake(state)) return overWebSocket(state, url, signal, service);
  const event = currentEvent();
  if (body !== null) takeBody(body);
  const stream = body?.kind === BodyKind.stream ? (body.stream as ReadableStream) : undefined;
  const plain = withoutFragment(url);
  const headers = requestHeadersToWire(state);
  const kind = body === null ? BodyKind.none : body.kind;
  const value = stream === undefined ? body?.value : undefined;
  // A stream's length, where it enforces one.
  const length = stream === undefined ? undefined : chunk('streams').fixedLengthOf(stream);
  const { call, promise } =
    service === undefined
      ? begin(RequestOp.fetch, state.method, plain, headers, state.redirect, kind, value, length, cfText(state))
      : begin(RequestOp.serviceFetch, service, state.method, plain, headers, kind, value, length, cfText(state));
  const fromAnswer = service === undefined ? fromNetwork : (answer: unknown, link?: SourceLink): Response => fromService(answer, plain, link);
  if (signal === undefined && stream === undefined) return PromisePrototypeThen(promise, (answer) => fromAnswer(answer));
  return new PromiseCtor<Response>((resolve, reject) => {
    const link: SourceLink = { failure: undefined, onFailure: undefined, release: () => undefined };
    /** Ends the call, whatever it has come to. */
    const abort = (reason: unknown): void => {
      postFor(event, Post.fetchAbort, call);
      forget(call);
      if (stream !== undefined) chunk('streams').cancelStream(stream, reason);
      link.failure = { reason };
      reject(reason);
      link.onFailure?.(reason);
    };
    if (signal !== undefined) {
      chunk('events').addAbortAlgorithm(signal, abort);
      link.release = () => chunk('events').removeAbortAlgorithm(signal, abort);
    }
    if (stream !== undefined) {
      chunk('streams').pump(stream, {
        write: (chunk) => callHost(RequestOp.uploadWrite, call, chunk),
        close: () => postFor(event, Post.uploadClose, call),
        abort: (message, reason) => {
          postFor(event, Post.uploadAbort, call, message);
          link.release();
          reject(reason);
        },
        // The upstream answered early or went away: the answer to the call tells which.
        refused: () => undefined,
      });
    }
    const failed = (error: unknown): void => {
      link.release();
      reject(error);
    };
    PromisePrototypeThen(
      PromisePrototypeThen(promise, (answer) => fromAnswer(answer, link)),
      resolve,
      failed,
    );
  });
}

/** @param link told when there is no body to be read */
const fromNetwork = (given: unknown, link: SourceLink | undefined = undefined): Response => {
  const answer = given as Answer;
  if (answer[5] === 0) link?.release();
  return makeResponse(answer, answer[5] === 0 ? null : sourceBody(answer[5], link));
};

/** Of what Request.serviceFetch answers. */
const fromService = (given: unknown, url: string, link: SourceLink | undefined): Response => {
  const fields = given as ServiceAnswer;
  const status = fields[0];
  const statusText = fields[1];
  const headers = fields[2];
  if (status === 0) throw chunk('rpc').thrownError(statusText, headers);
  const source = fields[3] ?? 0;
  const inline = fields[4];
  const answer: Answer = [status, statusText, headers, url, false, source];
  if (source !== 0) return makeResponse(answer, sourceBody(source, link));
  link?.release();
  if (inline === undefined) return makeResponse(answer, null);
  return makeResponse(answer, typeof inline === 'string' ? textBody(inline, undefined) : bytesBody(asBytes(inline) as Uint8Array<ArrayBuffer>, undefined));
};

/** `request.cf`, for a service or an outbound worker. */
const cfText = (state: RequestState): string | undefined => {
  if (state.isRawCf) return state.cf as string;
  return state.cf === undefined || state.cf === null ? undefined : JSONStringify(state.cf);
};
