/**
 * Offers stores to the other processes of this server, over a socket.
 *
 * Contract: whoever connects shows a badge first, and gets at what that lets it into. What comes in is an engine's, which
 * a tenant may have taken over: nothing in it ends this process, and what is no frame of ours ends the connection.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { StoreAddress } from '../ports/stores.ts';
import type { Gate } from './gate.ts';
import { type OwnedStores, StoreLine } from './store-line.ts';

/** The first frame of a connection: the badge of whoever has made it. */
export type HelloFrame = [string];
/** call, address, method, arguments */
export type CallFrame = [number, StoreAddress, string, readonly unknown[]];

/** Connections that have shown the badge of one holder, and that have shown none yet. An engine has one. */
const MOST_LINES = 128;
const MOST_STRANGERS = 128;

export class StoreServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those that nobody knows yet. */
  readonly #strangers = new Set<Socket>();
  /** Of those that are known, whose they are. */
  readonly #lines = new Map<string, Set<Socket>>();

  constructor(stores: OwnedStores, gate: Gate) {
    this.#server = createServer((socket) => this.#serve(socket, stores, gate));
  }

  /** @param path of the socket; its folder keeps others out */
  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket, stores: OwnedStores, gate: Gate): void {
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => {
        this.#sockets.delete(socket);
        this.#strangers.delete(socket);
        for (const lines of this.#lines.values()) lines.delete(socket);
        stores.gone(socket);
      });
    new StoreLine(socket, stores, gate, ({ holder }) => this.#admitted(socket, holder));
    const [oldest] = this.#strangers;
    if (this.#strangers.size > MOST_STRANGERS) oldest?.destroy();
  }

  #admitted(socket: Socket, holder: string): void {
    this.#strangers.delete(socket);
    let lines = this.#lines.get(holder);
    if (lines === undefined) this.#lines.set(holder, (lines = new Set()));
    if (lines.size >= MOST_LINES) return void socket.destroy();
    lines.add(socket);
  }
}
