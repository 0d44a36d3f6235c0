/**
 * Passes requests on to the engines of their app's trust group, over Unix sockets. It runs in the front process, where
 * no tenant's code is.
 *
 * Contract:
 * - A request is sent to an engine once. Only while nothing of it has been sent is the connecting tried again: whatever
 *   took down the engine that had it must not reach the next one.
 * - A connection to an engine is ended by this side when it is idle, so that no engine closes one that a request is
 *   just being sent on; see `FRONT_IDLE_MS` in listener.ts.
 * - What a client says of itself does not get through: of its origin an engine hears what this side has found out.
 * - Bodies are streamed both ways with back-pressure, and an end on either side is one on the other.
 */
import { Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientErrorName } from '../protocol/errors.ts';
import type { Origin } from './peer.ts';
import { boundRest } from './unread.ts';
import type { Upgrade } from './upgrade.ts';

/** A request to be passed on. */
export type Passage = {
  message: IncomingMessage;
  response: ServerResponse;
  upgrade: Upgrade | undefined;
  requestId: string;
  origin: Origin;
  hasBody: boolean;
  /** The client sends its body only when it is asked to. */
  expectsContinue: boolean;
  /** Connections are to be closed after their response. */
  isDraining(): boolean;
  /** The request is an app's, with one connection more. False where the app has too many. */
  enter(app: string): boolean;
  /** Answers with an error of the platform's. */
  refuse(name: ClientErrorName, reason: string): void;
};

/** How long a connection to an engine is kept without a request. */
export const KEEP_MS = 1000;
/** What connecting fails with while a group has no engine, or too many wait for it. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT', 'EAGAIN']);
const RETRY_MS = 50;
/** Together: what a group without an engine may take to get one. */
const TRIES = 100;
const MAX_HEAD_BYTES = 1024 * 1024;

/** Of the client's connection, or not for clients to say. */
const NOT_PASSED = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect x-request-id cf-connecting-ip x-real-ip x-forwarded-for x-forwarded-proto'.split(
    ' ',
  ),
);
const NOT_RETURNED = new Set(['connection', 'keep-alive', 'transfer-encoding']);
/** Methods for which Node would send an empty chunked body where there is none. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

export class Relay {
  readonly #agent = new Agent({ keepAlive: true, timeout: KEEP_MS });
  #active = 0;

  /** Requests under way; open WebSockets are none. */
  get active(): number {
    return this.#active;
  }

  /** Passes a request on. @param socketPath where engines of its group listen */
  pass(passage: Passage, socketPath: string): void {
    this.#active++;
    new Passing(passage, socketPath, this.#agent, () => this.#active--).send();
  }

  close(): void {
    this.#agent.destroy();
  }
}

class Passing {
  readonly #passage: Passage;
  readonly #socketPath: string;
  readonly #agent: Agent;
  readonly #headers: string[];
  readonly #onOver: () => void;
  #upstream: ClientRequest | undefined;
  #tries = 0;
  /** Something of the request may have reached an engine. */
  #isSent = false;
  #answer: IncomingMessage | undefined;
  #isOver = false;

