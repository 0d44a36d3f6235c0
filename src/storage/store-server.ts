/**
 * Offers stores to the other processes of this server, over a socket.
 *
 * Contract: whoever connects shows a badge first, and gets at what that lets it into. What comes in is an engine's, which
 * a tenant may have taken over: nothing in it ends this process, and what is no frame of ours ends the connection.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Gate } from './gate.ts';
import { Lines } from './lines.ts';
import { MOST_CALL_BYTES, type OwnedStores, StoreLine } from './store-line.ts';

export class StoreServer {
  readonly #server: Server;
  readonly #lines: Lines;

  constructor(stores: OwnedStores, gate: Gate) {
    this.#lines = new Lines(gate, MOST_CALL_BYTES);
    this.#server = createServer((socket) => this.#serve(socket, stores));
  }

  /** @param path of the socket; its folder keeps others out */
  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        // From now on it is connections that cannot be accepted, which are no reason to end: whoever connects tries again.
        this.#server.off('error', reject).on('error', () => {});
        resolve();
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#lines.close();
  }

  #serve(socket: Socket, stores: OwnedStores): void {
    this.#lines.open(socket, (line) => {
      const calls = new StoreLine(line, stores);
      return (frame) => calls.receive(frame);
    });
  }
}
