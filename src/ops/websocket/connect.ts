/**
 * The opening handshake of an outgoing WebSocket, over a connection that the app's rules allow.
 *
 * Contract, binding on changes to this file: the only way to the network is `Egress.connect`, which judges
 * the name and the address; redirects are not followed; the headers of the handshake are ours alone.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Egress } from '../../ports/egress.ts';
import type { MessageSocket } from '../../ports/message-socket.ts';
import { aborted, tellTenant } from '../network-errors.ts';
import { type HeaderPairs, readPairs, requestHeaders } from '../outbound-headers.ts';
import { OpError } from '../../base/op-error.ts';
import { SOCKET_LIMITS } from './limits.ts';
import { WS_OPTIONS, WsSocket } from './ws-socket.ts';

const MOST_HEADER_BYTES = 128 * 1024;

export type Target = { url: URL; protocols: string[]; headers: Record<string, string[]> };
/** `response` is the upstream's head; its body is unread unless there is a socket. */
export type Opened = { response: IncomingMessage; socket: MessageSocket | undefined };

/** Checks where the app wants to go. Any string may come. */
export function readTarget(url: unknown, protocols: unknown, headers: unknown): Target {
  const parsed = typeof url === 'string' && url.length <= 65_536 ? URL.parse(url) : null;
  if (parsed === null || !['ws:', 'wss:', 'http:', 'https:'].includes(parsed.protocol)) throw new OpError('TypeError', 'Invalid URL.');
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:';
  if (parsed.protocol === 'https:') parsed.protocol = 'wss:';
  parsed.hash = '';
  if (typeof protocols !== 'string' || typeof headers !== 'string' || headers.length > 1024 * 1024) throw new OpError('TypeError', 'Invalid headers.');
  const pairs = readPairs(headers);
  const list = protocols === '' ? protocolsOf(pairs) : protocols.split(',');
  return { url: parsed, protocols: list, headers: handshakeHeaders(pairs) };
}

function protocolsOf(pairs: HeaderPairs): string[] {
  const list: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i]?.toLowerCase() !== 'sec-websocket-protocol') continue;
    for (const each of pairs[i + 1]?.split(',') ?? []) list.push(each.trim());
  }
  return list;
}

/** What may leave of the app's headers beside the handshake's own. */
function handshakeHeaders(pairs: HeaderPairs): Record<string, string[]> {
  const wanted: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = (pairs[i] ?? '').toLowerCase();
    if (name !== 'upgrade' && !name.startsWith('sec-websocket-')) wanted.push(name, pairs[i + 1] ?? '');
  }
  const kept = requestHeaders(wanted, undefined);
  const headers: Record<string, string[]> = { __proto__: null } as never;
  for (let i = 0; i < kept.length; i += 2) {
    const name = kept[i] as string;
    // A refusal's body is passed on as it comes.
    if (name !== 'accept-encoding') (headers[name] ??= []).push(kept[i + 1] as string);
  }
  return headers;
}

/** Connects and shakes hands. Rejects with an OpError; a refusal by the upstream is an answer. */
export function openOutgoing(egress: Egress, { url, protocols, headers }: Target, signal: AbortSignal): Promise<Opened> {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const secure = url.protocol === 'wss:';
  const port = Number(url.port) || (secure ? 443 : 80);
  return new Promise<Opened>((resolve, reject) => {
    if (signal.aborted) return reject(aborted());
    let ws: WebSocket;
    let raw: import('node:net').Socket | undefined;
    let response: IncomingMessage | undefined;
    try {
      ws = new WebSocket(url, protocols, {
        ...WS_OPTIONS,
        headers: headers as never,
        handshakeTimeout: SOCKET_LIMITS.handshakeMs,
        maxHeaderSize: MOST_HEADER_BYTES,
        createConnection: ((_options: unknown, done: (error: Error | null, socket?: unknown) => void): undefined => {
          egress.connect({ host, port, secure }).then(
            (socket) => {
              raw = socket;
              if (signal.aborted) socket.destroy();
              done(null, socket);
            },
            (error: Error) => done(error),
          );
        }) as never,
      });
    } catch {
      return reject(new OpError('TypeError', 'The WebSocket handshake is not valid: a subprotocol or a header.'));
    }
    const abort = (): void => {
      ws.on('error', () => {});
      ws.terminate();
      raw?.destroy();
      reject(aborted());
    };
    const finish = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    ws.on('upgrade', (head) => {
      response = head;
    });
    ws.once('open', () => {
      finish();
      if (response === undefined || raw === undefined) return ws.terminate();
      resolve({ response, socket: new WsSocket(ws, raw) });
    });
    ws.once('unexpected-response', (request, refusal) => {
      finish();
      refusal.once('close', () => request.destroy());
      resolve({ response: refusal, socket: undefined });
    });
    ws.on('error', (error: Error) => {
      finish();
      reject(tellFailure(error, host));
    });
  });
}

/** ws has its own errors for a handshake that is none; they have no code. */
function tellFailure(error: Error & { code?: unknown }, host: string): OpError {
  if (error.code === undefined && !(error instanceof OpError))
    return new OpError(
      'TypeError',
      `The WebSocket handshake with "${host}" failed: ${/timed out/.test(error.message) ? 'it took too long' : 'the answer is not valid'}.`,
    );
  return tellTenant(error, host);
}
