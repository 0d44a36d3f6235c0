/**
 * WebSocket: the standard's client, and what Workers add for the sockets of a WebSocketPair and of `fetch`.
 *
 * @see https://websockets.spec.whatwg.org/#the-websocket-interface
 * @see https://developers.cloudflare.com/workers/runtime-apis/websockets/
 */
import { Post } from '../../../protocol/ops.ts';
import { currentEvent, postFor, requireEvent } from '../../bridge.ts';
import { chunk, peek } from '../../link.ts';
import { ArrayBufferIsView, ObjectSetPrototypeOf, TypeErrorCtor } from '../../primordials.ts';
import { USVString, argument, bufferSource, defineInterface, illegalInvocation, isArrayBuffer, isObject, requireArguments } from '../../webidl.ts';
import { defineConstants } from '../../webidl-types.ts';
import type { Blob } from '../blob.ts';
import { asBytes } from '../body.ts';
import { DOMException } from '../dom-exception.ts';
import { defineEventHandler } from '../event-handler.ts';
import { EventTarget } from '../event-target.ts';
import { readAddress, readProtocols, readUrl } from './address.ts';
import { closeArguments } from './close-code.ts';
import { type SocketState, CLOSED, CLOSING, CONNECTING, OPEN, deliverSoon, newState, register, requireOwn, startClose, transmit } from './state.ts';

const INTERNAL = {};

let stateOf: (value: unknown) => SocketState;
let hasBrand: (value: unknown) => value is WebSocket;

export class WebSocket extends EventTarget {
  #state: SocketState;

  /** @see https://websockets.spec.whatwg.org/#dom-websocket-websocket */
  constructor(url: unknown, protocols: unknown = undefined) {
    super();
    if (url === INTERNAL) {
      this.#state = newState(this, OPEN, false);
      return;
    }
    requireArguments(arguments.length, 1, "Failed to construct 'WebSocket'");
    const address = readUrl(url);
    const list = protocols === undefined ? '' : readProtocols(protocols);
    const { href, origin } = readAddress(address);
    requireEvent();
    const state = newState(this, CONNECTING, true);
    state.url = href;
    state.origin = origin;
    state.isAccepted = true;
    state.event = currentEvent();
    this.#state = state;
    postFor(state.event, Post.socketOpen, register(state), href, list);
  }

  static {
    hasBrand = (value): value is WebSocket => isObject(value) && #state in value;
    stateOf = (value) => {
      if (!hasBrand(value)) throw illegalInvocation();
      return value.#state;
    };
  }

  get url(): string | null {
    return stateOf(this).url;
  }

  get readyState(): number {
    return stateOf(this).readyState;
  }

  get bufferedAmount(): number {
    return stateOf(this).buffered;
  }

  get extensions(): string {
    return stateOf(this).extensions;
  }

  get protocol(): string {
    return stateOf(this).protocol;
  }

  get binaryType(): string {
    return stateOf(this).binaryType;
  }

  set binaryType(value: unknown) {
    const state = stateOf(this);
    const type = `${value as string}`;
    if (type === 'blob' || type === 'arraybuffer') state.binaryType = type;
  }

  /** @see https://websockets.spec.whatwg.org/#dom-websocket-close */
  close(code: unknown = undefined, reason: unknown = undefined): void {
    const state = stateOf(this);
    const given = closeArguments(code, reason, state.isStandard);
    if (state.isHandedOver) throw new TypeErrorCtor("Can't close() WebSocket that was already used in a response.");
    if (!state.isAccepted) throw new TypeErrorCtor('You must call accept() on this WebSocket before calling close().');
    if (state.hasSentClose || state.readyState === CLOSED) return;
    requireOwn(state);
    startClose(state, given.code, given.reason);
  }

  /** @see https://websockets.spec.whatwg.org/#dom-websocket-send */
  send(data: unknown): void {
    const state = stateOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'send' on 'WebSocket'");
    const message = readMessage(data);
    if (state.readyState === CONNECTING) throw new DOMException("Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.", 'InvalidStateError');
    if (!state.isStandard) requireSendable(state);
    if (state.readyState === OPEN || state.isHalfOpen) requireOwn(state);
    transmit(state, message);
  }

  /** Begins the delivery of what comes. @see https://developers.cloudflare.com/workers/runtime-apis/websockets/#accept */
  accept(options: unknown = undefined): void {
    const state = stateOf(this);
    if (state.isStandard) throw new TypeErrorCtor("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    if (state.isHandedOver) throw new TypeErrorCtor("Can't accept() WebSocket that was already used in a response.");
    if (state.isAccepted) return;
    requireEvent();
    state.isHalfOpen = isObject(options) && !!(options as { allowHalfOpen?: unknown }).allowHalfOpen;
    state.isAccepted = true;
    state.event = currentEvent();
    if (state.number !== 0) postFor(state.event, Post.socketAccept, state.number);
    deliverSoon(state);
  }

  /** Keeps a copy of a value with the socket. */
  serializeAttachment(value: unknown): void {
    const state = stateOf(this);
    requireArguments(arguments.length, 1, argument('serializeAttachment', 'WebSocket', 1));
    state.attachment = chunk('clone').structuredClone(value);
  }

  /** A copy of the value kept, null where there is none. */
  deserializeAttachment(): unknown {
    const { attachment } = stateOf(this);
    return attachment === undefined ? null : chunk('clone').structuredClone(attachment);
  }
}

/** (BufferSource or Blob or USVString). Bytes are not copied yet. */
const readMessage = (data: unknown): string | Uint8Array => {
  const forms = peek('forms');
  if (forms?.isBlob(data)) return forms.blobBytes(data as Blob);
  const context = argument('send', 'WebSocket', 1);
  if (ArrayBufferIsView(data) || isArrayBuffer(data)) return asBytes(bufferSource(data, context));
  return USVString(data, context);
};

const requireSendable = (state: SocketState): void => {
  if (state.isHandedOver) throw new TypeErrorCtor("Can't send() on WebSocket that was already used in a response.");
  if (!state.isAccepted) throw new TypeErrorCtor('You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.');
  if (state.hasSentClose || state.readyState === CLOSED) throw new TypeErrorCtor("Can't call WebSocket send() after close().");
  if (state.readyState === CLOSING && !state.isHalfOpen) throw new TypeErrorCtor("Can't call WebSocket send() after close().");
};

/** A socket that no constructor call of an app's made. */
export function createSocket(): WebSocket {
  return new WebSocket(INTERNAL);
}

export const isWebSocket = hasBrand;
/** The state of a branded socket; throws for anything else. */
export const socketState = stateOf;

defineInterface(WebSocket, 'WebSocket');
const STATES = { CONNECTING, OPEN, CLOSING, CLOSED };
defineConstants(WebSocket, STATES);
// The names that Workers have had for them.
defineConstants(WebSocket, { READY_STATE_CONNECTING: CONNECTING, READY_STATE_OPEN: OPEN, READY_STATE_CLOSING: CLOSING, READY_STATE_CLOSED: CLOSED });
ObjectSetPrototypeOf(WebSocket, EventTarget);
const HANDLERS = ['onopen', 'onerror', 'onclose', 'onmessage'];
for (let i = 0; i < HANDLERS.length; i++) {
  defineEventHandler(WebSocket.prototype, HANDLERS[i] as string, (self) => (hasBrand(self) ? self : undefined));
}
