/**
 * The admin port: is the platform alive, is it ready, how is it doing. It asks for no password, which is why it
 * listens on loopback unless told otherwise, refuses foreign Host headers, and changes nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AppRecord } from '../protocol/engine.ts';
import { isTrustedHost } from './host-check.ts';

/** What the admin port shows; the supervisor implements it. */
export interface AdminSource {
  /** At least one engine listens and has its app table. */
  isReady(): boolean;
  apps(): readonly AppRecord[];
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
}

export type AdminServer = { readonly port: number; close(): Promise<void> };

const ROUTES = new Map<string, (source: AdminSource, response: ServerResponse) => void | Promise<void>>([
  ['/healthz', (_source, response) => sendText(response, 200, 'ok\n')],
  ['/readyz', (source, response) => (source.isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'not ready\n'))],
  ['/metrics', async (source, response) => send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await source.metrics())],
  ['/apps', (source, response) => send(response, 200, 'application/json', JSON.stringify({ apps: source.apps().map(summary) }))],
]);

/** @throws what listening throws */
export async function startAdminServer(source: AdminSource, host: string, port: number): Promise<AdminServer> {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) => {
    handle(source, host, request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'internal error\n');
      else response.destroy();
    });
  });
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

async function handle(source: AdminSource, configured: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  if (!isTrustedHost(request.headers.host, configured))
    return sendText(response, 421, 'this is the admin port of this machine: use its address or localhost\n');
  const route = ROUTES.get((request.url ?? '').split('?')[0] as string);
  if (route === undefined) return sendText(response, 404, `not here; there are ${[...ROUTES.keys()].join(', ')}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendText(response, 405, 'only GET\n');
  }
  await route(source, response);
}

function summary(app: AppRecord): Record<string, unknown> {
  return { name: app.name, version: app.version, state: app.state, ...(app.state === 'ready' ? {} : { reason: app.reason }) };
}

function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
