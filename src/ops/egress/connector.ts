/**
 * Opens the connections of one policy.
 *
 * Contract, binding on changes to this file: the name is resolved here and nowhere later; every
 * address is judged; the socket can only go to an address that passed, and is looked at once more
 * when it is connected. So a name that changes its mind between two lookups gains nothing.
 */
import { isIP, connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { AppOpenings } from '../../base/openings.ts';
import { addressKey, parseAddress } from './addresses.ts';
import { ConnectTimeoutError, EgressRefusedError, LookupError } from '../network-errors.ts';
import type { CompiledPolicy } from './policy.ts';
import type { Resolve, ResolvedAddress } from './resolver.ts';

export type ConnectorOptions = {
  policy: CompiledPolicy;
  resolve: Resolve;
  /** From the first question to the end of the TLS handshake, in milliseconds. */
  timeoutMs: number;
  /** Trust settings (a private CA). */
  tls: Pick<SecureContextOptions, 'ca'>;
  /** No HTTP will be spoken; see ConnectTarget. */
  isRaw?: boolean;
  /** Whose connections they are. */
  openings?: AppOpenings | undefined;
};

/** TLS sessions kept for resumption, per policy. */
const SESSIONS = 100;

/** The `connect` option of an undici Agent. */
export function policyConnector(options: ConnectorOptions): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  const { isRaw = false } = options;
  return ({ hostname, protocol, port, servername, allowH2 }: buildConnector.Options & { allowH2?: boolean }, callback) => {
    const number = Number(port) || (protocol === 'https:' ? 443 : 80);
    const attempt = new Attempt(hostname, options.timeoutMs, callback);
    permitted(options, hostname, number)
      .then((addresses) => {
        if (attempt.over) return;
        const close = options.openings?.take();
        const target = {
          host: hostname,
          port: number,
          lookup: fixedLookup(addresses),
          autoSelectFamily: true,
          highWaterMark: 64 * 1024,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: 60_000,
          allowHalfOpen: isRaw,
        };
        if (protocol !== 'https:') {
          attempt.watch(connectTcp(target), 'connect', addresses, close);
          return;
        }
        // No server name for an address: RFC 6066 section 3.
        const name = isIP(hostname) === 0 ? (servername || hostname).replace(/\.$/, '') : '';
        const sessionKey = `${hostname}:${number}`;
        const session = sessions.get(sessionKey);
        const socket = connectTls({
          ...target,
          ...options.tls,
          servername: name,
          ...(isRaw ? {} : { ALPNProtocols: allowH2 === true ? ['h2', 'http/1.1'] : ['http/1.1'] }),
          ...(session && { session }),
        });
        socket.on('session', (ticket: Buffer) => {
          sessions.delete(sessionKey);
          if (sessions.size >= SESSIONS) sessions.delete(sessions.keys().next().value ?? '');
          sessions.set(sessionKey, ticket);
        });
        attempt.watch(socket, 'secureConnect', addresses, close);
      })
      .catch((error: Error) => attempt.fail(error));
  };
}

/** Shakes hands over a connection that is there. @param verify whether the certificate has to be the host's */
export function upgradeConnection(
  socket: Socket,
  host: string,
  verify: boolean,
  { tls, timeoutMs }: Pick<ConnectorOptions, 'tls' | 'timeoutMs'>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({ ...tls, socket, servername: isIP(host) === 0 ? host.replace(/\.$/, '') : '', host, rejectUnauthorized: verify });
    const timer = setTimeout(() => fail(new ConnectTimeoutError(host)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      secure.destroy();
      socket.destroy();
      reject(error);
    };
    secure.on('error', fail);
    secure.once('close', () => fail(new Error('closed')));
    secure.once('secureConnect', () => {
      clearTimeout(timer);
      resolve(secure);
    });
  });
}

/** Resolves a host and keeps the addresses its policy lets through; rejects when none is left. */
export async function permitted(
  { policy, resolve, isRaw }: Pick<ConnectorOptions, 'policy' | 'resolve' | 'isRaw'>,
  host: string,
  port: number,
): Promise<ResolvedAddress[]> {
  const early = policy.judge(host, port, isRaw);
  if (early !== undefined) throw new EgressRefusedError(early);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const answers = await resolve(host).catch((): ResolvedAddress[] => []);
  let refusal: string | undefined;
  const allowed: ResolvedAddress[] = [];
  for (const answer of answers) {
    const verdict = policy.judgeAddress(host, port, answer.address, isRaw);
    if (verdict === undefined) allowed.push(answer);
    else refusal = verdict;
  }
  if (allowed.length > 0) return allowed;
  throw refusal === undefined ? new LookupError(host) : new EgressRefusedError(refusal);
}

/** A `lookup` that knows one answer. */
function fixedLookup(addresses: ResolvedAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    if (all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
  };
}

/** One connection being made: the callback is called once, and never after the time is up. */
class Attempt {
  readonly #host: string;
  readonly #callback: buildConnector.Callback;
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | TLSSocket | undefined;
  over = false;

  constructor(host: string, timeoutMs: number, callback: buildConnector.Callback) {
    this.#host = host;
    this.#callback = callback;
    this.#timer = setTimeout(() => this.fail(new ConnectTimeoutError(host)), timeoutMs);
  }

  /** @param onClosed called when the connection is gone, whatever became of it */
  watch(socket: Socket | TLSSocket, ready: 'connect' | 'secureConnect', addresses: ResolvedAddress[], onClosed?: () => void): void {
    this.#socket = socket;
    if (onClosed !== undefined) socket.once('close', onClosed);
    // Stays for good: a socket that errs between two owners must not bring down the process.
    socket.on('error', (error) => this.fail(error));
    socket.once('close', () => this.fail(new Error('closed')));
    socket.once(ready, () => {
      const remote = parseAddress(socket.remoteAddress ?? '');
      const known = remote !== undefined && addresses.some(({ address }) => sameAddress(address, remote));
      if (known) this.#succeed(socket);
      else this.fail(new EgressRefusedError(`Access to "${this.#host}" is refused by this app's network rules ("private").`));
    });
  }

  fail(error: Error): void {
    if (!this.#finish()) return;
    this.#socket?.destroy();
    this.#callback(error, null);
  }

  #succeed(socket: Socket | TLSSocket): void {
    if (this.#finish()) this.#callback(null, socket);
  }

  #finish(): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.#timer);
    return true;
  }
}

function sameAddress(text: string, remote: Uint8Array): boolean {
  const bytes = parseAddress(text);
  if (bytes === undefined) return false;
  if (addressKey(bytes) === addressKey(remote)) return true;
  // The unspecified address connects to this machine, and the socket then says loopback.
  return bytes.every((byte) => byte === 0);
}
