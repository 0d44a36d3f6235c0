/**
 * The connections of a process that has stores: who may have how many, and what each brings first.
 *
 * Contract: nothing is heard of whoever has not shown a badge, which is short and comes soon. Whoever has one may be an
 * engine that a tenant has taken over: there are so many connections for each holder.
 */
import type { Socket } from 'node:net';
import { eachFrame } from './frame-reader.ts';
import type { Gate, Pass } from './gate.ts';

/** Connections that have shown the badge of one holder, and that have shown none yet. An engine has one. */
const MOST_LINES = 128;
const MOST_STRANGERS = 128;
const MOST_BADGE_BYTES = 4096;
const BADGE_MS = 10_000;
/** What was sent to one, or to all of a holder's together, and was not taken. */
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;
const MOST_UNREAD_OF_ALL = 256 * 1024 * 1024;

/** A connection whose badge was shown. */
export class Line {
  readonly socket: Socket;
  readonly pass: Pass;
  /** All of the holder's, with this one. */
  readonly #all: ReadonlySet<Socket>;

  constructor(socket: Socket, pass: Pass, all: ReadonlySet<Socket>) {
    this.socket = socket;
    this.pass = pass;
    this.#all = all;
  }

  /** So much waits to be taken that nothing more is taken from there. Whoever has many connections has less on each. @param coming bytes about to be sent */
  isFull(coming = 0): boolean {
    return this.socket.writableLength + coming > Math.min(MOST_UNREAD_BYTES, MOST_UNREAD_OF_ALL / this.#all.size);
  }

  /** An answer would be of use: there is somebody to take it, and all of the holder's have not been sent too much already. */
  get isHeard(): boolean {
    if (this.socket.destroyed) return false;
    let unread = 0;
    for (const { writableLength } of this.#all) unread += writableLength;
    return unread <= MOST_UNREAD_OF_ALL;
  }
}

export class Lines {
  readonly #gate: Gate;
  readonly #mostBytes: number;
  readonly #badgeMs: number;
  /** Those that nobody knows yet, the oldest first. */
  readonly #strangers = new Set<Socket>();
  /** Of those that are known, whose they are. */
  readonly #holders = new Map<string, Set<Socket>>();

  /** @param mostBytes of a frame @param badgeMs how long a badge may take */
  constructor(gate: Gate, mostBytes: number, badgeMs: number = BADGE_MS) {
    this.#gate = gate;
    this.#mostBytes = mostBytes;
    this.#badgeMs = badgeMs;
  }

  /** Takes a connection in. @param begin told when its badge was shown; what it answers with gets each frame that follows */
  open(socket: Socket, begin: (line: Line) => (frame: Buffer) => void): void {
    let receive: ((frame: Buffer) => void) | undefined;
    let holder = '';
    const timer = setTimeout(() => socket.destroy(), this.#badgeMs).unref();
    this.#strangers.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => {
        clearTimeout(timer);
        this.#strangers.delete(socket);
        this.#leave(holder, socket);
      });
    const admit = (badge: Buffer): void => {
      const pass = this.#gate.admit(badge.toString());
      const all = pass === undefined ? undefined : this.#enter(pass.holder, socket);
      if (pass === undefined || all === undefined) return void socket.destroy();
      clearTimeout(timer);
      this.#strangers.delete(socket);
      holder = pass.holder;
      receive = begin(new Line(socket, pass, all));
    };
    eachFrame(
      socket,
      (frame) => (receive ?? admit)(frame),
      () => (receive === undefined ? MOST_BADGE_BYTES : this.#mostBytes),
    );
    const [oldest] = this.#strangers;
    if (oldest === undefined || this.#strangers.size <= MOST_STRANGERS) return;
    this.#strangers.delete(oldest);
    oldest.destroy();
  }

  close(): void {
    for (const sockets of [this.#strangers, ...this.#holders.values()]) for (const socket of sockets) socket.destroy();
  }

  #enter(holder: string, socket: Socket): ReadonlySet<Socket> | undefined {
    let all = this.#holders.get(holder);
    if (all === undefined) this.#holders.set(holder, (all = new Set()));
    return all.size >= MOST_LINES ? undefined : all.add(socket);
  }

  #leave(holder: string, socket: Socket): void {
    const all = this.#holders.get(holder);
    all?.delete(socket);
    if (all?.size === 0) this.#holders.delete(holder);
  }
}
