/**
 * The data plane's HTTP server: takes requests off the wire and hands them to their site.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SiteDirectory } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { Observer } from '../ports/observer.ts';
import { Openings } from '../base/openings.ts';
import { Connections } from './connections.ts';
import { developerPages, productionPages } from './error-pages.ts';
import { Exchange } from './exchange.ts';
import { Peers } from './peer.ts';
import { Pipelines } from './pipelines.ts';
import { KEEP_MS, type Passage } from './relay.ts';
import { readHead } from './request-head.ts';
import { requestId } from './request-id.ts';
import { handleScheduledRoute } from './scheduled-route.ts';
import { closeInStages } from './unread.ts';
import { isHandshake, type Upgrade, type Upgrades } from './upgrade.ts';
import { mayBeWhole, takeWhole } from './whole-body.ts';

/** While draining: what a connection without a request gets to send the one that may be under way. */
const IDLE_GRACE_MS = 200;
/** Behind the front: longer than the front keeps an idle connection, so that it is always the front that ends one. */
const FRONT_GRACE_MS = 2 * KEEP_MS;
const FRONT_IDLE_MS = 60 * KEEP_MS;
export const TOO_MANY_OPEN = 'the app has too many connections and files open';
/** What the front adds to a head. */
const FRONT_HEADER_BYTES = 4096;

