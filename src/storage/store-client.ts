/**
 * Stores in another process.
 *
 * Contract: calls made while the process is being replaced wait for the new one, for a bounded time; those
 * that were under way when it was lost reject, since nobody knows how far they got.
 */
import { createConnection, type Socket } from 'node:net';
import { Numbered } from '../base/numbered.ts';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress, Stores } from '../ports/stores.ts';
import { FrameSender, receiveFrames } from './frames.ts';
import type { AnswerFrame } from './store-line.ts';
import type { CallFrame, HelloFrame } from './store-server.ts';

/** How long a call waits for a process that is not there. */
const MOST_WAIT_MS = 5000;
const RETRY_MS = 25;

type Connection = { socket: Socket; sender: FrameSender };
type Waiting = { resolve: (value: unknown) => void; reject: (error: OpError) => void };

const lost = (): OpError => new OpError('Error', 'Internal error: the storage was restarted while it worked on this; it may or may not have been done.');
const absent = (): OpError => new OpError('Error', 'Internal error: the storage of this server does not answer.');

/** Where the store process listens, and what it is shown. */
export type StorePort = { readonly socket: string; readonly badge: string };

export class StoreClient implements Stores {
  readonly #port: StorePort;
  #waiting = new Numbered<Waiting>();
  #calls = 0;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  /** @param port is connected to when first needed */
  constructor(port: StorePort) {
    this.#port = port;
  }

  async call(address: StoreAddress, method: string, args: readonly unknown[]): Promise<unknown> {
    const { socket, sender } = this.#connection ?? (await this.#connected());
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      // Nothing else keeps a process running that is done.
      socket.ref();
      sender.send([call, address, method, args] satisfies CallFrame, () => {
        this.#waiting.delete(call);
        reject(new OpError('TypeError', 'The value cannot be stored.'));
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.socket.destroy();
  }

  #connected(): Promise<Connection> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    const deadline = performance.now() + MOST_WAIT_MS;
    for (;;) {
      try {
        return this.#adopt(await open(this.#port.socket));
      } catch {
        if (this.#isClosed || performance.now() > deadline) throw absent();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #adopt(socket: Socket): Connection {
    const sender = new FrameSender(socket, true);
    const connection = { socket, sender };
    this.#connection = connection;
    socket.unref();
    // In a frame of its own, before any other.
    new FrameSender(socket).send([this.#port.badge] satisfies HelloFrame, () => {});
    receiveFrames(socket, (frame) => {
      const [call, ok, first, second] = frame as [...AnswerFrame, string?];
      const waiting = this.#waiting.delete(call);
      if (this.#waiting.size === 0) socket.unref();
      if (ok === 1) waiting?.resolve(first);
      else waiting?.reject(new OpError(String(first), String(second)));
    });
    socket.on('close', () => {
      this.#connection = undefined;
      const waiting = this.#waiting.values();
      this.#waiting = new Numbered();
      for (const { reject } of waiting) reject(lost());
    });
    return connection;
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
