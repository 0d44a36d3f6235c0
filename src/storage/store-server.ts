/**
 * Offers stores to the other processes of this server, over a socket.
 *
 * Contract: whoever connects shows a badge first, and gets at what that lets it into. What comes in is an engine's, which
 * a tenant may have taken over: nothing in it ends this process, and what is no frame of ours ends the connection.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress } from '../ports/stores.ts';
import { FrameSender, receiveFrames } from './frames.ts';
import type { Gate, Pass } from './gate.ts';

/** The first frame of a connection: the badge of whoever has made it. */
export type HelloFrame = [string];
/** call, address, method, arguments */
export type CallFrame = [number, StoreAddress, string, readonly unknown[]];
/** call, then 1 and the value, or 0 and the error's name and message */
export type AnswerFrame = [number, 1, unknown] | [number, 0, string, string];

export const REFUSED = 'Internal error: this storage is not for this app.';
const FAILED = 'Internal error: the storage failed.';

/** Stores that know who calls, and hear when they are gone. */
export interface OwnedStores {
  call(address: StoreAddress, method: string, args: readonly unknown[], owner: unknown): Promise<unknown>;
  gone(owner: unknown): void;
}

export class StoreServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

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
    let pass: Pass | undefined;
    const sender = new FrameSender(socket);
    this.#sockets.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => {
        this.#sockets.delete(socket);
        stores.gone(socket);
      });
    receiveFrames(socket, (frame) => {
      if (socket.destroyed) return;
      if (!Array.isArray(frame)) return void socket.destroy();
      if (pass !== undefined) return answer(socket, sender, stores, pass, frame);
      pass = gate.admit(frame[0]);
      if (pass === undefined) socket.destroy();
    });
  }
}

function answer(socket: Socket, sender: FrameSender, stores: OwnedStores, pass: Pass, [call, address, method, args]: readonly unknown[]): void {
  if (typeof call !== 'number' || typeof method !== 'string' || !Array.isArray(args)) return void socket.destroy();
  const fail = (name: string, text: string): void => sender.send([call, 0, name, text] satisfies AnswerFrame, () => socket.destroy());
  if (!pass.allows(address)) return fail('Error', REFUSED);
  // As it was looked at: what has come may be more than an address.
  const { product, group, id } = address;
  stores.call({ product, group, id }, method, args, socket).then(
    (value) => sender.send([call, 1, value] satisfies AnswerFrame, () => fail('Error', FAILED)),
    (error: unknown) => (error instanceof OpError ? fail(error.name, error.message) : fail('Error', FAILED)),
  );
}
