/**
 * The ops on TCP sockets.
 *
 * Contract, binding on changes to this file: a socket's number is the isolate's choice and means something to the
 * event that opened it only; the only way to the network is `Egress.connect`, which judges name and address; a
 * socket ends with its event. Nothing in the arguments is trusted.
 */
import { OpError } from '../../base/op-error.ts';
import { TooManyOpenError } from '../../base/openings.ts';
import type { Origin } from '../../bindings/binding.ts';
import { Post, Request } from '../../protocol/ops.ts';
import type { Handles } from '../handles.ts';
import { EgressRefusedError } from '../network-errors.ts';
import type { EventState, OpContext, PostOp, RequestOp } from '../op.ts';
import { outboundOf } from '../outbound-worker.ts';
import { type Account, TcpConnection } from './connection.ts';
import { TCP_LIMITS } from './limits.ts';
import { askForTls } from './postgres-tls.ts';

/** Cloudflare's texts. */
const UNREACHABLE = 'proxy request failed, cannot connect to the specified address';
const USE_FETCH = '. It looks like you might be trying to connect to a HTTP-based service — consider using fetch instead';
const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

type Held = { connection: TcpConnection; event: EventState; host: string; forget: () => void };
type Sockets = { byNumber: Map<number, Held>; account: Account };

const socketsByIsolate = new WeakMap<Handles, Sockets>();

function socketsOf(handles: Handles): Sockets {
  let sockets = socketsByIsolate.get(handles);
  if (sockets === undefined) socketsByIsolate.set(handles, (sockets = { byNumber: new Map(), account: { unsent: 0 } }));
  return sockets;
}

/** A socket of the calling event. @throws OpError */
function socketAt(context: OpContext, event: number, number: unknown): Held {
  const held = socketsOf(context.handles).byNumber.get(number as number);
  if (held === undefined) throw new OpError('Error', 'Network connection lost.');
  if (held.event.id !== event) throw new OpError('Error', OTHER_EVENT);
  return held;
}

type Target = { host: string; port: number; secure: boolean; origin: Origin | undefined };

function readTarget(context: OpContext, host: unknown, port: unknown, secure: unknown, binding: unknown): Target {
  if (binding !== undefined) {
    const origin = context.binding(binding)?.origin;
    if (origin === undefined) throw new OpError('Error', UNREACHABLE);
    return { host: origin.host, port: origin.port, secure: false, origin };
  }
  const number = Number(port);
  // As the URL parser writes it: the rules know no other form of an address.
  const url = typeof host === 'string' && host.length <= 255 ? URL.parse(`http://${host}/`) : null;
  if (url === null || url.pathname !== '/' || url.port !== '' || !Number.isInteger(number) || number < 0 || number > 65_535)
    throw new OpError('Error', UNREACHABLE);
  const { hostname } = url;
  return { host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, port: number, secure: secure === 1, origin: undefined };
}

async function connect(context: OpContext, eventId: number, number: unknown, ...address: unknown[]): Promise<void> {
  const event = context.event(eventId);
  if (event === undefined) throw new OpError('Error', OTHER_EVENT);
  const { byNumber, account } = socketsOf(context.handles);
  if (!Number.isSafeInteger(number) || byNumber.has(number as number)) throw new OpError('TypeError', 'Invalid socket.');
  if (byNumber.size >= TCP_LIMITS.sockets) throw new OpError('Error', 'Too many open sockets.');
  event.countSubrequest();
  const target = readTarget(context, address[0], address[1], address[2], address[3]);
  const connection = new TcpConnection(account);
  const forget = event.atEnd(() => {
    byNumber.delete(number as number);
    connection.destroy();
  });
  byNumber.set(number as number, { connection, event, host: target.host, forget });
  try {
    await open(context, event, target, connection);
  } catch (error) {
    const answer = explain(error, target);
    connection.fail(answer);
    throw answer;
  }
}

async function open(context: OpContext, event: EventState, { host, port, secure, origin }: Target, connection: TcpConnection): Promise<void> {
  const release = await event.acquireConnection();
  try {
    if (origin === undefined && outboundOf(context, event) !== undefined)
      throw new EgressRefusedError('a worker that is dispatched with an outbound Worker cannot use connect(), only fetch()');
    // Closed, or its event over, while it waited for its turn.
    if (connection.isOver) throw new OpError('Error', UNREACHABLE);
    const socket = await context.egress.connect({ host, port, secure, isRaw: true, isTrusted: origin?.isTrusted ?? false });
    if (origin === undefined || origin.tls === 'off') return connection.open(socket);
    await askForTls(socket);
    connection.open(await context.egress.startTls(socket, host, origin.tls === 'verify'));
  } finally {
    release();
  }
}

/** Cloudflare says the same of all that goes wrong; a rule of ours is named, so that it can be changed. */
function explain(error: unknown, { port, origin }: Target): OpError {
  if (error instanceof TooManyOpenError) return error;
  if (origin !== undefined)
    return new OpError('Error', error instanceof EgressRefusedError ? `connection attempt failed: ${error.message}` : 'connection attempt failed');
  if (error instanceof EgressRefusedError) return new OpError('Error', `${UNREACHABLE}: ${error.message}`);
  return new OpError('Error', port === 80 || port === 443 ? UNREACHABLE + USE_FETCH : UNREACHABLE);
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new OpError('TypeError', 'Only bytes can be written to a socket.');
}

async function startTls(context: OpContext, event: number, number: unknown, expected: unknown): Promise<void> {
  const { connection, host } = socketAt(context, event, number);
  const name = typeof expected === 'string' && expected !== '' && expected.length <= 255 ? expected : host;
  await connection.upgrade((socket) => context.egress.startTls(socket, name, true));
}

/** The request ops on TCP sockets. */
export const tcpRequests: Record<number, RequestOp> = {
  [Request.tcpConnect]: (context, event, _call, number, ...address) => connect(context, event, number, ...address),
  [Request.tcpRead]: (context, event, _call, number) => socketAt(context, event, number).connection.read(),
  [Request.tcpWrite]: (context, event, _call, number, bytes) => socketAt(context, event, number).connection.write(bytesOf(bytes)),
  [Request.tcpEnd]: (context, event, _call, number) => socketAt(context, event, number).connection.end(),
  [Request.tcpStartTls]: (context, event, _call, number, host) => startTls(context, event, number, host),
  [Request.tcpClosed]: (context, event, _call, number) => socketAt(context, event, number).connection.closed,
};

/** The post ops on TCP sockets. */
export const tcpPosts: Record<number, PostOp> = {
  [Post.tcpClose]: (context, _event, number) => {
    const { byNumber } = socketsOf(context.handles);
    const held = byNumber.get(number as number);
    if (held === undefined) return;
    byNumber.delete(number as number);
    held.forget();
    held.connection.destroy();
  },
};
