/**
 * One connection to the stores: what comes on it, and what goes back.
 *
 * Contract: whoever is on the other end may ask for anything, and for any amount of it: so many calls are worked on at a
 * time, and none while answers pile up that nobody takes. What is no call ends the connection.
 */
import type { Socket } from 'node:net';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress } from '../ports/stores.ts';
import { FrameSender, receiveFrames } from './frames.ts';
import type { Gate, Pass } from './gate.ts';

/** Stores that know who calls, and hear when they are gone. */
export interface OwnedStores {
  call(address: StoreAddress, method: string, args: readonly unknown[], owner: unknown): Promise<unknown>;
  gone(owner: unknown): void;
}

/** call, then 1 and the value, or 0 and the error's name and message */
export type AnswerFrame = [number, 1, unknown] | [number, 0, string, string];

const REFUSED = 'Internal error: this storage is not for this app.';
const FAILED = 'Internal error: the storage failed.';

/** A badge in its frame. */
const MOST_HELLO_BYTES = 4096;
/** A list of calls, or one call that is longer: lists end at sixteen megabytes, and bodies of more are files. */
const MOST_CALL_BYTES = 32 * 1024 * 1024;
const MOST_AT_ONCE = 1024;
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;

export class StoreLine {
  readonly #socket: Socket;
  readonly #stores: OwnedStores;
  readonly #sender: FrameSender;
  readonly #onAdmitted: (pass: Pass) => void;
  #pass: Pass | undefined;
  /** Calls that wait for their turn, from `next` on. */
  #waiting: unknown[][] = [];
  #next = 0;
  #underWay = 0;

  /** @param onAdmitted told once, of whoever has shown a badge */
  constructor(socket: Socket, stores: OwnedStores, gate: Gate, onAdmitted: (pass: Pass) => void) {
    this.#socket = socket;
    this.#stores = stores;
    this.#sender = new FrameSender(socket);
    this.#onAdmitted = onAdmitted;
    const receive = (message: unknown): void => this.#receive(message, gate);
    receiveFrames(socket, receive, () => (this.#pass === undefined ? MOST_HELLO_BYTES : MOST_CALL_BYTES));
    socket.on('drain', () => this.#goOn());
  }

  get #isBusy(): boolean {
    return this.#underWay >= MOST_AT_ONCE || this.#socket.writableLength > MOST_UNREAD_BYTES;
  }

  #receive(message: unknown, gate: Gate): void {
    if (!Array.isArray(message)) return void this.#socket.destroy();
    if (this.#pass === undefined) {
      this.#pass = gate.admit(message[0]);
      return this.#pass === undefined ? void this.#socket.destroy() : this.#onAdmitted(this.#pass);
    }
    if (this.#waiting.length === 0 && !this.#isBusy) return this.#answer(message, this.#pass);
    this.#waiting.push(message);
    this.#socket.pause();
  }

  /** Calls what has waited, as far as may be. */
  #goOn(): void {
    const { length } = this.#waiting;
    if (length === 0 || this.#pass === undefined) return;
    while (this.#next < length && !this.#isBusy && !this.#socket.destroyed) this.#answer(this.#waiting[this.#next++] ?? [], this.#pass);
    if (this.#next < length && !this.#socket.destroyed) return;
    this.#waiting = [];
    this.#next = 0;
    this.#socket.resume();
  }

  #answer([call, address, method, args]: readonly unknown[], pass: Pass): void {
    const socket = this.#socket;
    if (typeof call !== 'number' || typeof method !== 'string' || !Array.isArray(args)) return void socket.destroy();
    const fail = (name: string, text: string): void => this.#sender.send([call, 0, name, text] satisfies AnswerFrame, () => socket.destroy());
    if (!pass.allows(address)) return fail('Error', REFUSED);
    this.#underWay++;
    // As it was looked at: what has come may be more than an address.
    const { product, group, id } = address;
    this.#stores.call({ product, group, id }, method, args, socket).then(
      (value) => {
        this.#sender.send([call, 1, value] satisfies AnswerFrame, () => fail('Error', FAILED));
        this.#done();
      },
      (error: unknown) => {
        if (error instanceof OpError) fail(error.name, error.message);
        else fail('Error', FAILED);
        this.#done();
      },
    );
  }

  #done(): void {
    this.#underWay--;
    this.#goOn();
  }
}
