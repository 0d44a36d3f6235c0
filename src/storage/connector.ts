/**
 * A connection to a process that has stores, made when it is first needed, and again when it was lost; and the calls
 * that wait for their answers on it.
 *
 * Contract: calls made while the process is being replaced wait for the new one, for a bounded time; those that were
 * under way when it was lost are given up: nobody knows how far they got.
 */
import { createConnection, type Socket } from 'node:net';
import { Numbered } from '../base/numbered.ts';
import { frameOf } from './frame-reader.ts';

/** How long a call waits for a process that is not there. */
const MOST_WAIT_MS = 5000;
const RETRY_MS = 25;

/** Where the process listens, and what it is shown. */
export type StorePort = { readonly socket: string; readonly badge: string };

export type ConnectorEvents<Waiting> = {
  /** There is a connection, and nothing was sent on it but the badge. */
  connected(socket: Socket): void;
  lost(waiting: Waiting): void;
};

export class Connector<Waiting extends object> {
  readonly #port: StorePort;
  readonly #events: ConnectorEvents<Waiting>;
  #waiting = new Numbered<Waiting>();
  #calls = 0;
  #socket: Socket | undefined;
  #connecting: Promise<Socket | undefined> | undefined;
  #isClosed = false;

  /** @param port is connected to when first needed */
  constructor(port: StorePort, events: ConnectorEvents<Waiting>) {
    this.#port = port;
    this.#events = events;
  }

  /** The connection there is. */
  get socket(): Socket | undefined {
    return this.#socket;
  }

  /** The connection there is or will be; undefined: there is none, after some time. */
  connected(): Promise<Socket | undefined> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** A call is about to be made. @returns its number, of thirty-two bits */
  begin(waiting: Waiting): number {
    this.#calls = (this.#calls + 1) >>> 0 || 1;
    this.#waiting.set(this.#calls, waiting);
    // Nothing else keeps a process running that is done.
    this.#socket?.ref();
    return this.#calls;
  }

  /** Its answer has come. */
  end(call: unknown): Waiting | undefined {
    const waiting = this.#waiting.delete(call);
    if (this.#waiting.size === 0) this.#socket?.unref();
    return waiting;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
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
    socket.write(frameOf(this.#port.badge));
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      const waiting = this.#waiting.values();
      this.#waiting = new Numbered();
      for (const one of waiting) this.#events.lost(one);
    });
    this.#events.connected(socket);
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