export type ListenerOptions = {
  /** What apps and clients have open in this process. */
  openings?: Openings;
  sites: SiteDirectory;
  observer: Observer;
  /** Makes a host body of an incoming request; `length` is undefined when it is not declared. */
  openBody(message: IncomingMessage, limit: number, length: number | undefined): HostBody;
  /** Sets a client's new connection up. */
  prepare?: ((socket: Socket) => void) | undefined;
  /** Normalises a Host header; undefined when it is malformed. */
  normaliseHost(raw: string): string | undefined;
  /** Where there are WebSockets. */
  upgrades?: Upgrades;
  /** What takes a request that is in order, where another process serves it. */
  elsewhere?(host: string, target: string): ((passage: Passage) => void) | undefined;
  /** Only the front process can connect: what it says of clients is true, and their time-outs are its business. */
  isBehindFront?: boolean;
  urlBytes: number;
  headerBytes: number;
  /** Milliseconds a client may take for the head of a request. */
  headMs: number;
  idleMs: number;
  /** Addresses and networks of reverse proxies. */
  trustedProxies: readonly string[];
  dev: boolean;
};

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #peers: Peers;
  #draining = false;
  readonly #isDraining = (): boolean => this.#draining;
  readonly #pipelines = new Pipelines();
  readonly #connections: Connections;

  constructor(options: ListenerOptions) {
    this.#options = options;
    // The front expects no engine to close a connection that a request may just be sent on.
    this.#connections = new Connections(options.openings ?? new Openings({ limit: Number.POSITIVE_INFINITY }), options.isBehindFront !== true);
    this.#peers = new Peers(options.isBehindFront === true ? 'everybody' : options.trustedProxies);
    this.#server = createServer(
      {
        maxHeaderSize: options.headerBytes + (options.isBehindFront === true ? FRONT_HEADER_BYTES : 0),
        headersTimeout: options.headMs,
        // A body may take as long as it makes progress: see the idle time-out.
        requestTimeout: 0,
        keepAliveTimeout: options.isBehindFront === true ? FRONT_IDLE_MS : options.idleMs,
        connectionsCheckingInterval: 1000,
        insecureHTTPParser: false,
        requireHostHeader: false,
        noDelay: true,
        // What asks for another protocol, asks wrongly, or before the requests ahead of it have their answers, is an ordinary request.
        shouldUpgradeCallback: (message: IncomingMessage) => options.upgrades !== undefined && isHandshake(message) && !this.#pipelines.isBusy(message.socket),
      },
      (message, response) => this.#take(message, response),
    );
    this.#server.maxRequestsPerSocket = 0;
    this.#server.setTimeout(this.#options.idleMs, (socket) => {
      if (!this.#waitsForApp(socket)) socket.destroy();
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      closeInStages(socket, () => this.#pipelines.current(socket)?.req);
      options.prepare?.(socket);
    });
    // A connection that cannot be accepted, for want of a descriptor, is no reason to end. The watch over descriptors tells of it.
    this.#server.on('error', () => {});
    this.#server.on('clientError', (error, socket) => this.#refuse(error as NodeJS.ErrnoException, socket));
    // A body is asked for once it is known that there is somebody to take it, and that it is not too long.
    this.#server.on('checkContinue', (message, response) => this.#take(message, response, undefined, true));
    // Other expectations are the app's to answer. @see RFC 9110, 10.1.1
    this.#server.on('checkExpectation', (message, response) => this.#take(message, response));
    this.#server.on('upgrade', (message, socket, head) => {
      const upgrade = options.upgrades?.begin(message, socket, head);
      if (upgrade === undefined) socket.destroy();
      else this.#take(message, upgrade.response, upgrade);
    });
    this.#server.on('connect', (_message, socket) => {
      // Node's listeners are gone by now; an error on a connection must not bring down the process.
      socket.on('error', () => {});
      this.#refuse(undefined, socket);
    });
  }

  get server(): Server {
    return this.#server;
  }

  /** Starts listening, on a port or on a socket inherited as a file descriptor. Resolves to the port. */
  listen(where: { port: number; host: string } | { fd: number }): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once('error', reject);
    this.#server.listen(where, () => {
      this.#server.off('error', reject);
      const address = this.#server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
    return promise;
  }

  /** Stops accepting; resolves when the last response is out. Connections are closed as they fall idle. */
  drain(): Promise<void> {
    this.#draining = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const graceMs = this.#options.isBehindFront === true ? FRONT_GRACE_MS : IDLE_GRACE_MS;
    const closing = setInterval(() => this.#server.closeIdleConnections(), graceMs);
    // Not the HTTP server's own close(), which cuts connections whose request is just on its way.
    TcpServer.prototype.close.call(this.#server, () => {
      clearInterval(closing);
      resolve();
    });
    this.#options.upgrades?.drain();
    return promise;
  }

  /** Cuts every connection. */
  destroy(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#options.upgrades?.destroy();
  }

  #take(message: IncomingMessage, response: ServerResponse, upgrade?: Upgrade, expectsContinue = false): void {
    this.#pipelines.enter(message, response, () => this.#handle(message, response, upgrade, expectsContinue));
  }

  #handle(message: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined, expectsContinue: boolean): void {
    const started = performance.now();
    const stay = this.#connections.begin(message.socket, upgrade === undefined ? response : message.socket);
    const { sites, observer, dev } = this.#options;
    const head = readHead(message);
    const rawHost = typeof head === 'string' ? undefined : head.host;
    const host = rawHost === undefined ? undefined : this.#options.normaliseHost(rawHost);
    const target = typeof head === 'string' ? '' : head.target;
    const id = requestId(typeof head === 'string' ? undefined : head.requestId);
    const exchangeOf = (): Exchange =>
      new Exchange(message, response, {
        observer,
        pages: dev ? developerPages : productionPages,
        requestId: id,
        host: host ?? '',
        target,
        started,
        isDraining: this.#isDraining,
        expectsContinue,
        upgrade,
      });
    const isInOrder = typeof head !== 'string' && host !== undefined && target.length <= this.#options.urlBytes;
    const relay = isInOrder ? this.#options.elsewhere?.(host, target) : undefined;
    if (relay !== undefined && typeof head !== 'string') {
      const origin = this.#peers.originOf(message.socket, head.forwarded);
      const refuse: Passage['refuse'] = (name, reason) => exchangeOf().refuse(name, reason);
      const { hasBody } = head;
      const enter = (app: string): boolean => stay.enter(app, true);
      return relay({ message, response, upgrade, requestId: id, origin, hasBody, expectsContinue, isDraining: this.#isDraining, enter, refuse });
    }
    const exchange = exchangeOf();
    if (typeof head === 'string') return exchange.refuse('badRequest', head);
    if (host === undefined) return exchange.refuse('badRequest', 'a missing or malformed Host header');
    if (target.length > this.#options.urlBytes) return exchange.refuse('urlTooLong', `a URL of ${target.length} bytes`);
    const site = sites.find(host, target);
    if (site === undefined)
      return exchange.refuse('unknownHost', dev ? `nano dev does not know the host ${host}: --allowed-host ${host} lets it in` : `no app for ${host}`);
    exchange.attach(site);
    if (site.refusal !== undefined) return exchange.refuse(site.refusal.name, site.refusal.reason);
    if (!stay.enter(site.app)) return exchange.refuse('tooBusy', TOO_MANY_OPEN);
    if (dev && handleScheduledRoute(target, message.headers, id, site, exchange)) return;
    if (head.length !== undefined && head.length > site.requestBodyBytes)
      return exchange.refuse('bodyTooLarge', `a body of ${head.length} bytes, where ${site.requestBodyBytes} are allowed`);
    if (expectsContinue && head.hasBody) exchange.askForBody();
    const origin = this.#peers.originOf(message.socket, head.forwarded);
    const flat = `${message.method}\n${origin.scheme}://${rawHost}${target}\nhost\n${rawHost}${head.headers}${origin.headers}\nx-request-id\n${id}`;
    const pass = (body: HostBody | undefined, inline?: string | Uint8Array | undefined): void =>
      site.fetch({ requestId: id, head: flat, body, cf: undefined, entrypoint: undefined, inline }, exchange);
    // An empty body is one all the same, as on Workers; but a GET with one could not be made into another Request.
    if (!head.hasBody) return pass(undefined, head.length === 0 && message.method !== 'GET' && message.method !== 'HEAD' ? '' : undefined);
    const stream = (): void => {
      const body = this.#options.openBody(message, site.requestBodyBytes, head.length);
      exchange.carry(body);
      pass(body);
    };
    if (expectsContinue || !mayBeWhole(head.length)) return stream();
    setImmediate(() => {
      if (exchange.isOver) return;
      const whole = takeWhole(message, site.requestBodyBytes);
      if (whole === undefined) stream();
      else pass(undefined, whole);
    });
  }

  /** Answers what is no request. */
  #refuse(error: NodeJS.ErrnoException | undefined, socket: Duplex): void {
    // What would be written now would be taken for a part of the response that is on its way.
    if (this.#pipelines.isBusy(socket) && this.#pipelines.current(socket)?.headersSent === true) socket.destroy();
    const status = refuseConnection(error, socket);
    if (status === 0) return;
    const { bytesRead = 0, bytesWritten = 0 } = socket as Partial<Socket>;
    this.#options.observer.request({
      app: '',
      version: '',
      requestId: '',
      method: '',
      host: '',
      path: '',
      status,
      durationMs: 0,
      cpuMs: 0,
      bytesIn: bytesRead,
      bytesOut: bytesWritten,
      coldStart: false,
      outcome: 'badRequest',
      error: error?.message ?? 'CONNECT is not served',
    });
  }

  /** Is it the app that a quiet connection waits for, and not the client, with the next request, the rest of a body or room for an answer? */
  #waitsForApp(socket: Socket): boolean {
    const response = this.#pipelines.current(socket);
    if (response === undefined || response.writableFinished || socket.writableLength > 0) return false;
    return response.req.complete || response.req.readableLength > 0;
  }
}

/** @returns the status; 0 where nobody is there to hear it */
const refuseConnection = (error: NodeJS.ErrnoException | undefined, socket: Duplex): number => {
  if (error?.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return 0;
  }
  const status = error?.code === 'HPE_HEADER_OVERFLOW' ? 431 : error?.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const text = `${STATUS_CODES[status]}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
  return status;
};
