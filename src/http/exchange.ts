/**
 * One request and its response on a connection: the HTTP layer's side of an event.
 *
 * Contract: exactly one response is written, complete or visibly broken; a client that goes away, or
 * an app that misbehaves, never throws out of here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { errorLine } from '../base/error-line.ts';
import { withFlatHeader } from '../base/flat-headers.ts';
import { Paced } from '../base/paced.ts';
import type { EventFailure, FetchClient, RunningEvent, Site } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { MessageSocket } from '../ports/message-socket.ts';
import type { Observer } from '../ports/observer.ts';
import { ClientErrors, type ClientErrorName } from '../protocol/errors.ts';
import { pumpBody } from './body-pump.ts';
import { codeInto } from './content-coder.ts';
import { type ErrorPages, wantsHtml } from './error-pages.ts';
import { readResponseHead } from './response-head.ts';
import { boundRest } from './unread.ts';
import { LARGE_BYTES, type Unfinished, Unsent } from './unsent.ts';
import type { Upgrade } from './upgrade.ts';

export type ExchangeOptions = {
  observer: Observer;
  pages: ErrorPages;
  requestId: string;
  host: string;
  target: string;
  started: number;
  /** Connections are to be closed after their response. */
  isDraining: () => boolean;
  /** The client sends its body only when it is asked to. */
  expectsContinue: boolean;
  /** The request is the handshake of a WebSocket. */
  upgrade: Upgrade | undefined;
};

/** Bytes of earlier requests on connections that are kept. */
const counted = new WeakMap<Socket, number>();

const newBytes = (socket: Socket | null): number => {
  if (socket === null) return 0;
  const before = counted.get(socket) ?? 0;
  counted.set(socket, socket.bytesRead);
  return socket.bytesRead - before;
};

const MUCH_UNSENT = 'clients have not taken what the app has answered, and it is too much already';

const lengthOf = (body: string | Uint8Array | undefined): number =>
  body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;

/** What is taken of a body that a HEAD request has no use for. */
const MOST_DISCARDED = 1024 * 1024;

const unsent = new Unsent();
/** Writing a large body takes milliseconds, and a hundred of them may come at once: one between two looks at everything else. */
const largeBodies = new Paced<() => void>((write) => write(), 1);

export class Exchange implements FetchClient, Unfinished {
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  #site: Site | undefined;
  #body: (HostBody & { exceeded?: boolean }) | undefined;
  #event: RunningEvent | undefined;
  #coldStart = false;
  #outcome = 'ok';
  #error: string | undefined;
  /** Bytes that the declared Content-Length still allows; undefined when the body is chunked. */
  #left: number | undefined;
  #bytesOut = 0;
  /** Where the body is written: the response, or what codes it. */
  #out: Writable;
  /** The most bytes the response's body may have. */
  #allowed = Number.POSITIVE_INFINITY;
  #closed = false;
  /** A body that was not asked for may come or not: where the next request begins cannot be told. */
  #isAsked = false;
  /** The response is a WebSocket. */
  #isUpgraded = false;
  /** Bytes of it are counted that the client has not taken. */
  #isHeld = false;
  /** Bytes of a body that the client of a HEAD request does not get; undefined where there is none that is still made. */
  #discarded: number | undefined;

