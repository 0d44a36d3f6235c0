/**
 * One connection to the stores: what comes on it, and what goes back.
 *
 * Contract: whoever is on the other end may ask for anything, and for any amount of it: so many calls are worked on at a
 * time, and none while answers pile up that nobody takes; a call that the stores have put off is made again then. Those to
 * one store are worked on in the order they came. What is no call ends the connection.
 */
import type { Socket } from 'node:net';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress } from '../ports/stores.ts';
import { FrameSender, messagesOf } from './frames.ts';
import type { Line } from './lines.ts';
import { PUT_OFF, type StoreOwner } from './store-owner.ts';
import { weightOf } from './weight.ts';

/** Stores that know who calls, and hear when they are gone. What they have put off they answer with PUT_OFF. */
export interface OwnedStores {
  call(address: StoreAddress, method: string, args: readonly unknown[], owner: StoreOwner): Promise<unknown>;
  gone(owner: StoreOwner): void;
}

/** call, address, method, arguments */
export type CallFrame = [number, StoreAddress, string, readonly unknown[]];
/** call, then 1 and the value, or 0 and the error's name and message */
export type AnswerFrame = [number, 1, unknown] | [number, 0, string, string];

const REFUSED = 'Internal error: this storage is not for this app.';
const FAILED = 'Internal error: the storage failed.';

/** A list of calls, or one call that is longer: lists end at eight megabytes, and bodies of more are files. */
export const MOST_CALL_BYTES = 16 * 1024 * 1024;
const MOST_AT_ONCE = 1024;

export class StoreLine implements StoreOwner {
  readonly #line: Line;
  readonly #socket: Socket;
  readonly #stores: OwnedStores;
  readonly #sender: FrameSender;
  /** Calls that wait for their turn, from `next` on. */
  #waiting: unknown[][] = [];
  #next = 0;
  /** Calls that were put off. They come before those that wait. */
  #again: unknown[][] = [];
  #underWay = 0;
  /** Bytes of answers that are not with the socket yet, about. */
  #made = 0;

  constructor(line: Line, stores: OwnedStores) {
    this.#line = line;
    this.#socket = line.socket;
    this.#stores = stores;
    this.#sender = new FrameSender(line.socket, false, () => {
      this.#made = 0;
      this.#goOn();
    });
    line.socket.on('drain', () => this.#goOn()).on('close', () => stores.gone(this));
  }

  get isFull(): boolean {
    return this.#line.isFull(this.#made);
  }

  get #isBusy(): boolean {
    return this.#underWay >= MOST_AT_ONCE || this.isFull;
  }

  made(value: unknown): void {
    this.#made += weightOf(value);
  }

  /** Takes calls. */
  receive(frame: Buffer): void {
    for (const message of messagesOf(frame) ?? [undefined]) {
      if (!Array.isArray(message)) return void this.#socket.destroy();
      if (this.#waiting.length === 0 && this.#again.length === 0 && !this.#isBusy) this.#answer(message);
      else {
        this.#waiting.push(message);
        this.#socket.pause();
      }
      if (this.#socket.destroyed) return;
    }
  }

  /** Calls what has waited, as far as may be. */
  #goOn(): void {
    if (this.#again.length > 0 && !this.#isBusy) {
      this.#waiting = [...this.#again, ...this.#waiting.slice(this.#next)];
      this.#again = [];
      this.#next = 0;
    }
    const { length } = this.#waiting;
    if (length === 0) return;
    while (this.#next < length && !this.#isBusy && !this.#socket.destroyed) this.#answer(this.#waiting[this.#next++] ?? []);
    if (this.#next < length && !this.#socket.destroyed) return;
    this.#waiting = [];
    this.#next = 0;
    this.#socket.resume();
  }

  #answer(message: unknown[]): void {
    const socket = this.#socket;
    const [call, address, method, args]: readonly unknown[] = message;
    if (typeof call !== 'number' || typeof method !== 'string' || !Array.isArray(args)) return void socket.destroy();
    const fail = (name: string, text: string): void => this.#sender.send([call, 0, name, text] satisfies AnswerFrame, () => socket.destroy());
    if (!this.#line.pass.allows(address)) return fail('Error', REFUSED);
    this.#underWay++;
    // As it was looked at: what has come may be more than an address.
    const { product, group, id } = address;
    this.#stores.call({ product, group, id }, method, args, this).then(
      (value) => {
        if (value === PUT_OFF) this.#again.push(message);
        else this.#sender.send([call, 1, value] satisfies AnswerFrame, () => fail('Error', FAILED));
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
