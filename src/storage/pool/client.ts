/**
 * A pool of processes, as an engine sees it.
 *
 * Contract: every call gets an answer, which is the worker's or one that `failure` makes; none rejects. Calls made
 * while the router is being replaced wait for the new one, for a bounded time; those under way when it was lost fail.
 */
import { createConnection, type Socket } from 'node:net';
import { Numbered } from '../../base/numbered.ts';
import { FrameReader, writeCall, writeHello } from './wire.ts';

const MOST_WAIT_MS = 5000;
const RETRY_MS = 25;

/** Where the router listens, and what it is shown. */
export type PoolPort = { readonly socket: string; readonly badge: string };

export class PoolClient {
  readonly #port: PoolPort;
  readonly #failure: string;
  #waiting = new Numbered<(answer: string) => void>();
  #calls = 0;
  #socket: Socket | undefined;
  #connecting: Promise<Socket | undefined> | undefined;
  #isClosed = false;

  /** @param port is connected to when first needed @param failure the answer of a call whose fate nobody knows */
  constructor(port: PoolPort, failure: string) {
    this.#port = port;
    this.#failure = failure;
  }

  async call(owner: string, key: string, payload: string): Promise<string> {
    const socket = this.#socket ?? (await this.#connected());
    if (socket === undefined) return this.#failure;
    // Thirty-two bits on the wire; zero is no number.
    this.#calls = (this.#calls + 1) >>> 0 || 1;
    const call = this.#calls;
    return new Promise((resolve) => {
      this.#waiting.set(call, resolve);
      socket.ref();
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(writeCall(call, owner, key, payload));
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  #connected(): Promise<Socket | undefined> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Socket | undefined> {
    const deadline = performance.now() + MOST_WAIT_MS;
    for (;;) {
      const socket = await connect(this.#port.socket);
      if (socket !== undefined) return this.#adopt(socket);
      if (this.#isClosed || performance.now() > deadline) return undefined;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #adopt(socket: Socket): Socket {
    this.#socket = socket;
    socket.unref();
    socket.write(writeHello(this.#port.badge));
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      for (const body of reader.push(chunk)) {
        const call = body.readUInt32LE(0);
        const resolve = this.#waiting.delete(call);
        if (this.#waiting.size === 0) socket.unref();
        resolve?.(body.toString('utf8', 4));
      }
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      const waiting = this.#waiting.values();
      this.#waiting = new Numbered();
      for (const resolve of waiting) resolve(this.#failure);
    });
    return socket;
  }
}

/** Undefined when nobody listens. */
function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}
