/** `connect` of `cloudflare:sockets`. @see https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/#connect */
import { Request } from '../../../protocol/ops.ts';
import { request, requireEvent } from '../../bridge.ts';
import { MapCtor, MapPrototypeGet, MapPrototypeSet, PromiseResolve, StringCtor, TypeErrorCtor } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { unsignedLongLongEnforceRange } from '../../webidl-types.ts';
import { readAddress } from './address.ts';
import { acceptedLine, type Ends, hostLine, openLine } from './line.ts';
import { newSocket, type SecureTransport, type Socket } from './socket.ts';

let nextSocket = 1;

/** Addresses that stand for bindings ("host:port"): connecting to one goes through the binding. */
const overrides = new MapCtor<string, number>();

/** From now on, who connects to this address means the origin of this binding. */
export function overrideAddress(address: string, binding: number): void {
  MapPrototypeSet(overrides, address, binding);
}

type Options = { secureTransport: SecureTransport; allowHalfOpen: boolean; highWaterMark: number | undefined };

function readOptions(options: unknown): Options {
  if (options !== undefined && !isObject(options)) {
    throw new TypeErrorCtor("Failed to execute 'connect' on 'SocketsModule': parameter 2 is not of type 'SocketOptions'.");
  }
  const { allowHalfOpen, highWaterMark, secureTransport } = (options ?? {}) as Record<keyof Options, unknown>;
  const transport = secureTransport === undefined ? 'off' : StringCtor(secureTransport);
  if (transport !== 'off' && transport !== 'on' && transport !== 'starttls') {
    throw new TypeErrorCtor(`Unsupported value in secureTransport socket option: ${transport}`);
  }
  const mark = highWaterMark === undefined ? undefined : unsignedLongLongEnforceRange(highWaterMark, 'SocketOptions.highWaterMark');
  return { secureTransport: transport, allowHalfOpen: !!allowHalfOpen, highWaterMark: mark };
}

/** Opens a connection; whether it could be had is told by the socket's `opened`. @throws TypeError for arguments that name none */
export function connect(address: unknown, options: unknown = undefined): Socket {
  requireEvent();
  const { host, port, text } = readAddress(address);
  const { secureTransport, allowHalfOpen, highWaterMark } = readOptions(options);
  const binding = MapPrototypeGet(overrides, text);
  if (binding !== undefined) return connectBinding(binding, text);
  const number = nextSocket++;
  const opening = request(Request.tcpConnect, number, host, port, secureTransport === 'on' ? 1 : 0);
  return newSocket({ line: hostLine(number), remoteAddress: text, secureTransport, allowHalfOpen, highWaterMark }, opening);
}

/** Opens a connection to the origin of a binding. @param address what the socket says it is connected to */
export function connectBinding(binding: number, address: string): Socket {
  requireEvent();
  const number = nextSocket++;
  const opening = request(Request.tcpConnect, number, '', 0, 0, binding);
  return newSocket({ line: hostLine(number), remoteAddress: address, secureTransport: 'off', allowHalfOpen: false, highWaterMark: undefined }, opening);
}

/** Opens a connection to another worker, whose `connect` handler gets the other end. @param call see openLine */
export function connectService(address: unknown, options: unknown, call: (address: string, ends: Ends) => Promise<unknown>): Socket {
  requireEvent();
  const { text } = readAddress(address);
  const { allowHalfOpen, highWaterMark } = readOptions(options);
  const { line, opening } = openLine((ends) => call(text, ends));
  return newSocket({ line, remoteAddress: text, secureTransport: 'off', allowHalfOpen, highWaterMark }, opening);
}

/** The socket of a `connect` handler. */
export function acceptSocket(address: string, ends: Ends): Socket {
  const connection = { line: acceptedLine(ends), remoteAddress: address, secureTransport: 'off', allowHalfOpen: true, highWaterMark: undefined } as const;
  return newSocket(connection, PromiseResolve(undefined));
}
