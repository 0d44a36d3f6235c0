/** Offers stores to the other processes of this server, over a socket that only they can reach. */
import { createServer, type Server, type Socket } from 'node:net';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress, Stores } from '../ports/stores.ts';
import { receiveFrames, sendFrame } from './frames.ts';

/** call, address, method, arguments */
export type CallFrame = [number, StoreAddress, string, readonly unknown[]];
/** call, then 1 and the value, or 0 and the error's name and message */
export type AnswerFrame = [number, 1, unknown] | [number, 0, string, string];

export class StoreServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(stores: Stores) {
    this.#server = createServer((socket) => this.#serve(socket, stores));
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

  #serve(socket: Socket, stores: Stores): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    receiveFrames(socket, (frame) => {
      const [call, address, method, args] = frame as CallFrame;
      stores.call(address, method, args).then(
        (value) => sendFrame(socket, [call, 1, value] satisfies AnswerFrame),
        (error: unknown) => {
          const { name, message } = error instanceof OpError ? error : new OpError('Error', 'Internal error: the storage failed.');
          sendFrame(socket, [call, 0, name, message] satisfies AnswerFrame);
        },
      );
    });
  }
}
