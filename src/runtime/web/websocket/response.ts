/**
 * Sockets in requests and responses: `new Response(null, { status: 101, webSocket })`, and what `fetch`
 * does with the header `Upgrade: websocket`.
 */
import { Post, Request as RequestOp } from '../../../protocol/ops.ts';
import { begin, currentEvent, forget, postFor } from '../../bridge.ts';
import { PromiseCtor, PromisePrototypeThen, TypeErrorCtor } from '../../primordials.ts';
import { type SocketState, forgetSocket, register } from './state.ts';
import { type WebSocket, createSocket, isWebSocket, socketState } from './websocket.ts';

/** Converts the member `webSocket` of a ResponseInit. */
export function toWebSocket(value: unknown, context: string): WebSocket {
  if (!isWebSocket(value)) throw new TypeErrorCtor(`${context} is not of type 'WebSocket'.`);
  return value;
}

/**
 * Answers the event's request with a socket.
 * @param headers in the wire form
 * @throws TypeError for a socket that cannot be handed over
 */
export function sendUpgrade(socket: object, headers: string, event: number): void {
  const state = socketState(socket);
  if (state.isHandedOver) throw new TypeErrorCtor("Can't return WebSocket that was already used in a response.");
  if (state.isAccepted) throw new TypeErrorCtor("Can't return WebSocket in a Response after calling accept().");
  state.isHandedOver = true;
  // One that was fetched: the host connects the two.
  if (state.number !== 0) {
    postFor(event, Post.upgrade, headers, state.number);
    forgetSocket(state);
    return;
  }
  const server = state.peer as SocketState;
  state.peer = server.peer = undefined;
  if (server.event === 0) server.event = event;
  postFor(event, Post.upgrade, headers, register(server));
  if (server.isAccepted) postFor(event, Post.socketAccept, server.number);
  for (let i = 0; i < state.inbox.length; i++) {
    const it = state.inbox[i] as SocketState['inbox'][number];
    if (it.data !== undefined) postFor(event, Post.socketSend, server.number, it.data);
    else postFor(event, Post.socketClose, server.number, it.code === 1005 ? 0 : it.code, it.reason);
  }
  state.inbox = [];
}

type Answer = [status: number, statusText: string, headers: string, url: string, redirected: boolean, source: number];

/**
 * The handshake of a `fetch` with `Upgrade: websocket`.
 * @returns the host's answer, and with status 101 the socket, which waits for accept()
 */
export function openByFetch(
  url: string,
  headers: string,
  follow: (abort: (reason: unknown) => void) => () => void,
  service: number | string | undefined = undefined,
): Promise<{ answer: Answer; socket: WebSocket | null }> {
  const socket = createSocket();
  const state = socketState(socket);
  state.url = url;
  const event = (state.event = currentEvent());
  const { call, promise } =
    service === undefined ? begin(RequestOp.fetchSocket, url, headers, register(state)) : begin(RequestOp.fetchSocket, url, headers, register(state), service);
  return new PromiseCtor((resolve, reject) => {
    const release = follow((reason) => {
      forget(call);
      forgetSocket(state);
      postFor(event, Post.socketClose, state.number, 0, '');
      reject(reason);
    });
    PromisePrototypeThen(
      promise as Promise<Answer>,
      (answer) => {
        release();
        if (answer[0] !== 101) forgetSocket(state);
        resolve({ answer, socket: answer[0] === 101 ? socket : null });
      },
      (error) => {
        release();
        forgetSocket(state);
        reject(error);
      },
    );
  });
}
