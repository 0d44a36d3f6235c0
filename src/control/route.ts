/** The admin port's routes: a method, a path with named parts, and what answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type AdminCall = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What stands before the machine's name in the Host header, for routes that take it. */
  readonly subdomain: string | undefined;
};

export type AdminRoute = {
  /** "GET" answers HEAD, too. */
  readonly method: string;
  /** "/apps/:name/usage"; a last part "*" takes the rest of the path. */
  readonly path: string;
  /** It also answers where something stands before the machine's name, and sees to its safety itself. */
  readonly takesSubdomain?: true;
  handle(call: AdminCall): void | Promise<void>;
};

export type Match = { route: AdminRoute; params: Record<string, string> };

/** The route of a path, or the methods that there are for it, or undefined where there is nothing. */
export function findRoute(routes: readonly AdminRoute[], method: string, path: string): Match | { allow: string[] } | undefined {
  const allow = new Set<string>();
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    if (route.method === method || route.method === '*' || (route.method === 'GET' && method === 'HEAD')) return { route, params };
    allow.add(route.method);
    if (route.method === 'GET') allow.add('HEAD');
  }
  return allow.size === 0 ? undefined : { allow: [...allow] };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (part === '*') return { ...params, '*': given.slice(at).join('/') };
    const value = given[at];
    if (value === undefined || (!part.startsWith(':') && part !== value)) return undefined;
    if (!part.startsWith(':')) continue;
    try {
      params[part.slice(1)] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return given.length === wanted.length ? params : undefined;
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

export function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

/** A request's body as text. @throws RangeError where it is longer than `most` bytes */
export async function readText(request: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new RangeError(`the body is longer than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
