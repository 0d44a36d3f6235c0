/**
 * The admin port: is the platform alive, is it ready, how is it doing. It asks for no password, which is why it
 * listens on loopback unless told otherwise and refuses foreign Host headers: a page in a browser cannot reach it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AppRecord } from '../protocol/engine.ts';
import { isTrustedHost, subdomainOf } from './host-check.ts';
import { type AdminRoute, findRoute, send, sendJson, sendText } from './route.ts';

/** What an app has used since the supervisor started, and holds now. */
export type AppUsage = {
  cpuSeconds: number;
  isolates: number;
  heapBytes: number;
  /** Array buffers. */
  externalBytes: number;
  wasmBytes: number;
  /** By status class: "2xx", … */
  requests: Record<string, number>;
  /** By outcome. */
  subrequests: Record<string, number>;
  /** As they came from the network, heads of requests included. */
  bytesIn: number;
  /** Bodies of responses. */
  bytesOut: number;
  exceptions: number;
  /** On the disk, in bytes by product; and how much that may be (null: there is no limit). */
  storage: { bytes: Record<string, number>; limit: number | null };
  /** By limit. */
  limitHits: Record<string, number>;
  /** Engines that ended because of it. */
  engineDeaths: number;
};

/** What the admin port shows; the supervisor implements it. */
export interface AdminSource {
  /** At least one engine listens and has its app table. */
  isReady(): boolean;
  apps(): readonly AppRecord[];
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  usage(app: string): Promise<AppUsage>;
}

const IDLE_MS = 60_000;
/** Whoever opens more leaves the supervisor the descriptors that it starts engines with. */
const MOST_CONNECTIONS = 1000;
/** Bytes of a body that nobody has read for which a connection is worth keeping. */
const MOST_UNWANTED = 1024 * 1024;
/** How long whoever sends more gets to hear the answer: a connection that is closed under what is being sent loses it. */
const LINGER_MS = 1000;

export type AdminServer = { readonly port: number; close(): Promise<void> };

function ownRoutes(source: AdminSource): AdminRoute[] {
  const known = (name: string | undefined): AppRecord | undefined => source.apps().find((app) => app.name === name);
  return [
    { method: 'GET', path: '/healthz', handle: ({ response }) => sendText(response, 200, 'ok\n') },
    {
      method: 'GET',
      path: '/readyz',
      handle: ({ response }) => (source.isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'not ready\n')),
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async ({ response }) => send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await source.metrics()),
    },
    { method: 'GET', path: '/apps', handle: ({ response }) => sendJson(response, 200, { apps: source.apps().map(summary) }) },
    {
      method: 'GET',
      path: '/apps/:name',
      handle: ({ response, params }) => {
        const app = known(params['name']);
        if (app === undefined) sendText(response, 404, 'there is no app of that name\n');
        else sendJson(response, 200, summary(app));
      },
    },
    {
      method: 'GET',
      path: '/apps/:name/usage',
      handle: async ({ response, params }) => {
        const app = known(params['name']);
        if (app === undefined) sendText(response, 404, 'there is no app of that name\n');
        else sendJson(response, 200, { name: app.name, ...(await source.usage(app.name)) });
      },
    },
  ];
}

/**
 * @param more routes of other parts, with their own checks
 * @throws what listening throws
 */
export async function startAdminServer(source: AdminSource, host: string, port: number, more: readonly AdminRoute[] = []): Promise<AdminServer> {
  const routes = [...ownRoutes(source), ...more];
  // An upload to a bucket may take hours; a connection on which nothing comes or goes may not.
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 0 }, (request, response) => {
    handle(routes, host, request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'internal error\n');
      else response.destroy();
    });
  });
  server.setTimeout(IDLE_MS);
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(routes: readonly AdminRoute[], configured: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.on('error', () => {});
  response.once('finish', () => drop(request));
  // By this a command line knows what it talks to.
  response.setHeader('x-nano-admin', '1');
  const subdomain = subdomainOf(request.headers.host, configured);
  const isForeign = !isTrustedHost(request.headers.host, configured);
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (isForeign && (subdomain === undefined || !takesSubdomain(findRoute(routes, request.method ?? '', path))))
    return sendText(response, 421, 'this is the admin port of this machine: use its address or localhost\n');
  // A page in a browser may send something without asking; it cannot hide that it did.
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (!isReading && request.headers.origin !== undefined) return sendText(response, 403, 'not from a web page\n');
  const found = findRoute(routes, request.method ?? '', path);
  if (found === undefined) return sendText(response, 404, `not here; there are ${[...new Set(routes.map((route) => route.path))].join(', ')}\n`);
  if ('allow' in found) {
    response.setHeader('allow', found.allow.join(', '));
    return sendText(response, 405, `only ${found.allow.join(', ')}\n`);
  }
  await found.route.handle({ request, response, params: found.params, query: new URLSearchParams(query), subdomain });
}

/** What nobody has read is thrown away before the connection's next request; where that is much, or may go on for ever, the connection ends. */
function drop(request: IncomingMessage): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (request.complete || (coding === undefined && Number(length) <= MOST_UNWANTED)) return;
  const timer = setTimeout(() => request.socket.destroySoon(), LINGER_MS);
  request.once('close', () => clearTimeout(timer)).resume();
}

const takesSubdomain = (found: ReturnType<typeof findRoute>): boolean => found !== undefined && 'route' in found && found.route.takesSubdomain === true;

function summary(app: AppRecord): Record<string, unknown> {
  return {
    name: app.name,
    version: app.version,
    group: app.group,
    state: app.state,
    ...(app.state === 'ready' ? {} : { reason: app.reason }),
    ...(app.aside === undefined ? {} : { setAside: true }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      // From now on it is connections that cannot be accepted, which are no reason to end.
      server.off('error', reject).on('error', () => {});
      resolve();
    });
  });
}
