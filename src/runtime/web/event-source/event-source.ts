/**
 * EventSource, over this runtime's own fetch.
 *
 * Contract: a source belongs to the event it was made in, counts its connections as subrequests, and ends
 * with that event; it does not keep the event open (waitUntil does). Two events of one chunk are fired some
 * microtasks apart, so that code which awaits the first is back before the second.
 *
 * @see https://html.spec.whatwg.org/#the-eventsource-interface
 * @see https://developers.cloudflare.com/workers/runtime-apis/eventsource/
 */
import { requireEvent } from '../../bridge.ts';
import {
  ArrayBufferIsView,
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ErrorCtor,
  ObjectSetPrototypeOf,
  PromisePrototypeThen,
  PromiseResolve,
  RegExpPrototypeExec,
  StringFromCharCode,
  TypeErrorCtor,
} from '../../primordials.ts';
import { USVString, argument, defineInterface, illegalInvocation, isArrayBuffer, isObject, requireArguments } from '../../webidl.ts';
import { any, boolean, defineConstants, dictionary } from '../../webidl-types.ts';
import { type AbortSignal, createAbortSignal, signalAbort } from '../abort.ts';
import { asBytes } from '../body.ts';
import { openStream } from '../body-open.ts';
import {
  type ReadableStream,
  type Reader,
  cancelLocked,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  lockStream,
  readChunk,
} from '../body-stream.ts';
import { DOMException } from '../dom-exception.ts';
import { Decoder } from '../encoding/decoder.ts';
import { encodeUtf8 } from '../encoding/utf8.ts';
import { ErrorEvent } from '../error-event.ts';
import { Event } from '../event.ts';
import { defineEventHandler } from '../event-handler.ts';
import { EventTarget, dispatchTrusted, hasListener } from '../event-target.ts';
import { fetch } from '../fetch.ts';
import { getHeader } from '../headers.ts';
import { MessageEvent } from '../message-event.ts';
import { isResponse, type Response, responseHeaders, responseState } from '../response.ts';
import { cancelTimer, startTimer } from '../timers.ts';
import { parseUrl, serializeOrigin, serializeUrl } from '../url/parser.ts';
import { type StreamEvent, StreamParser } from './stream-parser.ts';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;
const DEFAULT_RETRY_MS = 3000;
const LONGEST_RETRY_MS = 0x7fffffff;
/** Turns of the microtask queue between two events. */
const PAUSE = 24;
/** Of more than one Content-Type the first counts, which is a departure. */
const EVENT_STREAM = /^[ \t]*text\/event-stream[ \t]*(?:[;,]|$)/i;
const INTERNAL = {};

type SourceState = {
  readyState: number;
  url: string;
  origin: string;
  withCredentials: boolean;
  lastEventId: string;
  retry: number;
  /** Made of a stream: there is nothing to connect to again. */
  isStream: boolean;
  signal: AbortSignal | undefined;
  fetcher: FetcherLike | undefined;
  reader: Reader | undefined;
  timer: number;
  waiting: StreamEvent[];
};

/** A service binding, or whatever else has a `fetch`: Cloudflare's addition. */
type FetcherLike = { fetch: (url: string, init: object) => unknown };

const eventSourceInit = dictionary<{ fetcher: unknown; withCredentials: boolean }>('EventSourceInit', [
  { key: 'fetcher', converter: any },
  { key: 'withCredentials', converter: boolean, defaultValue: () => false },
]);

let stateOf: (value: unknown) => SourceState;
let hasBrand: (value: unknown) => value is EventSource;

export class EventSource extends EventTarget {
  #state: SourceState;

