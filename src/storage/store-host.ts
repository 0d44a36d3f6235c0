/**
 * Stores, opened on demand and called one after the other.
 *
 * Contract: writes to one database that come together are committed together, each whole or not at all,
 * and none is answered before the commit: many writers pay for one wait for the disk. A damaged database
 * is set aside under another name, reported, and takes nothing else with it.
 */
import { renameSync } from 'node:fs';
import { OpError } from '../base/op-error.ts';
import type { StoreAddress, Stores } from '../ports/stores.ts';
import { Database, type FsyncPolicy, isDamage, isFull, isReadOnly } from './database.ts';
import { placeOf } from './paths.ts';
import type { OpenStore, StoreProduct } from './product.ts';

export type StoreHostOptions = {
  /** The storage folder. */
  root: string;
  fsync: FsyncPolicy;
  products: readonly StoreProduct[];
  now?: () => number;
  /** A store has something to tell: see StoreContext.notify. */
  onNotify?(address: StoreAddress, topic: string, detail: unknown): void;
  /** Something is wrong that the operator should know. */
  onTrouble?(message: string, fields: Record<string, unknown>): void;
};

type Call = { method: string; args: readonly unknown[]; resolve: (value: unknown) => void; reject: (error: unknown) => void };
type Opened = { database: Database; store: OpenStore; product: StoreProduct; writes: ReadonlySet<string>; used: number };
type Pending = { address: StoreAddress; calls: Call[] };

/** More databases than this are not kept open. */
const MOST_OPEN = 200;
const TICK_MS = 60_000;

export class StoreHost implements Stores {
  readonly #options: StoreHostOptions;
  readonly #products: ReadonlyMap<string, StoreProduct>;
  readonly #open = new Map<string, Opened>();
  #pending = new Map<string, Pending>();
  #isFlushing = false;
  #uses = 0;
  readonly #ticking: NodeJS.Timeout;

  constructor(options: StoreHostOptions) {
    this.#options = options;
    this.#products = new Map(options.products.map((product) => [product.name, product]));
    this.#ticking = setInterval(() => this.tick(), TICK_MS).unref();
  }

  call(address: StoreAddress, method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const key = `${address.group}\n${address.product}\n${address.id}`;
      let pending = this.#pending.get(key);
      if (pending === undefined) this.#pending.set(key, (pending = { address, calls: [] }));
      pending.calls.push({ method, args, resolve, reject });
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      // All that arrives in the same round of the event loop goes together.
      setImmediate(() => this.#flush());
    });
  }

  /** Lets every open store drop what has expired. */
  tick(): void {
    for (const [key, { store, database }] of this.#open) {
      try {
        if (store.tick !== undefined) database.transaction(() => store.tick?.());
      } catch (error) {
        this.#trouble(key, error);
      }
    }
  }

  close(): void {
    clearInterval(this.#ticking);
    for (const key of [...this.#open.keys()]) this.#close(key);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#isFlushing = false;
    for (const [key, { address, calls }] of pending) this.#run(key, address, calls);
  }

  #run(key: string, address: StoreAddress, calls: readonly Call[]): void {
    let opened: Opened;
    try {
      opened = this.#opened(key, address);
    } catch (error) {
      const failure = this.#failed(key, address, error);
      for (const { reject } of calls) reject(failure);
      return;
    }
    const isWriting = calls.some(({ method }) => opened.writes.has(method));
    const done: (() => void)[] = [];
    try {
      if (isWriting) opened.database.transaction(() => this.#perform(key, address, opened, calls, true, done));
      else this.#perform(key, address, opened, calls, false, done);
    } catch (error) {
      // The commit failed: nothing of it has happened.
      const failure = this.#failed(key, address, error);
      for (const { reject } of calls) reject(failure);
      return;
    }
    for (const settle of done) settle();
  }

  #perform(key: string, address: StoreAddress, { store, database, writes }: Opened, calls: readonly Call[], isWriting: boolean, done: (() => void)[]): void {
    for (const { method, args, resolve, reject } of calls) {
      const implementation = Object.hasOwn(store.methods, method) ? (store.methods[method] as (...args: unknown[]) => unknown) : undefined;
      try {
        if (implementation === undefined) throw new Error(`there is no method "${method}"`);
        const work = (): unknown => implementation(...args);
        const value = isWriting && writes.has(method) ? database.transaction(work) : work();
        done.push(() => resolve(value));
      } catch (error) {
        // With the disk full or read-only, or the file damaged, nothing of the round can be committed.
        if (isDamage(error) || isFull(error) || isReadOnly(error)) throw error;
        const answer = error instanceof OpError ? error : this.#failed(key, address, error);
        done.push(() => reject(answer));
      }
    }
  }

  #opened(key: string, address: StoreAddress): Opened {
    const known = this.#open.get(key);
    if (known !== undefined) {
      known.used = ++this.#uses;
      return known;
    }
    const product = this.#products.get(address.product);
    if (product === undefined) throw new Error(`there is no product "${address.product}"`);
    if (this.#open.size >= MOST_OPEN) this.#closeOldest();
    const { file, dir } = placeOf(this.#options.root, address);
    const database = new Database(product.isTransient === true ? ':memory:' : file, {
      fsync: product.fsync ?? this.#options.fsync,
      migrations: product.migrations,
    });
    const store = product.open({
      address,
      db: database,
      dir,
      now: this.#options.now ?? Date.now,
      notify: (topic, detail) => this.#options.onNotify?.(address, topic, detail),
    });
    const opened = { database, store, product, writes: new Set(product.writes), used: ++this.#uses };
    this.#open.set(key, opened);
    return opened;
  }

  #closeOldest(): void {
    let oldest: string | undefined;
    let used = Number.POSITIVE_INFINITY;
    // What is in memory only would be lost.
    for (const [key, opened] of this.#open) if (opened.used < used && opened.product.isTransient !== true) [oldest, used] = [key, opened.used];
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(key: string): void {
    const opened = this.#open.get(key);
    this.#open.delete(key);
    try {
      opened?.store.close?.();
      opened?.database.close();
    } catch {
      // It is being left anyway.
    }
  }

  /** What the tenant hears of a failure that is none of theirs; the operator hears all. */
  #failed(key: string, address: StoreAddress, error: unknown): unknown {
    this.#trouble(`${address.product}/${address.id}`, error);
    if (isDamage(error)) {
      this.#close(key);
      this.#setAside(address);
      return new OpError('Error', 'Internal error: the data of this binding is damaged. The operator of this server has been told.');
    }
    // A database that was opened read-only stays so.
    if (isReadOnly(error)) this.#close(key);
    if (isFull(error)) return new OpError('Error', 'Internal error: the storage of this server is full.');
    return new OpError('Error', 'Internal error: the data of this binding cannot be used at the moment.');
  }

  #setAside(address: StoreAddress): void {
    const { file } = placeOf(this.#options.root, address);
    const aside = `${file}.damaged-${(this.#options.now ?? Date.now)()}`;
    for (const ending of ['', '-wal', '-shm']) {
      try {
        renameSync(file + ending, aside + ending);
      } catch {
        // Not every database has all three.
      }
    }
    this.#options.onTrouble?.('a damaged database was set aside; a new one takes its place', { ...address, file: aside });
  }

  #trouble(store: string, error: unknown): void {
    this.#options.onTrouble?.('a store failed', { store: store.replaceAll('\n', '/'), error: error instanceof Error ? error.message : String(error) });
  }
}
