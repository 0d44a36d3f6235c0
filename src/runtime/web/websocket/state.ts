/**
 * What a WebSocket is behind its object, and how data leaves and reaches it.
 *
 * Contract: a socket is one end of a connection that the host keeps (`number` names it) or one half of
 * a pair in this isolate (`peer` is the other). It belongs to the event that opened or accepted it: what
 * comes is delivered in that event's turns, and no other event may use it. After its close event nothing
 * is fired any more.
 */
import { Post } from '../../../protocol/ops.ts';
import { currentEvent, postFor } from '../../bridge.ts';
import { differs } from '../../compat.ts';
import { chunk } from '../../link.ts';
import {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ErrorCtor,
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeSet,
  PromisePrototypeThen,
  PromiseResolve,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { utf8ByteLength } from '../encoding/utf8.ts';
import { ErrorEvent } from '../error-event.ts';
import { Event } from '../event.ts';
import { dispatchGuarded, dispatchTrusted, hasListener, type EventTarget } from '../event-target.ts';
import { CloseEvent, MessageEvent } from '../message-event.ts';
import { errorDetails } from '../report-error.ts';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** A message, or where `data` is undefined the close. */
export type Delivery = { data: string | ArrayBuffer | undefined; code: number; reason: string };

export type SocketState = {
  target: EventTarget;
  readyState: number;
  /** Null where there is no connection over the network to name. */
  url: string | null;
  /** Of `event.origin`. */
  origin: string;
  protocol: string;
  extensions: string;
  binaryType: 'blob' | 'arraybuffer';
  /** Bytes handed to the host that have not left yet, or never will. */
  buffered: number;
  /** Those of them that the host has. */
  held: number;
  /** Made by the constructor: it is as the standard says. The others are as on Workers. */
  isStandard: boolean;
  isAccepted: boolean;
  /** It went out in a Response: its connection is the host's. */
  isHandedOver: boolean;
  /** It takes a close frame without answering it (`accept({ allowHalfOpen: true })`). */
  isHalfOpen: boolean;
  hasSentClose: boolean;
  hasReceivedClose: boolean;
  event: number;
  number: number;
  peer: SocketState | undefined;
  /** From the other half: what has not been delivered yet. */
  inbox: Delivery[];
  isDelivering: boolean;
  attachment: unknown;
};

/** Bytes an isolate may have handed to the host at a time: the host's memory is not the app's. */
const MOST_BUFFERED = 64 * 1024 * 1024;
/**
 * Turns of the microtask queue between two events that come together: what awaits the first must be back to wait
 * for the second. Messages over the network come in turns of their own.
 */
export const PAUSE = 24;

/** The close code that no side sends: the connection is gone. @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const LOST = 1006;

/** Cloudflare's text. */
export const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

const sockets = new MapCtor<number, SocketState>();
let nextNumber = 1;
let totalBuffered = 0;

export function newState(target: EventTarget, readyState: number, isStandard: boolean): SocketState {
  return {
    target,
    readyState,
    url: null,
    origin: '',
    protocol: '',
    extensions: '',
    binaryType: differs('websocket_standard_binary_type') ? 'arraybuffer' : 'blob',
    buffered: 0,
    held: 0,
    isStandard,
    isAccepted: false,
    isHandedOver: false,
    isHalfOpen: false,
    hasSentClose: false,
    hasReceivedClose: false,
    event: 0,
    number: 0,
    peer: undefined,
    inbox: [],
    isDelivering: false,
    attachment: undefined,
  };
}

/** Gives a socket a number, under which the host will speak of it. */
export function register(state: SocketState): number {
  state.number = nextNumber++;
  MapPrototypeSet(sockets, state.number, state);
  return state.number;
}

export function forgetSocket(state: SocketState): void {
  MapPrototypeDelete(sockets, state.number);
  totalBuffered -= state.held;
  state.held = 0;
}

/** The socket of that number, if it is known still. */
export { sockets };

/** Throws Cloudflare's error where the socket, or the other half of its pair, is another event's. */
export function requireOwn(state: SocketState): void {
  const { event, peer } = state;
  if (event !== currentEvent() || (peer?.isAccepted && peer.event !== event)) throw new ErrorCtor(OTHER_EVENT);
}

// Out

/** Sends a message. @param data is copied, unless it is a string */
export function transmit(state: SocketState, data: string | Uint8Array): void {
  if (state.number === 0) {
    const copy = typeof data === 'string' ? data : (TypedArrayPrototypeGetBuffer(new Uint8ArrayCtor(data)) as ArrayBuffer);
    if (state.peer !== undefined) receive(state.peer, { data: copy, code: 0, reason: '' });
    return;
  }
  const size = typeof data === 'string' ? utf8ByteLength(data) : TypedArrayPrototypeGetByteLength(data);
  state.buffered += size;
  if (state.readyState !== OPEN) return;
  state.held += size;
  totalBuffered += size;
  // "If the data cannot be sent, because it would need to be buffered but the buffer is full, […] flag the WebSocket as full and then close."
  if (totalBuffered > MOST_BUFFERED) return startClose(state, 1011, 'Too much data waits to be sent.');
  postFor(state.event, Post.socketSend, state.number, data);
}

/** Starts, or answers, the closing handshake. @param code 0 for none */
export function startClose(state: SocketState, code: number, reason: string): void {
  state.hasSentClose = true;
  if (state.number !== 0) {
    state.readyState = CLOSING;
    postFor(state.event, Post.socketClose, state.number, code, reason);
    return;
  }
  state.readyState = state.hasReceivedClose ? CLOSED : CLOSING;
  if (state.peer !== undefined) receive(state.peer, { data: undefined, code: code === 0 ? 1005 : code, reason });
}

// In

/** Something came from the other half of a pair. */
function receive(state: SocketState, delivery: Delivery): void {
  ArrayPrototypePush(state.inbox, delivery);
  deliverSoon(state);
}

/** Delivers what has come, one after the other, once the socket has been accepted. */
export function deliverSoon(state: SocketState): void {
  if (!state.isAccepted || state.isDelivering || state.inbox.length === 0) return;
  state.isDelivering = true;
  afterMicrotasks(PAUSE, () => {
    state.isDelivering = false;
    const delivery = ArrayPrototypeShift(state.inbox);
    if (delivery === undefined || state.readyState === CLOSED) return;
    if (delivery.data !== undefined) fireMessage(state, delivery.data);
    else if (delivery.code === LOST) lostPeer(state);
    else closedByPeer(state, delivery.code, delivery.reason);
    deliverSoon(state);
  });
}

/** Runs `f` when microtasks that are due, and those they lead to, are done. */
export function afterMicrotasks(count: number, f: () => void): void {
  PromisePrototypeThen(PromiseResolve(undefined), count === 0 ? f : () => afterMicrotasks(count - 1, f));
}

/** The other half has closed, or answered our close. */
function closedByPeer(state: SocketState, code: number, reason: string): void {
  if (state.hasReceivedClose) return;
  state.hasReceivedClose = true;
  if (state.hasSentClose) state.readyState = CLOSED;
  else if (state.isHalfOpen) state.readyState = CLOSING;
  else startClose(state, code === 1005 ? 0 : code, reason);
  fireClose(state, code, reason, true);
}

export function fireOpen(state: SocketState): void {
  if (hasListener(state.target, 'open')) dispatchTrusted(state.target, new Event('open'));
}

/** @see https://websockets.spec.whatwg.org/#feedback-from-the-protocol */
export function fireMessage(state: SocketState, data: string | ArrayBuffer): void {
  if (state.readyState !== OPEN || !hasListener(state.target, 'message')) return;
  const shown = typeof data === 'string' || state.binaryType === 'arraybuffer' ? data : chunk('forms').createBlob(new Uint8ArrayCtor(data), '');
  const event = new MessageEvent('message', { __proto__: null, data: shown, origin: state.origin });
  if (state.isStandard) dispatchTrusted(state.target, event);
  else {
    const failure = dispatchGuarded(state.target, event);
    if (failure !== undefined) breakOff(state, failure.error);
  }
}

export function fireError(state: SocketState, message: string, error: unknown = new ErrorCtor(message)): void {
  if (hasListener(state.target, 'error')) dispatchTrusted(state.target, new ErrorEvent('error', { __proto__: null, message, error }));
}

/** As on Workers, a listener that throws ends the connection: the app hears why, and the other side that it is lost. */
function breakOff(state: SocketState, error: unknown): void {
  const { 0: name, 1: message } = errorDetails(error);
  fireError(state, name === '' ? `Uncaught ${message}` : `Uncaught ${name}: ${message}`, error);
  end(state);
  if (state.number !== 0) {
    postFor(state.event, Post.socketClose, state.number, LOST, '');
    forgetSocket(state);
  } else if (state.peer !== undefined) receive(state.peer, { data: undefined, code: LOST, reason: '' });
}

/** Nothing comes any more, and nothing goes out. */
function end(state: SocketState): void {
  state.hasReceivedClose = state.hasSentClose = true;
  state.readyState = CLOSED;
}

/** The other half broke off, without closing. */
function lostPeer(state: SocketState): void {
  end(state);
  const message = 'Network connection lost.';
  fireError(state, `Uncaught Error: ${message}`, new ErrorCtor(message));
  afterMicrotasks(PAUSE, () => fireClose(state, LOST, 'WebSocket disconnected without sending Close frame.', false));
}

export function fireClose(state: SocketState, code: number, reason: string, wasClean: boolean): void {
  if (hasListener(state.target, 'close')) dispatchTrusted(state.target, new CloseEvent('close', { __proto__: null, code, reason, wasClean }));
}

/** Bytes have left. */
export function sent(state: SocketState, bytes: number): void {
  state.buffered -= bytes;
  state.held -= bytes;
  totalBuffered -= bytes;
}

/** The event is over, and the host has closed what it had open. */
export function dropSockets(event: number): void {
  MapPrototypeForEach(sockets, (state) => {
    if (state.event !== event) return;
    state.readyState = CLOSED;
    forgetSocket(state);
  });
}
