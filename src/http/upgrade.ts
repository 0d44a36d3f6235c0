/**
 * Requests for a WebSocket: from the handshake to the last frame.
 *
 * The request is answered like any other, over a ServerResponse of its own on the bare connection; where
 * the app's answer is a WebSocket the connection changes hands instead.
 *
 * Contract, binding on changes to this file: a connection has one owner at a time, a response or a
 * socket; every open socket is known here, so that a drain can close it.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer, type ServerOptions } from 'ws';
import type { MessageSocket } from '../ports/message-socket.ts';
import { readResponseHead } from './response-head.ts';

/** Makes a MessageSocket of what ws opened on a connection. */
export type OpenSocket = (ws: WebSocket, raw: Socket) => MessageSocket;

const KEY = /^[+/0-9A-Za-z]{22}==$/;
/** Service Restart. @see https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const RESTART = 1012;

/** Is this an opening handshake that can be completed? @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1 */
export function isHandshake(message: IncomingMessage): boolean {
  const { headers, method } = message;
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
  return headers['sec-websocket-version'] === '13' && KEY.test(headers['sec-websocket-key'] ?? '');
}

/** A handshake under way. */
export class Upgrade {
  /** To answer with something else than a socket. */
  readonly response: ServerResponse;
  readonly #message: IncomingMessage;
  readonly #raw: Socket;
  readonly #head: Buffer;
  readonly #upgrades: Upgrades;

  constructor(message: IncomingMessage, raw: Socket, head: Buffer, upgrades: Upgrades) {
    this.#message = message;
    this.#raw = raw;
    this.#head = head;
    this.#upgrades = upgrades;
    this.response = new ServerResponse(message);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(raw);
    this.response.on('finish', () => raw.destroySoon());
  }

  /**
   * Completes the handshake.
   * @param headers the app's, in the wire form
   * @param onClosed told when the connection is gone
   * @throws Error naming what is invalid in the headers
   */
  accept(headers: string, requestId: string, onClosed: () => void): MessageSocket {
    const head = readResponseHead(200, '', headers);
    const lines = [`x-request-id: ${requestId}`];
    let protocol: string | undefined;
    for (let i = 0; i < head.headers.length; i += 2) {
      const name = (head.headers[i] as string).toLowerCase();
      const value = head.headers[i + 1] as string;
      if (name === 'sec-websocket-protocol') protocol = value;
      else if (!name.startsWith('sec-websocket-')) lines.push(`${head.headers[i]}: ${value}`);
    }
    this.response.detachSocket(this.#raw);
    return this.#upgrades.complete(this.#message, this.#raw, this.#head, { lines, protocol }, onClosed);
  }

  /** Gives the connection away, with what the client has sent already after its request: somebody else has completed the handshake. */
  release(): { raw: Socket; head: Buffer } {
    this.response.detachSocket(this.#raw);
    return { raw: this.#raw, head: this.#head };
  }
}

type Answer = { lines: string[]; protocol: string | undefined };

export class Upgrades {
  readonly #open: OpenSocket;
  readonly #server: WebSocketServer;
  readonly #answers = new WeakMap<IncomingMessage, Answer>();
  readonly #sockets = new Map<WebSocket, MessageSocket>();
  #draining = false;

  /** @param options of ws: the largest message, compression, the time for closing */
  constructor(open: OpenSocket, options: ServerOptions) {
    this.#open = open;
    this.#server = new WebSocketServer({
      ...options,
      noServer: true,
      clientTracking: false,
      handleProtocols: (offered, message) => {
        const { protocol } = this.#answers.get(message) ?? {};
        return protocol !== undefined && offered.has(protocol) ? protocol : false;
      },
    });
    this.#server.on('headers', (lines, message) => {
      lines.push(...(this.#answers.get(message)?.lines ?? []));
    });
    // A client's malformed subprotocol header, which ws answers with 400 by itself.
    this.#server.on('wsClientError', (_error, socket) => socket.destroy());
  }

  /** Takes a connection over from Node's parser. */
  begin(message: IncomingMessage, raw: Duplex, head: Buffer): Upgrade {
    // Node's listeners are gone by now; an error on a connection must not bring down the process.
    raw.on('error', () => {});
    return new Upgrade(message, raw as Socket, head, this);
  }

  /** For Upgrade. */
  complete(message: IncomingMessage, raw: Socket, head: Buffer, answer: Answer, onClosed: () => void): MessageSocket {
    this.#answers.set(message, answer);
    let socket: MessageSocket | undefined;
    raw.once('close', onClosed);
    this.#server.handleUpgrade(message, raw, head, (ws) => {
      const opened = this.#open(ws, raw);
      socket = opened;
      this.#sockets.set(ws, opened);
      ws.once('close', () => this.#sockets.delete(ws));
      if (this.#draining) opened.close(RESTART, 'Service restart');
    });
    // The client has gone, or what it offers is malformed.
    return socket ?? goneSocket();
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Asks every client to come again, elsewhere. */
  drain(): void {
    this.#draining = true;
    for (const socket of this.#sockets.values()) socket.close(RESTART, 'Service restart');
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.terminate();
  }
}

/** A socket whose client went away during the handshake. */
const goneSocket = (): MessageSocket => ({
  protocol: '',
  extensions: '',
  start: (listener) => queueMicrotask(() => listener.closed(1006, '', false, 'WebSocket connection lost.')),
  send: (_data, sent) => sent(),
  close: () => {},
  terminate: () => {},
  pause: () => {},
  resume: () => {},
});
