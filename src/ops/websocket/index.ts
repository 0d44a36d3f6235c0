/**
 * The ops on WebSockets.
 *
 * Contract, binding on changes to this file: a socket's number is the isolate's choice and means something
 * to that isolate only; one that is taken is refused. Nothing in the arguments is trusted.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable, pipeline } from 'node:stream';
import type { ServiceTarget } from '../../ports/invoker.ts';
import { Post, Request } from '../../protocol/ops.ts';
import { sinkOf, takeBody } from '../body-sink.ts';
import { StreamBody } from '../body-stream.ts';
import { responseHeaders } from '../outbound-headers.ts';
import type { Handles } from '../handles.ts';
import { aborted } from '../network-errors.ts';
import { OpError } from '../../base/op-error.ts';
import type { EventState, OpContext, Place, PostOp, RequestOp } from '../op.ts';
import { networkHead, networkUrl, outboundOf } from '../outbound-worker.ts';
import { type ServiceAnswer, ServiceClient } from '../service-client.ts';
import { callingEvent, headOf, originOf, serviceAt } from '../service-target.ts';
import { type Opened, openOutgoing, readTarget } from './connect.ts';
import { couple } from './couple.ts';
import { HostSocket } from './host-socket.ts';
import { SOCKET_LIMITS } from './limits.ts';
import { localPair } from './local-pair.ts';

const socketsByIsolate = new WeakMap<Handles, Map<number, HostSocket>>();

function socketsOf(handles: Handles): Map<number, HostSocket> {
  let sockets = socketsByIsolate.get(handles);
  if (sockets === undefined) socketsByIsolate.set(handles, (sockets = new Map()));
  return sockets;
}

/** A socket under a number of the isolate's; throws OpError where there can be none. */
function newSocket(context: OpContext, event: EventState, number: unknown, isResponse = false): HostSocket {
  const sockets = socketsOf(context.handles);
  if (!Number.isSafeInteger(number) || sockets.has(number as number)) throw new OpError('TypeError', 'Invalid socket.');
  if (sockets.size >= SOCKET_LIMITS.sockets) throw new OpError('Error', 'Too many open WebSockets.');
  const socket = new HostSocket(number as number, event, isResponse, () => sockets.delete(number as number));
  sockets.set(number as number, socket);
  return socket;
}

/** The socket of that number, if it is open. */
function socketAt(context: OpContext, number: unknown): HostSocket | undefined {
  return socketsOf(context.handles).get(number as number);
}

/** Counts, waits for a connection of the event's, and shakes hands. */
async function handshake(context: OpContext, event: EventState, socket: HostSocket, url: unknown, protocols: unknown, headers: unknown): Promise<Opened> {
  const target = readTarget(url, protocols, headers);
  event.countSubrequest();
  const release = await event.acquireConnection();
  try {
    return await openOutgoing(context.egress, target, socket.signal);
  } finally {
    release();
  }
}

/** `Post.socketOpen`: new WebSocket. */
async function socketOpen(context: OpContext, eventId: unknown, number: unknown, url: unknown, protocols: unknown): Promise<void> {
  const event = context.event(eventId);
  if (event === undefined) return;
  const socket = newSocket(context, event, number);
  try {
    const through = outboundOf(context, event);
    if (through !== undefined) return await openThrough({ context, event }, through, socket, url, protocols);
    const opened = await handshake(context, event, socket, url, protocols, '');
    if (opened.socket !== undefined) return socket.open(opened.socket, true);
    opened.response.destroy();
    socket.fail(`The server answered with status ${opened.response.statusCode} instead of opening a WebSocket.`);
  } catch (error) {
    socket.fail(error instanceof OpError && error.name !== 'AbortError' ? error.message : 'The WebSocket was closed before the connection was established.');
  }
}

/** `Request.fetchSocket`: fetch with `Upgrade: websocket`. Answers as fetch does. */
async function fetchSocket(context: OpContext, eventId: unknown, ...args: unknown[]): Promise<unknown[]> {
  const [, url, headers, number, service] = args;
  const event = context.event(eventId);
  if (event === undefined) throw new OpError('TypeError', 'fetch needs an event to belong to, and this one is over.');
  const place = { context, event };
  if (service !== undefined) return fetchService(place, serviceAt(place, service), headOf('GET', url, headers), url, number);
  const through = outboundOf(context, event);
  if (through !== undefined) {
    const target = networkUrl(url);
    return fetchService(place, through, networkHead('GET', target, headers), target.href, number);
  }
  const socket = newSocket(context, event, number);
  try {
    const { response, socket: opened } = await handshake(context, event, socket, url, '', headers);
    const head = [response.statusCode ?? 0, response.statusMessage ?? '', responseHeaders(response.rawHeaders, false), url, false] as const;
    if (opened !== undefined) {
      socket.open(opened, false);
      return [...head, 0];
    }
    socket.discard();
    return [...head, adopt(context, event, new StreamBody(detached(response)))];
  } catch (error) {
    socket.discard();
    throw error;
  }
}

