/**
 * Outbound HTTP under an app's rules.
 *
 * Contract, binding on changes to this file: every hop is judged before a name is resolved and again
 * when its address is known; every failure is an OpError a tenant may read; a request that fails or is
 * aborted leaves no body open.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ConnectTarget, Egress, EgressPolicy, OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import { StreamBody } from '../body-stream.ts';
import { OpError } from '../../base/op-error.ts';
import type { EgressAgents, EgressOwner } from './agents.ts';
import { decodeBody, isDecodable } from '../content-codings.ts';
import { aborted, EgressRefusedError, tellTenant } from '../network-errors.ts';
import { type HeaderPairs, headerList, headerValue, isToken, readPairs, requestHeaders, responseHeaders } from '../outbound-headers.ts';
import { type HopResponse, sendHop } from './hop.ts';
import type { CompiledPolicy } from './policy.ts';
import { isRedirect, MOST_REDIRECTS, nextRequest } from './redirect.ts';

/** Methods fetch never sends. @see https://fetch.spec.whatwg.org/#forbidden-method */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);
const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);
/** Of a body nobody wants: read to keep the connection, or cut. */
const MOST_BYTES_DUMPED = 64 * 1024;

/** For what the operator has named. The platform's own endpoints stay closed. */
const EVERYTHING: EgressPolicy = { private: 'all', allow: [], privateAllow: [], deny: [] };

type Current = { url: URL; method: string; headers: HeaderPairs; body: OutboundRequest['body'] };

export class UndiciEgress implements Egress {
  readonly #agents: EgressAgents;
  readonly #policy: CompiledPolicy;
  readonly #owner: EgressOwner;
  readonly #connectors = new Map<string, ReturnType<EgressAgents['connector']>>();

  /** Throws EgressPatternError for rules that cannot be understood. */
  constructor(agents: EgressAgents, policy: EgressPolicy, owner: EgressOwner = { app: '' }) {
    this.#agents = agents;
    this.#owner = owner;
    this.#policy = agents.compile(policy);
  }

  async fetch(request: OutboundRequest, onHop: () => void): Promise<OutboundResponse> {
    let host = '';
    try {
      let current = prepare(request);
      const isStream = request.body instanceof Readable;
      for (let redirects = 0; ; redirects++) {
        host = current.url.hostname;
        this.#judge(current.url);
        const response = await sendHop(this.#agents.get(this.#policy, this.#owner), { ...current, signal: request.signal });
        if (!isRedirect(response.status) || request.redirect === 'manual') return answer(current, response, redirects > 0, request);
        if (request.redirect === 'error') {
          discard(response);
          throw new OpError('TypeError', `"${host}" answered with a redirect, which the request does not allow.`);
        }
        const next = following(current, response, isStream, redirects);
        if (next === undefined) return answer(current, response, redirects > 0, request);
        discard(response);
        onHop();
        current = next;
      }
    } catch (error) {
      if (request.body instanceof Readable) request.body.on('error', () => {}).destroy();
      throw request.signal.aborted ? aborted() : tellTenant(error, host);
    }
  }

  connect({ host, port, secure, isRaw = false, isTrusted = false }: ConnectTarget): Promise<Socket> {
    const open = this.#connector(isRaw, isTrusted);
    return new Promise((resolve, reject) => {
      open({ hostname: host, protocol: secure ? 'https:' : 'http:', port: `${port}` } as never, (error, socket) => {
        if (socket === null) reject(tellTenant(error, host));
        else resolve(socket as Socket);
      });
    });
  }

  async startTls(socket: Socket, host: string, verify: boolean): Promise<Socket> {
    try {
      return await this.#agents.startTls(socket, host, verify);
    } catch (error) {
      throw tellTenant(error, host);
    }
  }

  #connector(isRaw: boolean, isTrusted: boolean): ReturnType<EgressAgents['connector']> {
    const key = `${isRaw} ${isTrusted}`;
    let connector = this.#connectors.get(key);
    if (connector === undefined) {
      connector = this.#agents.connector(isTrusted ? this.#agents.compile(EVERYTHING) : this.#policy, this.#owner, isRaw);
      this.#connectors.set(key, connector);
    }
    return connector;
  }

  #judge(url: URL): void {
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    const refusal = this.#policy.judge(host, Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
    if (refusal !== undefined) throw new EgressRefusedError(refusal);
  }
}

/** Checks and cleans what the tenant asked for. */
function prepare({ method, url: text, headers, body }: OutboundRequest): Current {
  if (!isToken(method) || FORBIDDEN_METHODS.has(method.toUpperCase())) throw new OpError('TypeError', 'Invalid HTTP method.');
  if ((method === 'GET' || method === 'HEAD') && body !== undefined) throw new OpError('TypeError', 'Request with a GET or HEAD method cannot have a body.');
  const url = URL.parse(text);
  if (url === null) throw new OpError('TypeError', 'Invalid URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new OpError('TypeError', `fetch cannot load "${url.protocol}" URLs, only http: and https:.`);
  const pairs = readPairs(headers);
  return { url, method, headers: requestHeaders(pairs, body instanceof Readable ? declaredLength(pairs) : undefined), body };
}

/** The length of a streamed body whose sender vouches for it; undici holds the body to it. */
function declaredLength(pairs: HeaderPairs): number | undefined {
  const value = headerValue(pairs, 'content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** As nextRequest, leaving no body open where it throws. */
function following(current: Current, response: HopResponse, isStream: boolean, redirects: number): Current | undefined {
  try {
    const next = nextRequest(current, response.status, response.headers, isStream && current.body !== undefined);
    if (next !== undefined && redirects >= MOST_REDIRECTS) throw new OpError('TypeError', 'Too many redirects.');
    return next;
  } catch (error) {
    discard(response);
    throw error;
  }
}

function answer({ url, method }: Current, response: HopResponse, redirected: boolean, { signal }: OutboundRequest): OutboundResponse {
  const { status, statusText, headers } = response;
  const fragment = url.href.indexOf('#');
  const shown = fragment === -1 ? url.href : url.href.slice(0, fragment);
  const hasBody = method !== 'HEAD' && !NULL_BODY_STATUSES.has(status);
  const coding = hasBody ? headerList(headers, 'content-encoding') : '';
  const decoded = isDecodable(coding);
  let body: StreamBody | undefined;
  if (hasBody) {
    const explain = (error: unknown): OpError => (signal.aborted ? aborted() : tellTenant(error, url.hostname));
    const stream = decoded ? decodeBody(response.body, coding) : response.body;
    body = new StreamBody(stream, { explain, length: decoded ? undefined : declaredLength(headers) });
  } else discard(response);
  return { status, statusText: cleanText(statusText), headers: responseHeaders(headers, decoded), url: shown, redirected, body };
}

/** Reads a short rest, so that the connection can be used again, and cuts a long one. */
function discard({ body }: HopResponse): void {
  body.on('error', () => {});
  body.dump({ limit: MOST_BYTES_DUMPED }).catch(() => {});
}

function cleanText(statusText: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(statusText) ? statusText : '';
}
