/**
 * One TCP socket of an isolate, as its host sees it.
 *
 * Contract, binding on changes to this file: bytes are read only when asked for, and a write is answered when more
 * can be taken, so that back-pressure reaches both sides; the socket ends with its event; every failure is an OpError.
 */
import type { Socket } from 'node:net';
import { OpError } from '../../base/op-error.ts';
import { TCP_LIMITS } from './limits.ts';

/** Cloudflare's words for a connection that broke off. */
const lost = (): OpError => new OpError('Error', 'Network connection lost.');

/** What all sockets of an isolate have written and not sent. */
export type Account = { unsent: number };

export class TcpConnection {
  readonly #account: Account;
  readonly #opened = Promise.withResolvers<Socket>();
  /** The socket to be used: another one once TLS has been started. */
  #current: Promise<Socket> = this.#opened.promise;
  readonly #closed = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #isOver = false;
  #isReading = false;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(account: Account) {
    this.#account = account;
    // Who looks at none of them must not bring down the process.
    this.#opened.promise.catch(() => {});
    this.#closed.promise.catch(() => {});
  }

  /** The connection is gone, or will not be made. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the connection is gone, and rejects when it broke off. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The connection is there. */
  open(socket: Socket): void {
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#adopt(socket);
    this.#opened.resolve(socket);
  }

  /** There is no connection: every call rejects with the reason. */
  fail(error: OpError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#opened.reject(error);
    this.#closed.reject(error);
  }

  /** The next bytes, or null at the end. One call at a time. */
  async read(): Promise<Uint8Array | null> {
    const socket = await this.#current;
    if (this.#isReading) throw new OpError('TypeError', 'This socket is being read from.');
    this.#isReading = true;
    try {
      for (;;) {
        // Its connection has become another's.
        if (socket !== this.#socket) return null;
        const buffered = socket.readableLength;
        const chunk: Buffer | null = buffered === 0 ? socket.read() : socket.read(Math.min(buffered, TCP_LIMITS.readBytes));
        if (chunk !== null) return chunk;
        if (socket.readableEnded) return null;
        if (this.#failure !== undefined) throw lost();
        if (socket.destroyed) return null;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** Resolves when more may be written. */
  async write(bytes: Uint8Array): Promise<void> {
    const socket = await this.#current;
    if (socket.destroyed || socket.writableEnded) throw lost();
    const account = this.#account;
    if (account.unsent > TCP_LIMITS.unsentBytes) throw new OpError('Error', 'Too much was written to sockets whose other side does not read.');
    account.unsent += bytes.byteLength;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const canTakeMore = socket.write(bytes, (error) => {
      account.unsent -= bytes.byteLength;
      if (error === null || error === undefined) resolve();
      else reject(lost());
    });
    if (!canTakeMore) return promise;
    promise.catch(() => {});
  }

  /** Sends all that was written, and that no more comes. */
  async end(): Promise<void> {
    const socket = await this.#current;
    if (socket.destroyed || socket.writableFinished) return;
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.end(resolve);
    });
  }

  /** Goes over to another socket on the same connection, once all that was written has been sent. What is asked for from now on waits for it. */
  async upgrade(upgrade: (socket: Socket) => Promise<Socket>): Promise<void> {
    const upgrading = this.#upgraded(this.#current, upgrade);
    upgrading.catch(() => {});
    this.#current = upgrading;
    await upgrading;
  }

  async #upgraded(current: Promise<Socket>, upgrade: (socket: Socket) => Promise<Socket>): Promise<Socket> {
    const socket = await current;
    if (socket.destroyed || socket.readableEnded) throw new OpError('TypeError', 'The connection was closed before startTls completed.');
    this.#release(socket);
    this.#socket = undefined;
    this.#onReadable();
    try {
      const secure = await upgrade(socket);
      if (this.#isOver) secure.destroy();
      else this.#adopt(secure);
      return secure;
    } catch (error) {
      socket.destroy();
      this.#end(lost());
      throw error;
    }
  }

  /** Cuts the connection, whatever is under way. */
  destroy(): void {
    if (this.#isOver) return;
    this.#opened.reject(lost());
    this.#socket?.destroy();
    this.#end(undefined);
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    // `error` has a listener already, from where it was opened, that stays.
    socket.on('readable', this.#onReadable).on('end', this.#onReadable).on('error', this.#onError).on('close', this.#onClose);
  }

  #release(socket: Socket): void {
    socket.off('readable', this.#onReadable).off('end', this.#onReadable).off('error', this.#onError).off('close', this.#onClose);
  }

  readonly #onReadable = (): void => {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  };

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
    this.#onReadable();
  };

  readonly #onClose = (): void => {
    // What has come can still be read.
    this.#end(this.#failure);
  };

  #end(failure: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (failure === undefined) this.#closed.resolve();
    else this.#closed.reject(lost());
    this.#onReadable();
  }
}
