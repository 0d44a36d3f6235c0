/**
 * Where a worker sits: an isolate to itself, or a fresh context in an isolate that is used again.
 */
import type { ChunkName } from '../protocol/chunks.ts';
import { type IsolatePool, type Prepared, SwitchableInbox } from '../isolate/pool.ts';
import type { Isolate } from '../isolate/isolate.ts';
import type { Inbox, Realm } from '../isolate/realm.ts';
import { Turns } from '../isolate/turns.ts';

export interface Seat {
  readonly isolate: Isolate;
  readonly realm: Realm;
  readonly turns: Turns;
  readonly wasSpare: boolean;
  /** The app is running, or will not. */
  started(): void;
  /** No other worker sits in the isolate. */
  readonly isAlone: boolean;
  /** Points the seat's messages at its worker. */
  connect(owner: Inbox): void;
  /** Gives the seat back. `inDoubt`: a limit was hit in it, so the isolate must not be used again. */
  release(inDoubt: boolean): void;
  /** Gives the seat back because all end. */
  close(): void;
}

export interface Seats {
  /** @param chunks of the runtime that the app will need */
  take(chunks?: readonly ChunkName[]): Promise<Seat>;
  dispose(): void;
}

/** An isolate for every worker. */
export class IsolateSeats implements Seats {
  readonly #pool: IsolatePool;
  readonly #memoryMb: number;
  readonly #onCatastrophe: (message: string) => void;

  constructor(pool: IsolatePool, memoryMb: number, onCatastrophe: (message: string) => void) {
    this.#pool = pool;
    this.#memoryMb = memoryMb;
    this.#onCatastrophe = onCatastrophe;
  }

  async take(chunks: readonly ChunkName[] = []): Promise<Seat> {
    const prepared = await this.#pool.take(this.#memoryMb, chunks);
    prepared.inbox.onCatastrophe = this.#onCatastrophe;
    return {
      isolate: prepared.isolate,
      realm: prepared.realm,
      turns: new Turns(prepared.isolate),
      wasSpare: prepared.wasSpare,
      started: prepared.started,
      isAlone: true,
      connect: connectTo(prepared.inbox),
      release: (inDoubt) => prepared.isolate.discard(inDoubt),
      close: () => prepared.isolate.dispose(),
    };
  }

  dispose(): void {}
}

/** Contexts one isolate serves before it is replaced, so that what their garbage leaves behind stays bounded. */
const CONTEXTS_PER_ISOLATE = 500;

/** A fresh context for every worker, in an isolate that serves many one after another and at once. */
export class ContextSeats implements Seats {
  readonly #pool: IsolatePool;
  readonly #memoryMb: number;
  readonly #onCatastrophe: (message: string) => void;
  #current: Promise<SharedIsolate> | undefined;
  #disposed = false;

  constructor(pool: IsolatePool, memoryMb: number, onCatastrophe: (message: string) => void) {
    this.#pool = pool;
    this.#memoryMb = memoryMb;
    this.#onCatastrophe = onCatastrophe;
  }

  async take(chunks: readonly ChunkName[] = []): Promise<Seat> {
    this.#current ??= this.#pool.take(this.#memoryMb, chunks).then((prepared) => new SharedIsolate(prepared, this.#onCatastrophe));
    const taken = this.#current;
    let shared: SharedIsolate;
    try {
      shared = await taken;
    } catch (error) {
      // The next to come tries again.
      if (this.#current === taken) this.#current = undefined;
      throw error;
    }
    if (shared.isSpent) {
      this.#retire(taken);
      return this.take(chunks);
    }
    const seat = shared.seat((inDoubt) => {
      if (inDoubt) this.#retire(taken);
    });
    // A start may come in late, for requests that were under way.
    if (this.#disposed) this.#retire(taken);
    return seat;
  }

  dispose(): void {
    this.#disposed = true;
    this.#retire(this.#current);
  }

  /** The isolate goes when the last context in it has. */
  #retire(shared: Promise<SharedIsolate> | undefined): void {
    shared?.then((each) => each.retire()).catch(() => {});
    if (this.#current === shared) this.#current = undefined;
  }
}

class SharedIsolate {
  readonly #prepared: Prepared;
  readonly #turns: Turns;
  #used = 0;
  #open = 0;
  #retired = false;

  constructor(prepared: Prepared, onCatastrophe: (message: string) => void) {
    this.#prepared = prepared;
    this.#turns = new Turns(prepared.isolate);
    prepared.started();
    prepared.inbox.onCatastrophe = onCatastrophe;
  }

  get isSpent(): boolean {
    return this.#retired || this.#used >= CONTEXTS_PER_ISOLATE || this.#prepared.isolate.isDisposed;
  }

  async seat(onRelease: (inDoubt: boolean) => void): Promise<Seat> {
    const { isolate } = this.#prepared;
    this.#open++;
    this.#used++;
    const inbox = new SwitchableInbox();
    let realm: Realm;
    try {
      realm = await isolate.createRealm(inbox);
    } catch (error) {
      this.#close();
      throw error;
    }
    const isAlone = (): boolean => this.#open === 1;
    const release = (inDoubt: boolean): void => {
      realm.release();
      onRelease(inDoubt);
      this.#close();
    };
    return {
      isolate,
      realm,
      turns: this.#turns,
      wasSpare: true,
      started: () => {},
      get isAlone() {
        return isAlone();
      },
      connect: connectTo(inbox),
      release,
      close: () => release(false),
    };
  }

  retire(): void {
    this.#retired = true;
    if (this.#open === 0) this.#prepared.isolate.dispose();
  }

  #close(): void {
    this.#open--;
    if (this.#retired && this.#open === 0) this.#prepared.isolate.dispose();
  }
}

const connectTo =
  (inbox: SwitchableInbox) =>
  (owner: Inbox): void => {
    inbox.owner = owner;
  };