  /** @see https://html.spec.whatwg.org/#dom-eventsource */
  constructor(url: unknown, init: unknown = undefined) {
    super();
    if (url === INTERNAL) {
      this.#state = newState('', '', false, true);
      return;
    }
    requireArguments(arguments.length, 1, "Failed to construct 'EventSource'");
    const address = USVString(url, "Failed to construct 'EventSource': parameter 1");
    const { fetcher, withCredentials } = eventSourceInit(init, "Failed to construct 'EventSource': parameter 2");
    const record = parseUrl(address);
    if (record === null) throw new DOMException(`Cannot open an EventSource to '${address}'. The URL is invalid.`, 'SyntaxError');
    if (fetcher !== undefined && !isObject(fetcher))
      throw new TypeErrorCtor("Failed to construct 'EventSource': parameter 2: member fetcher is not of type 'Fetcher'.");
    requireEvent();
    this.#state = newState(serializeUrl(record), serializeOrigin(record), withCredentials, false);
    this.#state.fetcher = fetcher as FetcherLike | undefined;
    connect(this, this.#state);
  }

  static {
    hasBrand = (value): value is EventSource => isObject(value) && #state in value;
    stateOf = (value) => {
      if (!hasBrand(value)) throw illegalInvocation();
      return value.#state;
    };
  }

  /** A source that reads a stream of bytes, and does not connect again at its end. */
  static from(stream: unknown): EventSource {
    requireArguments(arguments.length, 1, argument('from', 'EventSource', 1));
    if (!isReadableStream(stream)) throw new TypeErrorCtor(`${argument('from', 'EventSource', 1)} is not of type 'ReadableStream'.`);
    if (isReadableStreamLocked(stream)) throw new TypeErrorCtor('This ReadableStream is locked.');
    if (isReadableStreamDisturbed(stream)) throw new TypeErrorCtor('This ReadableStream has already been read from.');
    const source = new EventSource(INTERNAL);
    const state = source.#state;
    const reader = lockStream(stream);
    state.reader = reader;
    afterMicrotasks(0, () => {
      if (state.readyState === CLOSED) return;
      announce(source, state);
      read(source, state, reader);
    });
    return source;
  }

  get url(): string {
    return stateOf(this).url;
  }

  get withCredentials(): boolean {
    return stateOf(this).withCredentials;
  }

  get readyState(): number {
    return stateOf(this).readyState;
  }

  /** @see https://html.spec.whatwg.org/#dom-eventsource-close */
  close(): void {
    stop(stateOf(this));
  }
}

function newState(url: string, origin: string, withCredentials: boolean, isStream: boolean): SourceState {
  return {
    readyState: CONNECTING,
    url,
    origin,
    withCredentials,
    lastEventId: '',
    retry: DEFAULT_RETRY_MS,
    isStream,
    signal: undefined,
    fetcher: undefined,
    reader: undefined,
    timer: 0,
    waiting: [],
  };
}

function stop(state: SourceState): void {
  state.readyState = CLOSED;
  state.waiting = [];
  if (state.timer !== 0) cancelTimer(state.timer);
  if (state.signal !== undefined) signalAbort(state.signal);
  if (state.reader !== undefined) cancelLocked(state.reader, undefined);
  state.signal = state.reader = undefined;
}

/** A string's UTF-8 as a header carries it, a character for each byte. */
function headerBytes(text: string): string {
  const bytes = encodeUtf8(text);
  let value = '';
  for (let i = 0; i < bytes.length; i++) value += StringFromCharCode(bytes[i] as number);
  return value;
}

/** @see https://html.spec.whatwg.org/#dom-eventsource, from step 8 */
function connect(source: EventSource, state: SourceState): void {
  const signal = (state.signal = createAbortSignal());
  const headers: Record<string, string> = { __proto__: null, accept: 'text/event-stream' } as never;
  if (state.lastEventId !== '') headers['last-event-id'] = headerBytes(state.lastEventId);
  // What the network layer makes of `cache`, for those that are none.
  if (state.fetcher !== undefined) headers['cache-control'] = 'no-cache';
  const init = { __proto__: null, method: 'GET', headers, cache: 'no-store', redirect: 'follow', signal };
  PromisePrototypeThen(
    send(state, init),
    (response) => {
      if (state.signal === signal) answered(source, state, response);
    },
    (error) => {
      if (state.signal !== signal) return;
      // A network error is a TypeError; anything else (the limit of subrequests) will not get better.
      if (error instanceof TypeErrorCtor) reconnect(source, state);
      else fail(source, state);
    },
  );
}

async function send({ fetcher, url }: SourceState, init: object): Promise<Response> {
  if (fetcher === undefined) return fetch(url, init);
  const response = await fetcher.fetch(url, init);
  if (!isResponse(response)) throw new ErrorCtor('The fetcher did not answer with a Response.');
  return response;
}

function answered(source: EventSource, state: SourceState, response: Response): void {
  const answer = responseState(response);
  const type = getHeader(responseHeaders(answer), 'content-type') ?? '';
  if (answer.status !== 200 || RegExpPrototypeExec(EVENT_STREAM, type) === null) {
    if (state.signal !== undefined) signalAbort(state.signal);
    return fail(source, state);
  }
  const final = parseUrl(answer.url);
  if (final !== null) state.origin = serializeOrigin(final);
  announce(source, state);
  if (state.readyState !== OPEN) return;
  if (answer.body === null) return reconnect(source, state);
  const reader = lockStream(openStream(answer.body) as ReadableStream);
  state.reader = reader;
  read(source, state, reader);
}

/** @see https://html.spec.whatwg.org/#announce-the-connection */
function announce(source: EventSource, state: SourceState): void {
  state.readyState = OPEN;
  if (hasListener(source, 'open')) dispatchTrusted(source, new Event('open'));
}

function read(source: EventSource, state: SourceState, reader: Reader): void {
  const decoder = new Decoder('utf-8', false, false);
  const parser = new StreamParser(
    {
      event: (event) => ArrayPrototypePush(state.waiting, event),
      // In its place between the events that wait.
      identified: (lastEventId) => ArrayPrototypePush(state.waiting, { type: '', data: '', lastEventId }),
      retry: (milliseconds) => {
        state.retry = milliseconds < LONGEST_RETRY_MS ? milliseconds : LONGEST_RETRY_MS;
      },
    },
    state.lastEventId,
  );
  const isOurs = (): boolean => state.reader === reader;
  const next = (): void => {
    if (isOurs()) readChunk(reader, request);
  };
  const ended = (): void => {
    if (!isOurs()) return;
    state.reader = undefined;
    if (state.isStream) fail(source, state, 'The stream has ended.');
    else reconnect(source, state);
  };
  const request = {
    chunk: (chunk: unknown): void => {
      if (!isOurs()) return;
      if (!ArrayBufferIsView(chunk) && !isArrayBuffer(chunk)) {
        cancelLocked(reader, undefined);
        return ended();
      }
      parser.push(decoder.decode(asBytes(chunk), true));
      deliver(source, state, next);
    },
    close: ended,
    error: ended,
  };
  next();
}

/** Fires what waits, and then goes on. */
function deliver(source: EventSource, state: SourceState, then: () => void): void {
  const event = ArrayPrototypeShift(state.waiting);
  if (event === undefined) return then();
  state.lastEventId = event.lastEventId;
  if (event.type !== '' && hasListener(source, event.type)) {
    dispatchTrusted(source, new MessageEvent(event.type, { __proto__: null, data: event.data, origin: state.origin, lastEventId: event.lastEventId }));
  }
  if (state.waiting.length === 0) then();
  else afterMicrotasks(PAUSE, () => deliver(source, state, then));
}

function afterMicrotasks(count: number, f: () => void): void {
  PromisePrototypeThen(PromiseResolve(undefined), count === 0 ? f : () => afterMicrotasks(count - 1, f));
}

/** @see https://html.spec.whatwg.org/#reestablish-the-connection */
function reconnect(source: EventSource, state: SourceState): void {
  if (state.readyState === CLOSED) return;
  state.readyState = CONNECTING;
  state.signal = state.reader = undefined;
  if (hasListener(source, 'error')) dispatchTrusted(source, new Event('error'));
  if (state.readyState !== CONNECTING) return;
  state.timer = startTimer(() => {
    state.timer = 0;
    if (state.readyState === CONNECTING) connect(source, state);
  }, state.retry);
}

/** @see https://html.spec.whatwg.org/#fail-the-connection */
function fail(source: EventSource, state: SourceState, message?: string): void {
  if (state.readyState === CLOSED) return;
  state.readyState = CLOSED;
  state.signal = state.reader = undefined;
  if (!hasListener(source, 'error')) return;
  dispatchTrusted(source, message === undefined ? new Event('error') : new ErrorEvent('error', { __proto__: null, message, error: new ErrorCtor(message) }));
}

defineInterface(EventSource, 'EventSource');
defineConstants(EventSource, { CONNECTING, OPEN, CLOSED });
ObjectSetPrototypeOf(EventSource, EventTarget);
const HANDLERS = ['onopen', 'onmessage', 'onerror'];
for (let i = 0; i < HANDLERS.length; i++) {
  defineEventHandler(EventSource.prototype, HANDLERS[i] as string, (self) => (hasBrand(self) ? self : undefined));
}
