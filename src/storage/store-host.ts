/**
 * Stores, opened on demand and called one after the other.
 *
 * Contract: writes to one database that come together are committed together, each whole or not at all,
 * and none is answered before the commit: many writers pay for one wait for the disk. A damaged database
 * is set aside under another name, reported, and takes nothing else with it. One that another process keeps locked,
 * which may be an engine that a tenant has taken over, holds up the others for little of the time.
 */
import { existsSync, renameSync } from 'node:fs';
import { NO_DESCRIPTOR } from '../base/descriptors.ts';
import { FewReports } from '../base/few-reports.ts';
import { OpError } from '../base/op-error.ts';
import { QUOTA_EXCEEDED, type StoreAddress, type Stores } from '../ports/stores.ts';
import { Database, type DatabaseOptions, type FsyncPolicy, isDamage, isFull, isLocked, isOutOfFiles, isReadOnly } from './database.ts';
import { Accounts } from './accounts.ts';
import { Metering } from './metering.ts';
import { placeOf } from './paths.ts';
import type { OpenStore, StoreProduct } from './product.ts';
import { PUT_OFF, type StoreOwner } from './store-owner.ts';

export type StoreHostOptions = {
  /** The storage folder. */
  root: string;
  fsync: FsyncPolicy;
  products: readonly StoreProduct[];
  /** Who pays for what. Without it nothing is bounded. */
  accounts?: Accounts;
  now?: () => number;
  /** A store has something to tell: see StoreContext.notify. */
  onNotify?(address: StoreAddress, topic: string, detail: string): void;
  /** Something is wrong that the operator should know. */
  onTrouble?(message: string, fields: Record<string, unknown>): void;
};

type Call = { method: string; args: readonly unknown[]; owner: StoreOwner | undefined; resolve: (value: unknown) => void; reject: (error: unknown) => void };
type Opened = {
  address: StoreAddress;
  database: Database;
  store: OpenStore;
  product: StoreProduct;
  writes: ReadonlySet<string>;
  gathers: ReadonlySet<string>;
  used: number;
  /** The file is longer than the database. */
  isLong: boolean;
};
type Pending = { address: StoreAddress; calls: Call[] };

/** More databases than this are not kept open. */
const MOST_OPEN = 200;
/** How long a lock of another process is waited for, which holds up every store; and for how long none of the group's is waited for after that. */
const LOCK_MS = 250;
const NO_WAIT_MS = 10_000;
/** Where the process has no file descriptor left, so many are closed for one that is wanted now. */
const MOST_CLOSED = 2;
const TICK_MS = 60_000;
/** Free pages are given back to the disk a few at a time, from this many on. */
const KEPT_PAGES = 256;
const PAGES_AT_ONCE = 1000;
const SHRINK_MS = 250;
/** How long, and for how many commits, what was written may be uncounted where there is much room. */
const COUNT_MS = 20;
const MOST_UNCOUNTED = 16;

export class StoreHost implements Stores {
  readonly #options: StoreHostOptions;
  readonly #products: ReadonlyMap<string, StoreProduct>;
  readonly #open = new Map<string, Opened>();
  #pending = new Map<string, Pending>();
  #isFlushing = false;
  #isClosed = false;
  #uses = 0;
  readonly #ticking: NodeJS.Timeout;
  readonly #metering: Metering;
  /** An engine that a tenant has taken over may have any call fail. */
  readonly #failures: FewReports;
  #shrinking: NodeJS.Timeout | undefined;
  /** Commits of each store that were not counted yet. */
  readonly #uncounted = new Map<string, number>();
  #counting: NodeJS.Timeout | undefined;
  /** Until when locks of a group's databases are not waited for. */
  readonly #noWait = new Map<string, number>();

