/**
 * Socket: a TCP connection as two streams of bytes.
 *
 * Contract: nothing is read before somebody reads; a write is done when the host can take more. What is under way
 * ends with the event. Rules and words are workerd's, but for what late reads and writes are told.
 * @see https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/
 */
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  type Deferred,
  ErrorCtor,
  markHandled,
  newDeferred,
  PromisePrototypeThen,
  TypeErrorCtor,
} from '../../primordials.ts';
import { asBytes } from '../../web/body.ts';
import { pullStream } from '../../web/body-stream.ts';
import { encodeUtf8 } from '../../web/encoding/utf8.ts';
import { byteLengthOf, type View } from '../../web/streams/byte-view.ts';
import { type ReadableStream, readableStreamCancel, readableStreamErrorController } from '../../web/streams/readable-stream.ts';
import { closeWritable, isClosing } from '../../web/streams/writable-state.ts';
import { createWritableStream, type WritableStream, writableState, writableStreamError } from '../../web/streams/writable-stream.ts';
import type { Line } from './line.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isArrayBuffer, isObject } from '../../webidl.ts';

export type SecureTransport = 'off' | 'on' | 'starttls';
export type SocketInfo = { remoteAddress: string; localAddress: string | undefined };

/** What a socket is, beside its streams. */
export type Connection = {
  line: Line;
  /** As it was given: what `opened` tells. */
  remoteAddress: string;
  secureTransport: SecureTransport;
  allowHalfOpen: boolean;
  highWaterMark: number | undefined;
};

const CLOSED = 'This socket has been closed.';
const NOT_BYTES = 'This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.';

const internal = Symbol('internal');
const nothing = (): undefined => undefined;

/** Text is written as UTF-8. */
function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return encodeUtf8(chunk);
  if (!ArrayBufferIsView(chunk) && !isArrayBuffer(chunk)) throw new TypeErrorCtor(NOT_BYTES);
  return asBytes(chunk);
}

function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return chunk.length;
  if (ArrayBufferIsView(chunk)) return byteLengthOf(chunk as View);
  return isArrayBuffer(chunk) ? ArrayBufferPrototypeGetByteLength(chunk) : 0;
}

let check: (value: unknown) => Socket;

export class Socket {
  readonly #connection: Connection;
  readonly #opened: Deferred<SocketInfo> = newDeferred();
  readonly #closed: Deferred<undefined> = newDeferred();
  readonly #readable: ReadableStream;
  readonly #writable: WritableStream;
  #upgraded = false;
  /** The connection is gone, or has become another socket's. */
  #isDetached = false;
  #hasStartedTls = false;
  #isClosing = false;
  /** Waits until everything written has been taken. */
  #flushed: Deferred<undefined> | undefined;