/** `new WebSocket` where an outbound worker is asked in the network's place. */
async function openThrough(place: Place, target: ServiceTarget, socket: HostSocket, url: unknown, protocols: unknown): Promise<void> {
  const { context, event } = place;
  const wanted = typeof protocols === 'string' && protocols !== '' ? `\nsec-websocket-protocol\n${protocols}` : '';
  const head = networkHead('GET', networkUrl(url), `upgrade\nwebsocket${wanted}`);
  event.countSubrequest();
  const release = await event.acquireConnection();
  try {
    const [status, , , source = 0] = await askForSocket(place, target, head, socket, true);
    if (source !== 0) takeBody(context, source).cancel();
    if (status !== 101) socket.fail(`The server answered with status ${status} instead of opening a WebSocket.`);
  } finally {
    release();
  }
}

/** Asks another worker for a socket: the two ends meet here. @throws OpError with what it has thrown */
async function askForSocket(place: Place, target: ServiceTarget, head: string, socket: HostSocket, isNew: boolean): Promise<ServiceAnswer> {
  if (socket.signal.aborted) throw aborted();
  const client = new ServiceClient(place, 'GET', (headers) => {
    const [ours, theirs] = localPair(isNew ? protocolIn(headers) : '');
    socket.open(ours, isNew);
    return theirs;
  });
  const leave = (): void => client.leave();
  socket.signal.addEventListener('abort', leave);
  try {
    place.context.invoker.fetch(target, originOf(place.context, place.event), { head, body: undefined, inline: undefined, cf: undefined }, client);
    const answer = await client.answer;
    if (answer[0] === 0) throw new OpError(answer[1], answer[2]);
    return answer;
  } finally {
    // A refusal may have a body, which the socket's end must not cut off.
    socket.signal.removeEventListener('abort', leave);
  }
}

function protocolIn(headers: string): string {
  const lines = headers.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) if (lines[i]?.toLowerCase() === 'sec-websocket-protocol') return lines[i + 1] ?? '';
  return '';
}

/** `Request.fetchSocket` of another worker. */
async function fetchService(place: Place, target: ServiceTarget, head: string, url: unknown, number: unknown): Promise<unknown[]> {
  const { context, event } = place;
  callingEvent(context, event.id);
  const socket = newSocket(context, event, number);
  try {
    const [status, statusText, lines, source = 0, body] = await askForSocket(place, target, head, socket, false);
    if (status !== 101) socket.discard();
    const content = body === undefined ? undefined : new StreamBody(Readable.from([Buffer.from(body)], { objectMode: false }));
    return [status, statusText, lines, url, false, content === undefined ? source : adopt(context, event, content)];
  } catch (error) {
    socket.discard();
    throw error;
  }
}

/** The body of a refusal, which may be cut off, as an incoming request's may not. */
function detached(response: IncomingMessage): PassThrough {
  const body = new PassThrough();
  pipeline(response, body, () => {});
  return body;
}

function adopt(context: OpContext, event: EventState, body: StreamBody): number {
  const handle = context.handles.add(body);
  let settled = false;
  body.whenSettled(() => {
    settled = true;
  });
  event.atEnd(() => {
    context.handles.remove(handle);
    if (!settled) body.cancel();
  });
  return handle;
}

/** `Post.upgrade`: the response is a WebSocket. */
function upgrade(context: OpContext, eventId: unknown, headers: unknown, number: unknown): void {
  const event = context.event(eventId);
  const sink = sinkOf(event);
  if (event === undefined || sink.state !== 'open' || typeof headers !== 'string') throw new OpError('TypeError', 'Invalid response.');
  const fetched = socketAt(context, number);
  const upstream = fetched?.detach();
  if (fetched !== undefined && upstream === undefined) throw new OpError('TypeError', 'Invalid socket.');
  const socket = upstream === undefined ? newSocket(context, event, number, true) : undefined;
  const release = event.keep(true);
  sink.state = 'done';
  const client = sink.responder.upgrade?.(headers);
  if (client === undefined) {
    socket?.discard();
    upstream?.terminate();
  } else if (upstream !== undefined) return couple(client, upstream, release);
  else socket?.open(client, false);
  release();
}

/** Data of a message, or undefined for what is none. */
function messageOf(data: unknown): string | Uint8Array | undefined {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

/** The post ops on WebSockets. */
export const socketPosts: Record<number, PostOp> = {
  [Post.socketOpen]: (context, event, ...args) => {
    socketOpen(context, event, args[0], args[1], args[2]).catch(() => {});
  },
  [Post.socketSend]: (context, _event, number, data) => {
    const message = messageOf(data);
    if (message !== undefined) socketAt(context, number)?.send(message);
  },
  [Post.socketClose]: (context, _event, number, code, reason) => {
    if (!Number.isInteger(code) || typeof reason !== 'string') return;
    // A code that nobody can send: the app has given the connection up.
    if (code === 1006) socketAt(context, number)?.terminate();
    else socketAt(context, number)?.close(code as number, reason);
  },
  [Post.socketAccept]: (context, event, number) => {
    const state = context.event(event);
    if (state !== undefined) socketAt(context, number)?.start(state);
  },
  [Post.upgrade]: upgrade,
};

/** The request ops on WebSockets. */
export const socketRequests: Record<number, RequestOp> = { [Request.fetchSocket]: fetchSocket };