  constructor(options: StoreHostOptions) {
    this.#options = options;
    this.#metering = new Metering(options.accounts ?? new Accounts());
    this.#failures = new FewReports((message, fields) => options.onTrouble?.(message, fields));
    this.#products = new Map(options.products.map((product) => [product.name, product]));
    this.#ticking = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** @param owner whoever calls; what cannot be answered to them now is answered with PUT_OFF */
  call(address: StoreAddress, method: string, args: readonly unknown[], owner?: StoreOwner): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const key = keyOf(address);
      let pending = this.#pending.get(key);
      if (pending === undefined) this.#pending.set(key, (pending = { address, calls: [] }));
      pending.calls.push({ method, args, owner, resolve, reject });
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      // All that arrives in the same round of the event loop goes together.
      setImmediate(() => this.#flush());
    });
  }

  /** Lets every open store drop what has expired. */
  tick(): void {
    for (const [key, opened] of this.#open) {
      const { store, database } = opened;
      try {
        if (store.tick === undefined) continue;
        this.#on(opened, () => database.transaction(() => store.tick?.()));
      } catch (error) {
        this.#trouble(key, error);
      }
      this.#count(opened);
    }
    this.#shrinkLater();
  }

  /** Whoever called is gone: what they have begun to write is removed. */
  gone(owner: StoreOwner): void {
    for (const { address, blob } of this.#metering.gone(owner)) this.call(address, 'abandon', [blob]).catch(() => {});
  }

  /** Finds out what stores hold, one after the other; others have their turns in between. */
  async measure(addresses: readonly StoreAddress[]): Promise<void> {
    for (const address of addresses) {
      await new Promise(setImmediate);
      const key = keyOf(address);
      if (this.#isClosed) return;
      if (this.#open.has(key) || !existsSync(placeOf(this.#options.root, address).file)) continue;
      try {
        this.#opened(key, address);
        this.#close(key);
      } catch (error) {
        this.#failed(key, address, error);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#ticking);
    clearTimeout(this.#shrinking);
    clearTimeout(this.#counting);
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
    const write = (): void => {
      const size = opened.database.transaction(() => {
        this.#perform(key, address, opened, calls, true, done);
        if (!this.#mustCount(key, opened)) return undefined;
        // Here it needs no lock of its own.
        return this.#metering.size(opened.product, opened.database);
      });
      this.#metering.committed(address, size);
    };
    try {
      this.#on(opened, isWriting ? write : () => this.#perform(key, address, opened, calls, false, done));
    } catch (error) {
      // The commit failed: nothing of it has happened.
      this.#undo(opened);
      const failure = this.#failed(key, address, error);
      for (const { reject } of calls) reject(failure);
      return;
    }
    for (const settle of done) settle();
  }

  #perform(
    key: string,
    address: StoreAddress,
    { store, database, writes, gathers, product }: Opened,
    calls: readonly Call[],
    isWriting: boolean,
    done: (() => void)[],
  ): void {
    const grows = isWriting && this.#metering.isTight(address) ? product.metered?.grows : undefined;
    let isGathered = false;
    const flush = (): void => {
      const then = store.flush?.();
      if (then !== undefined) done.push(then);
    };
    for (const { method, args, owner, resolve, reject } of calls) {
      if (owner?.isFull === true) {
        done.push(() => resolve(PUT_OFF));
        continue;
      }
      const isGathering = gathers.has(method);
      // Not within the transaction of the next call, which may be taken back.
      if (isGathered && !isGathering) flush();
      isGathered = isGathering;
      this.#metering.owner = owner;
      const implementation = Object.hasOwn(store.methods, method) ? (store.methods[method] as (...args: unknown[]) => unknown) : undefined;
      try {
        if (implementation === undefined) throw new Error(`there is no method "${method}"`);
        const plain = (): unknown => implementation(...args);
        const work = grows?.includes(method) === true ? (): unknown => this.#metering.checked(address, product, database, plain) : plain;
        const value = isWriting && writes.has(method) && !isGathering ? database.transaction(work) : work();
        owner?.made(value);
        done.push(() => resolve(value));
      } catch (error) {
        // With the disk full or read-only, or the file damaged, nothing of the round can be committed. A lock is waited for once.
        if (isDamage(error) || isFull(error) || isReadOnly(error) || isLocked(error)) throw error;
        if (error instanceof OpError && error.name === QUOTA_EXCEEDED) this.#shrinkLater();
        const answer = error instanceof OpError ? error : this.#failed(key, address, error);
        done.push(() => reject(answer));
      }
    }
    if (isGathered) flush();
  }

  #undo(opened: Opened): void {
    try {
      this.#on(opened, () => opened.store.undone?.());
    } catch {
      // A database that cannot be read is heard of by its next call.
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
    const opened = this.#unlessLocked(address, (busyMs) => this.#openNew(address, product, busyMs));
    this.#open.set(key, opened);
    this.#count(opened);
    return opened;
  }

  #openNew(address: StoreAddress, product: StoreProduct, busyMs: number): Opened {
    const { file, dir } = placeOf(this.#options.root, address);
    const database = this.#openFile(product.isTransient === true ? ':memory:' : file, {
      fsync: product.fsync ?? this.#options.fsync,
      migrations: product.migrations,
      busyMs,
    });
    try {
      const store = product.open({
        address,
        db: database,
        dir,
        quota: this.#metering.quotaOf(address),
        now: this.#options.now ?? Date.now,
        notify: (topic, detail) => this.#options.onNotify?.(address, topic, detail),
        call: (method, args) => this.call(address, method, args),
      });
      return { address, database, store, product, writes: new Set(product.writes), gathers: new Set(product.gathers), used: ++this.#uses, isLong: false };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Does something with a database that may be locked. */
  #on<T>({ address, database }: Opened, work: () => T): T {
    return this.#unlessLocked(address, (busyMs) => {
      database.setBusyMs(busyMs);
      return work();
    });
  }

  /** @param work told how long it may wait for a lock */
  #unlessLocked<T>({ group }: StoreAddress, work: (busyMs: number) => T): T {
    const until = this.#noWait.get(group);
    const isWaiting = until === undefined || until <= performance.now();
    if (isWaiting && until !== undefined) this.#noWait.delete(group);
    try {
      return work(isWaiting ? LOCK_MS : 0);
    } catch (error) {
      if (isWaiting && isLocked(error)) this.#noWait.set(group, performance.now() + NO_WAIT_MS);
      throw error;
    }
  }

  /** Others make room for it where there is no descriptor left. */
  #openFile(file: string, options: DatabaseOptions): Database {
    try {
      return new Database(file, options);
    } catch (error) {
      if (!isOutOfFiles(error)) throw error;
      for (let closed = 0; closed < MOST_CLOSED; closed++) this.#closeOldest();
      return new Database(file, options);
    }
  }

  /** Many small commits are counted together, a moment later. */
  #mustCount(key: string, { address, product }: Opened): boolean {
    if (product.metered === undefined) return false;
    const uncounted = this.#uncounted.get(key) ?? 0;
    if (this.#metering.mustCount(address) || uncounted >= MOST_UNCOUNTED) {
      this.#uncounted.delete(key);
      return true;
    }
    this.#uncounted.set(key, uncounted + 1);
    this.#counting ??= setTimeout(() => this.#countAll(), COUNT_MS).unref();
    return false;
  }

  #countAll(): void {
    this.#counting = undefined;
    for (const key of this.#uncounted.keys()) {
      const opened = this.#open.get(key);
      if (opened !== undefined) this.#count(opened);
    }
    this.#uncounted.clear();
  }

  /** What is there now counts from now on. A database that cannot even say that is heard of by its next call. */
  #count(opened: Opened): void {
    const { address, product, database } = opened;
    try {
      this.#metering.committed(
        address,
        this.#on(opened, () => this.#metering.size(product, database)),
      );
    } catch {
      // See above.
    }
  }

  /** Gives back what has become free, for as long as there is something. */
  #shrinkLater(): void {
    if (this.#isClosed) return;
    this.#shrinking ??= setTimeout(() => {
      this.#shrinking = undefined;
      let isMore = false;
      for (const [key, opened] of this.#open) if (this.#shrink(key, opened)) isMore = true;
      if (isMore) this.#shrinkLater();
    }, SHRINK_MS).unref();
  }

  /** @returns whether there is more to give back */
  #shrink(key: string, opened: Opened): boolean {
    const { database } = opened;
    try {
      return this.#on(opened, () => {
        const before = database.shrink(0);
        const left = before <= KEPT_PAGES ? before : database.shrink(PAGES_AT_ONCE);
        // A database from before this was possible keeps its pages.
        const hasShrunk = left < before;
        if (hasShrunk || opened.isLong) opened.isLong = !database.cut();
        // Whoever pays for it has the room to use once the disk has.
        if (hasShrunk) this.#count(opened);
        return opened.isLong || (hasShrunk && left > KEPT_PAGES);
      });
    } catch (error) {
      this.#trouble(key, error);
      return false;
    }
  }

  /** Of the group that has most of them open: an engine that a tenant has taken over may use one after the other. */
  #closeOldest(): void {
    // What is in memory only would be lost.
    const groups = Map.groupBy(
      [...this.#open].filter(([, { product }]) => product.isTransient !== true),
      ([, { address }]) => address.group,
    );
    const [most = []] = [...groups.values()].sort((a, b) => b.length - a.length);
    const [oldest] = most.sort(([, a], [, b]) => a.used - b.used);
    if (oldest !== undefined) this.#close(oldest[0]);
  }

  #close(key: string): void {
    const opened = this.#open.get(key);
    if (opened !== undefined && this.#uncounted.delete(key)) this.#count(opened);
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
    const text = error instanceof Error ? error.message : String(error);
    this.#failures.tell('a store failed', { store: store.replaceAll('\n', '/'), error: isOutOfFiles(error) ? `${text}: ${NO_DESCRIPTOR}` : text });
  }
}

function keyOf({ group, product, id }: StoreAddress): string {
  return `${group}\n${product}\n${id}`;
}