  static {
    check = (value) => {
      if (!isObject(value) || !(#connection in value)) throw illegalInvocation();
      return value;
    };
  }

  /** @param opening settles when the connection is there, or cannot be had */
  constructor(key: unknown, connection: Connection, opening: Promise<unknown>) {
    if (key !== internal) throw illegalConstructor();
    this.#connection = connection;
    markHandled(this.#opened.promise);
    markHandled(this.#closed.promise);
    this.#readable = this.#newReadable();
    this.#writable = this.#newWritable();
    PromisePrototypeThen(
      opening,
      () => this.#open(),
      (error) => this.#fail(error),
    );
  }

  get readable(): ReadableStream {
    return check(this).#readable;
  }

  get writable(): WritableStream {
    return check(this).#writable;
  }

  get closed(): Promise<undefined> {
    return check(this).#closed.promise;
  }

  get opened(): Promise<SocketInfo> {
    return check(this).#opened.promise;
  }

  get upgraded(): boolean {
    return check(this).#upgraded;
  }

  get secureTransport(): SecureTransport {
    return check(this).#connection.secureTransport;
  }

  /** Closes both directions, once what was written has been sent. */
  close(): Promise<undefined> {
    const self = check(this);
    if (self.#isClosing) return PromisePrototypeThen(self.#closed.promise, nothing);
    self.#isClosing = true;
    const state = writableState(self.#writable);
    const sent = state.state === 'writable' && !isClosing(state) ? closeWritable(state) : self.#opened.promise;
    const finish = (): undefined => self.#finish();
    return PromisePrototypeThen(sent, finish, finish);
  }

  /** Goes over to TLS. The streams of this socket end; the new one has those of the connection. */
  startTls(options: unknown = undefined): Socket {
    const self = check(this);
    const { secureTransport, line } = self.#connection;
    if (secureTransport === 'on') throw new TypeErrorCtor('Cannot startTls on a TLS socket.');
    if (self.#isDetached) throw new TypeErrorCtor('The connection was closed before startTls could be started.');
    if (secureTransport !== 'starttls') {
      throw new TypeErrorCtor("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.");
    }
    if (self.#hasStartedTls) {
      throw new TypeErrorCtor('startTls has already been called on this socket, or the socket was transferred over RPC.');
    }
    const expected = isObject(options) ? (options as { expectedServerHostname?: unknown }).expectedServerHostname : undefined;
    const name = expected === undefined ? undefined : `${expected as string}`;
    self.#hasStartedTls = true;
    const upgrading = PromisePrototypeThen(self.#flush(), () => {
      if (self.#isDetached) throw new TypeErrorCtor('The connection was closed before startTls completed.');
      self.#detach();
      self.#upgraded = true;
      self.#closed.resolve(undefined);
      return line.startTls(name);
    });
    return new Socket(internal, { ...self.#connection, secureTransport: 'on' }, upgrading);
  }

  #open(): void {
    const { line, remoteAddress } = this.#connection;
    this.#opened.resolve({ remoteAddress, localAddress: undefined });
    if (this.#isDetached) return;
    const gone = (): void => this.#closed.resolve(undefined);
    PromisePrototypeThen(line.closed(), gone, gone);
  }

  #fail(error: unknown): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#closed.reject(error);
    this.#opened.reject(error);
    markHandled(readableStreamCancel(this.#readable, undefined));
    writableStreamError(this.#writable, error);
    this.#release();
  }

  #finish(): undefined {
    if (this.#isDetached) return undefined;
    this.#detach();
    this.#closed.resolve(undefined);
    this.#release();
    return undefined;
  }

  /** The streams are of no use any more. */
  #detach(): void {
    this.#isDetached = true;
    const error = new TypeErrorCtor(CLOSED);
    readableStreamErrorController(this.#readable, error);
    writableStreamError(this.#writable, error);
  }

  #release(): void {
    this.#connection.line.release();
  }

  #flush(): Promise<unknown> {
    const { writeRequests, inFlightWrite, state } = writableState(this.#writable);
    if (state !== 'writable' || (writeRequests.length === 0 && inFlightWrite === undefined)) return this.#opened.promise;
    this.#flushed ??= newDeferred<undefined>();
    return this.#flushed.promise;
  }

  #newReadable(): ReadableStream {
    const { line } = this.#connection;
    return pullStream(
      () =>
        PromisePrototypeThen(line.read(), (chunk) => {
          if (chunk !== null && chunk !== undefined) return asBytes(chunk as Uint8Array);
          this.#ended();
          return null;
        }),
      // Writing goes on.
      nothing,
    );
  }

  /** The other side sends no more. */
  #ended(): void {
    if (this.#connection.allowHalfOpen || this.#isDetached || this.#isClosing) return;
    const state = writableState(this.#writable);
    if (state.state !== 'writable' || isClosing(state)) return;
    const finish = (): void => {
      this.#closed.resolve(undefined);
      this.#release();
    };
    PromisePrototypeThen(closeWritable(state), finish, finish);
  }

  #newWritable(): WritableStream {
    const { line, highWaterMark } = this.#connection;
    return createWritableStream({
      highWaterMark: highWaterMark ?? 1,
      size: highWaterMark === undefined ? undefined : sizeOf,
      write: (chunk) => {
        const bytes = bytesOf(chunk);
        if (bytes.length === 0) return this.#wrote();
        return PromisePrototypeThen(
          line.write(bytes),
          () => this.#wrote(),
          (error) => {
            this.#flushed?.reject(error);
            throw error;
          },
        );
      },
      close: () => line.end(),
      // Reading goes on.
      abort: (reason) => this.#flushed?.reject(reason ?? new ErrorCtor(CLOSED)),
    });
  }

  #wrote(): void {
    if (this.#flushed === undefined || writableState(this.#writable).writeRequests.length > 0) return;
    this.#flushed.resolve(undefined);
    this.#flushed = undefined;
  }
}
defineInterface(Socket, 'Socket');

/** @param opening settles when the connection is there, or cannot be had */
export function newSocket(connection: Connection, opening: Promise<unknown>): Socket {
  return new Socket(internal, connection, opening);
}
