/** What a kind of store is: its schema, and its methods over one open database. Each product of bindings/ has one. */
import type { StoreAddress } from '../ports/stores.ts';
import type { Database } from './database.ts';

export type StoreContext = {
  readonly address: StoreAddress;
  readonly db: Database;
  /** A folder for the store's files; it may not exist yet. */
  readonly dir: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Tells whoever looks after the stores that something has come up: a message is due, say. */
  notify(topic: string, detail: unknown): void;
};

export interface OpenStore {
  /** Synchronous, and quick: a store's thread serves everybody. Arguments were checked by the binding. */
  readonly methods: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Called now and then while the store is open: to drop what has expired. */
  tick?(): void;
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
  open(context: StoreContext): OpenStore;
}
