/** What a kind of store is: its schema, and its methods over one open database. Each product of bindings/ has one. */
import type { StoreAddress } from '../ports/stores.ts';
import type { Database } from './database.ts';

/** What the store's app may still put on the disk. See Accounts. */
export interface StoreQuota {
  /**
   * Promises room for a file that is about to be written, until it is recorded or given up.
   * @param blob its name
   * @param replaced what is removed when the file is recorded: something's name, and the bytes of its files
   * @throws the error of a full quota
   */
  hold(blob: string, bytes: number, replaced?: { name: string; bytes: number }): void;
  /** The file is recorded, or gone. */
  release(blob: string): void;
  /** For what shares a database: the bytes of one part of it, which is a store to those who count. */
  chargePart(id: string, bytes: number): void;
  /** @throws the error of a full quota where a part may not grow by so much */
  checkPart(id: string, bytes: number): void;
}

export type StoreContext = {
  readonly address: StoreAddress;
  readonly db: Database;
  /** A folder for the store's files; it may not exist yet. */
  readonly dir: string;
  readonly quota: StoreQuota;
  /** Milliseconds since 1970. */
  now(): number;
  /** Tells whoever looks after the stores that something has come up: a message is due, say. */
  notify(topic: string, detail: string): void;
  /** Calls a method of the store itself, in a round of its own. */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
};

export interface OpenStore {
  /** Quick: a store's thread serves everybody. One that answers with a promise has written what it has to by then. Arguments were checked by the binding. */
  readonly methods: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Called now and then while the store is open: to drop what has expired. */
  tick?(): void;
  /** Writes what methods named in `gathers` have noted. Called before any other method, and before the commit. @returns what is done after that */
  flush?(): (() => void) | undefined;
  /** A commit has failed: nothing that was written in it, or noted for it, has happened. */
  undone?(): void;
  close?(): void;
}

export interface StoreProduct {
  readonly name: string;
  /** Kept in memory only, and as long as the process lives. */
  readonly isTransient?: boolean;
  /** Waits for the disk no more than this, whatever the server's policy: what is lost can be made again. */
  readonly fsync?: 'normal';
  readonly migrations: readonly string[];
  /** Methods that write. Those that come together are committed together. */
  readonly writes: readonly string[];
  /** Of these, methods that only note what `flush` will write; one that throws has noted nothing. What they answer is complete after that. */
  readonly gathers?: readonly string[];
  /** Its database, and its files, count for the app that pays for the store. Absent: it keeps itself within bounds, or counts itself. */
  readonly metered?: {
    /** Methods that are refused when the quota is full, if they would need more of the disk. */
    readonly grows: readonly string[];
    /** A query for one number: the bytes of all files. */
    readonly fileBytes?: string;
  };
  open(context: StoreContext): OpenStore;
}