  constructor(message: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.#message = message;
    this.#response = response;
    this.#out = response;
    this.#options = options;
    response.on('close', () => this.#onClose());
  }

  /** The request goes to a site. */
  attach(site: Site): void {
    this.#site = site;
    this.#allowed = site.responseBodyBytes;
    site.begin();
  }

  /** What the request carries, where that is read as it comes. */
  carry(body: HostBody): void {
    this.#body = body;
  }

  /** The response is out, or the connection gone. */
  get isOver(): boolean {
    return this.#closed;
  }

  /** Tells a client that waits for it to send its body. */
  askForBody(): void {
    this.#response.writeContinue();
    this.#isAsked = true;
  }

  started(event: RunningEvent, coldStart: boolean): void {
    this.#event = event;
    this.#coldStart = coldStart;
    if (this.#closed) event.clientGone();
  }

  send(status: number, statusText: string, headers: string, body: string | Uint8Array | undefined, isEncoded?: boolean): void {
    const length = body === undefined ? 0 : typeof body === 'string' ? body.length : body.byteLength;
    if (length < LARGE_BYTES) return this.#write(status, statusText, headers, lengthOf(body), body, isEncoded);
    if (this.#hold(length)) largeBodies.push(() => this.#write(status, statusText, headers, lengthOf(body), body, isEncoded));
    else this.refuse('tooBusy', MUCH_UNSENT);
  }

  /** Counts bytes that are to go out. False where the app has too many already. */
  #hold(bytes: number): boolean {
    if (this.#closed) return true;
    const isHeld = unsent.add(this.#site?.app ?? '', this, bytes);
    if (isHeld) this.#isHeld = true;
    return isHeld;
  }

  #letGo(): void {
    if (this.#isHeld) unsent.remove(this.#site?.app ?? '', this);
    this.#isHeld = false;
  }

  giveUp(): void {
    this.#breakOff('clientTooSlow');
  }

  #write(status: number, statusText: string, headers: string, length: number, body: string | Uint8Array | undefined, isEncoded?: boolean): void {
    if (this.#closed) return;
    if (length > this.#allowed) return this.refuse('responseTooLarge', `a response of ${length} bytes, where ${this.#allowed} are allowed`);
    try {
      const head = readResponseHead(status, statusText, headers);
      const isHead = this.#message.method === 'HEAD';
      const coding = isEncoded === true || (body === undefined && !isHead) ? undefined : head.coding;
      // The answer to HEAD tells the length of what it does not carry: what the app says, or what there would be.
      const declared = isHead ? (head.length ?? (coding === undefined && length > 0 ? length : undefined)) : coding === undefined ? length : undefined;
      if (status !== 204 && (status !== 304 || isHead) && declared !== undefined) head.headers.push('content-length', String(declared));
      this.#pushOwn(head.headers);
      this.#response.writeHead(status, head.statusText, head.headers);
      if (coding !== undefined && !isHead) {
        codeInto(this.#response, coding).end(body);
        this.#bytesOut += length;
        return;
      }
      // Plain ASCII needs no encoding on its way out. Of other text Node would make one string with the head, whose bytes are none of UTF-8's.
      if (typeof body !== 'string') this.#response.end(body);
      else if (length === body.length && length < LARGE_BYTES) this.#response.end(body, 'latin1');
      else this.#response.end(Buffer.from(body));
      this.#bytesOut += length;
    } catch (error) {
      this.#invalid(error);
    }
  }

  start(status: number, statusText: string, headers: string, isEncoded?: boolean, said?: string): boolean {
    if (this.#closed) return true;
    if (this.#message.method === 'HEAD') {
      // The head is the whole answer. The app goes on, as on Workers: it need not hear that nobody reads what it makes.
      this.#discarded = 0;
      this.#write(status, statusText, said === undefined ? headers : withFlatHeader(headers, 'content-length', said), 0, undefined, isEncoded);
      return false;
    }
    this.#start(status, statusText, headers, isEncoded);
    return true;
  }

  #start(status: number, statusText: string, headers: string, isEncoded: boolean | undefined): void {
    try {
      const head = readResponseHead(status, statusText, headers);
      const coding = isEncoded === true ? undefined : head.coding;
      this.#left = head.length;
      if (head.length !== undefined && coding === undefined) head.headers.push('content-length', String(head.length));
      this.#pushOwn(head.headers);
      this.#response.writeHead(status, head.statusText, head.headers);
      // Server-sent events must not wait for the first chunk.
      this.#response.flushHeaders();
      if (coding !== undefined) this.#out = codeInto(this.#response, coding);
    } catch (error) {
      this.#invalid(error);
    }
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    const out = this.#out;
    if (this.#discarded !== undefined) this.#discard(chunk);
    if (this.#closed || out.writableEnded) return undefined;
    if (!this.#admit(chunk)) return undefined;
    if (out.write(chunk)) return undefined;
    if (chunk.byteLength >= LARGE_BYTES && !this.#hold(chunk.byteLength)) this.giveUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      if (chunk.byteLength >= LARGE_BYTES) this.#letGo();
      out.off('drain', done);
      this.#response.off('close', done);
      resolve();
    };
    out.once('drain', done);
    this.#response.once('close', done);
    return promise;
  }

  /** Nobody reads the chunk. Enough of them, and the app is told. */
  #discard(chunk: Uint8Array): void {
    this.#discarded = (this.#discarded ?? 0) + chunk.byteLength;
    if (this.#discarded > MOST_DISCARDED) this.#event?.clientGone();
  }

  /** Counts a chunk of the body. False where it is more than was announced, or may be: the response is broken off. */
  #admit(chunk: Uint8Array): boolean {
    if (this.#left !== undefined) this.#left -= chunk.byteLength;
    const isTooLarge = this.#bytesOut + chunk.byteLength > this.#allowed;
    if (isTooLarge) this.#breakOff('responseTooLarge');
    else if (this.#left !== undefined && this.#left < 0) this.abort();
    else this.#bytesOut += chunk.byteLength;
    return !this.#response.destroyed;
  }

  end(): void {
    if (this.#closed || this.#out.writableEnded) return;
    if (this.#left !== undefined && this.#left > 0) this.abort();
    else this.#out.end();
  }

  abort(failure?: EventFailure): void {
    if (failure !== undefined) this.#error ??= errorLine(failure.error);
    this.#breakOff(failure === undefined ? 'responseAborted' : ClientErrors[failure.name].outcome);
  }

  #breakOff(outcome: string): void {
    if (this.#closed || this.#response.destroyed || this.#discarded !== undefined) return;
    this.#outcome = outcome;
    this.#response.destroy();
  }

  async pipe(status: number, statusText: string, headers: string, body: HostBody, isEncoded?: boolean): Promise<void> {
    if (this.#closed || this.#message.method === 'HEAD') {
      body.cancel();
      this.#write(status, statusText, headers, 0, undefined, isEncoded);
      return;
    }
    this.#start(status, statusText, headers, isEncoded);
    if (!this.#response.headersSent || this.#closed) return body.cancel();
    let source: Readable;
    try {
      source = body.stream();
    } catch {
      // The app has begun to read it.
      body.cancel();
      return this.abort();
    }
    if (await pumpBody(source, this.#out, (chunk) => this.#admit(chunk))) this.end();
    else this.abort();
  }

  upgrade(headers: string): MessageSocket | undefined {
    if (this.#closed) return undefined;
    const { upgrade, requestId } = this.#options;
    if (upgrade === undefined) {
      // It asked, but in a way that nobody can answer: not the app's fault.
      if (this.#message.headers.upgrade?.toLowerCase() === 'websocket') this.refuse('badRequest', 'an invalid WebSocket handshake');
      else this.#invalid(new Error('Worker tried to return a WebSocket in a response to a request which did not contain the header "Upgrade: websocket".'));
      return undefined;
    }
    try {
      const socket = upgrade.accept(headers, requestId, () => this.#onClose());
      this.#isUpgraded = true;
      // An open socket is not a request in flight: should the engine die, the app is not to blame for having it.
      this.#site?.finish();
      return socket;
    } catch (error) {
      this.#invalid(error);
      return undefined;
    }
  }

  fail(failure: EventFailure): void {
    const name = this.#body?.exceeded === true ? 'bodyTooLarge' : failure.name;
    this.refuse(name, errorLine(failure.error), failure);
  }

  /** Answers with an error of the platform's. `reason` is for the log, and for developers. */
  refuse(name: ClientErrorName, reason: string, failure?: EventFailure): void {
    const error = ClientErrors[name];
    this.#outcome = error.outcome;
    this.#error = reason;
    if (this.#closed) return;
    if (this.#response.headersSent) return this.abort();
    const page = this.#options.pages.render(name, this.#options.requestId, wantsHtml(this.#message.headers.accept), failure?.error.stack ?? reason);
    const headers = ['content-type', page.type, 'content-length', String(Buffer.byteLength(page.body)), 'x-request-id', this.#options.requestId];
    const isUnasked = this.#options.expectsContinue && !this.#isAsked;
    if ((!this.#message.complete && (isUnasked || error.fault === 'client')) || this.#options.isDraining()) headers.push('connection', 'close');
    this.#response.writeHead(error.status, headers);
    this.#response.end(page.body);
    this.#bytesOut += Buffer.byteLength(page.body);
  }

  /** Adds the headers that are the platform's. */
  #pushOwn(headers: string[]): void {
    headers.push('x-request-id', this.#options.requestId);
    if (this.#options.isDraining()) headers.push('connection', 'close');
  }

  /** The tenant's response cannot be written. */
  #invalid(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.refuse('exception', message, { name: 'exception', error: { name: 'TypeError', message, stack: `TypeError: ${message}` }, passThrough: false });
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#letGo();
    const finished = this.#isUpgraded || this.#response.writableFinished;
    if (!finished && this.#outcome === 'ok') this.#outcome = 'clientClosed';
    if (this.#discarded === undefined) this.#event?.clientGone();
    if (!finished) this.#body?.cancel();
    else if (!this.#message.complete) boundRest(this.#message);
    const site = this.#site;
    if (!this.#isUpgraded) site?.finish();
    const { observer, requestId, host, target, started } = this.#options;
    const query = target.indexOf('?');
    observer.request({
      app: site?.app ?? '',
      version: site?.version ?? '',
      requestId,
      method: this.#message.method ?? '',
      host,
      path: query === -1 ? target : target.slice(0, query),
      status: this.#isUpgraded ? 101 : this.#response.headersSent ? this.#response.statusCode : 0,
      durationMs: performance.now() - started,
      cpuMs: this.#event?.cpuMs ?? 0,
      bytesIn: newBytes(this.#message.socket),
      bytesOut: this.#bytesOut,
      coldStart: this.#coldStart,
      outcome: this.#outcome,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    });
  }
}