  constructor(passage: Passage, socketPath: string, agent: Agent, onOver: () => void) {
    this.#passage = passage;
    this.#socketPath = socketPath;
    this.#agent = agent;
    this.#onOver = onOver;
    this.#headers = requestHeaders(passage);
    passage.response.once('close', () => this.#closed());
  }

  send(): void {
    const { message, hasBody, expectsContinue, response, upgrade } = this.#passage;
    // A handshake has a connection of its own: on another's, the engine may not have seen the end of the request before.
    const agent = upgrade === undefined ? this.#agent : false;
    let upstream: ClientRequest;
    try {
      const { method, url: path } = message;
      upstream = request({ agent, socketPath: this.#socketPath, method, path, headers: this.#headers, maxHeaderSize: MAX_HEAD_BYTES });
    } catch (error) {
      return this.#passage.refuse('badRequest', String(error));
    }
    this.#upstream = upstream;
    upstream.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    upstream.on('response', (answer) => this.#answered(answer));
    upstream.on('upgrade', (answer, socket, first) => this.#upgraded(answer, socket, first));
    upstream.on('continue', () => {
      response.writeContinue();
      message.pipe(upstream);
    });
    upstream.on('socket', (socket) => {
      const connected = (): void => {
        this.#isSent = true;
        // What has been read of a body is gone: not before there is somebody to take it.
        if (hasBody && !expectsContinue && upstream === this.#upstream) message.pipe(upstream);
      };
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    if (!hasBody) upstream.end();
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#isOver) return;
    if (this.#answer !== undefined) {
      if (!this.#answer.complete) this.#passage.response.destroy();
      return;
    }
    if (this.#isSent) return this.#passage.refuse('internal', `the engine ended the connection: ${error.code ?? error.message}`);
    if (!NOBODY.has(error.code ?? '') || ++this.#tries >= TRIES) return this.#passage.refuse('engineDraining', `no engine of the app's group: ${error.code}`);
    setTimeout(() => {
      if (!this.#isOver) this.send();
    }, RETRY_MS);
  }

  #answered(answer: IncomingMessage): void {
    this.#answer = answer;
    const { message, response, isDraining, hasBody } = this.#passage;
    // Whether the engine has read all of a body cannot be seen from here: then its connection is not used again.
    if (hasBody && this.#upstream !== undefined) this.#upstream.shouldKeepAlive = false;
    const headers: string[] = [];
    const raw = answer.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) if (!NOT_RETURNED.has((raw[i] as string).toLowerCase())) headers.push(raw[i] as string, raw[i + 1] as string);
    // The engine takes no more of the body: then the client's connection cannot be used again either.
    const isCutShort = !message.complete && answer.headers.connection === 'close';
    if (isCutShort || isDraining()) headers.push('connection', 'close');
    if (isCutShort && this.#upstream !== undefined) message.unpipe(this.#upstream);
    answer.on('error', () => {});
    answer.on('close', () => {
      if (!answer.complete && !this.#isOver) response.destroy();
    });
    response.writeHead(answer.statusCode ?? 500, answer.statusMessage ?? '', headers);
    answer.pipe(response);
    // A head without a body, as of server-sent events, must not wait for it.
    setImmediate(() => {
      if (!response.writableEnded && !response.destroyed) response.flushHeaders();
    });
  }

  /** The app has accepted a WebSocket: from here on it is bytes. */
  #upgraded(answer: IncomingMessage, socket: Duplex, first: Buffer): void {
    const { upgrade, response } = this.#passage;
    if (upgrade === undefined || this.#isOver) {
      socket.destroy();
      if (!this.#isOver) response.destroy();
      return;
    }
    const { raw, head } = upgrade.release();
    const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
    for (let i = 0; i < answer.rawHeaders.length; i += 2) lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
    raw.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    if (first.length > 0) raw.write(first);
    if (head.length > 0) socket.write(head);
    tie(raw, socket as Socket);
    tie(socket as Socket, raw);
    this.#finish();
  }

  /** The response is out, or nobody is there for it any more. */
  #closed(): void {
    if (this.#isOver) return;
    this.#finish();
    const { message, response } = this.#passage;
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    const isWhole = response.writableFinished && this.#answer?.complete === true;
    message.unpipe(upstream);
    if (!isWhole || !message.complete) upstream.destroy();
    if (!response.writableFinished) return;
    // What nobody has read must not hold up the next request of the connection.
    message.resume();
    if (!message.complete) boundRest(message);
  }

  #finish(): void {
    this.#isOver = true;
    this.#onOver();
  }
}

/** One direction between two connections. */
function tie(from: Socket, to: Socket): void {
  from.setTimeout(0);
  from.setNoDelay?.(true);
  from.on('error', () => {});
  from.once('close', () => to.destroy());
  from.pipe(to);
}

function requestHeaders({ message, upgrade, requestId, origin, hasBody, expectsContinue }: Passage): string[] {
  const raw = message.rawHeaders;
  const headers: string[] = [];
  let hasLength = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (NOT_PASSED.has(name)) continue;
    if (name === 'content-length') hasLength = true;
    headers.push(raw[i] as string, raw[i + 1] as string);
  }
  const asked = message.headers.upgrade;
  if (upgrade !== undefined || asked !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', asked ?? '');
  if (hasBody && !hasLength) headers.push('Transfer-Encoding', 'chunked');
  else if (!hasLength && !BODILESS.has(message.method ?? '')) headers.push('Content-Length', '0');
  if (hasBody && expectsContinue) headers.push('Expect', '100-continue');
  headers.push(...origin.headers.split('\n').slice(1), 'x-request-id', requestId);
  return headers;
}
