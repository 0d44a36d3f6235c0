/**
 * A socket of the package ws as a MessageSocket: framing, masking, UTF-8 and close codes are checked there.
 *
 * Contract, binding on changes to this file: nothing a peer sends throws or leaves an unhandled error; a
 * peer that falls silent, or never answers a close, is cut off.
 */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { MessageSocket, SocketListener } from '../../ports/message-socket.ts';
import { SOCKET_LIMITS } from './limits.ts';

/** Options of ws for either side. Compression is left off: it costs memory per connection, and a bomb is one more thing to bound. */
export const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: SOCKET_LIMITS.messageBytes,
  closeTimeout: SOCKET_LIMITS.closeMs,
  skipUTF8Validation: false,
  autoPong: true,
} as const;

/** What ws says of a peer's fault, in words for the app. */
const FAILURES: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'The peer sent a message that is too large.',
  WS_ERR_INVALID_UTF8: 'The peer sent text that is not UTF-8.',
};

export class WsSocket implements MessageSocket {
  readonly #ws: WebSocket;
  #failure = '';

  /** @param raw the connection under it, whose silence is watched */
  constructor(ws: WebSocket, raw: Pick<Duplex, never> & { setTimeout?: (ms: number, f: () => void) => unknown }, idleMs: number = SOCKET_LIMITS.idleMs) {
    this.#ws = ws;
    ws.on('error', (error: Error & { code?: string }) => {
      this.#failure =
        FAILURES[error.code ?? ''] ?? (error.code?.startsWith('WS_ERR_') ? 'The peer broke the WebSocket protocol.' : 'WebSocket connection lost.');
    });
    raw.setTimeout?.(idleMs, () => this.#idle());
    ws.pause();
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  get extensions(): string {
    return this.#ws.extensions;
  }

  start(listener: SocketListener): void {
    const ws = this.#ws;
    ws.on('message', (data: RawData, isBinary: boolean) => listener.message(isBinary ? ownBytes(data as Buffer) : (data as Buffer).toString('utf8')));
    const closed = (code: number, reason: string): void => {
      const failure = this.#failure === '' && code === 1006 ? 'WebSocket connection lost.' : this.#failure;
      listener.closed(failure === '' ? code : 1006, failure === '' ? reason : '', failure === '', failure);
    };
    if (ws.readyState === ws.CLOSED) queueMicrotask(() => closed(1006, ''));
    else ws.on('close', (code, reason) => closed(code, reason.toString('utf8')));
    ws.resume();
  }

  send(data: string | Uint8Array, sent: () => void): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return sent();
    this.#ws.send(data, { binary: typeof data !== 'string' }, () => sent());
  }

  close(code: number, reason: string): void {
    const ws = this.#ws;
    try {
      if (code === 0) ws.close();
      else ws.close(code, reason);
    } catch {
      // A code that must not be sent, or a reason too long: only forged arguments come to this.
      ws.terminate();
    }
    // The other side's close frame has to be read.
    ws.resume();
  }

  terminate(): void {
    this.#ws.terminate();
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  #idle(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.close(1001, 'Nothing was heard for too long.');
    else this.#ws.terminate();
  }
}

/** ws hands out parts of what it read; the isolate takes buffers whole. */
const ownBytes = (data: Buffer): Uint8Array => new Uint8Array(data);
