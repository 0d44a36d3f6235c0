/**
 * Databases of stores, opened for reading in a process that does not write them.
 *
 * A point read from a file that is in memory anyway takes a few microseconds; to ask another process takes fifty.
 * SQLite's write-ahead log lets any process read the last commit beside the one that writes, so that a write that
 * has been answered is seen by every read that starts later.
 *
 * Contract: whoever reads here has another way, the store process, and takes it whenever this one answers
 * undefined or throws: when the database does not exist yet, has another schema, is being recovered, is damaged.
 * Nothing here waits, and a database that was put in another's place is noticed within a second.
 */
import { statSync } from 'node:fs';
import type { StoreAddress } from '../ports/stores.ts';
import { Database } from './database.ts';
import { placeOf } from './paths.ts';

type Reader = { database: Database; file: string; inode: number; checkedAt: number; used: number };

/** More databases than this are not kept open; fewer, where the process has few descriptors. */
export const MOST_READERS = 100;
/** The database, its log, and the index of that. */
export const FILES_OF_A_READER = 3;
let mostOpen = MOST_READERS;
const CHECK_MS = 1000;
/** Pages kept by each, in KiB; the system keeps the rest. */
const CACHE_KIB = 512;

/** So many databases are kept open from now on. */
export function boundReaders(most: number): void {
  mostOpen = most;
}

const byRoot = new Map<string, StoreReaders>();

/** The readers of a storage folder: a process needs each database open once, whoever reads it. */
export function readersOf(root: string): StoreReaders {
  let readers = byRoot.get(root);
  if (readers === undefined) byRoot.set(root, (readers = new StoreReaders(root)));
  return readers;
}

export class StoreReaders {
  readonly #root: string;
  readonly #open = new Map<string, Reader>();
  #uses = 0;

  /** @param root the storage folder */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The database of a store, if it can be read here and now.
   * @param schema the number of migrations the reader knows
   */
  database(address: StoreAddress, schema: number): Database | undefined {
    const key = `${address.group}\n${address.product}\n${address.id}`;
    const known = this.#open.get(key);
    const now = performance.now();
    if (known !== undefined) {
      if (now - known.checkedAt < CHECK_MS || inodeOf(known.file) === known.inode) {
        if (now - known.checkedAt >= CHECK_MS) known.checkedAt = now;
        known.used = ++this.#uses;
        return known.database;
      }
      this.#close(key);
    }
    return this.#opened(key, address, schema, now);
  }

  /** Reading from it has failed: the next time it is opened anew. */
  drop(address: StoreAddress): void {
    this.#close(`${address.group}\n${address.product}\n${address.id}`);
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.#close(key);
  }

  #opened(key: string, address: StoreAddress, schema: number, now: number): Database | undefined {
    const { file } = placeOf(this.#root, address);
    const inode = inodeOf(file);
    if (inode === undefined) return undefined;
    let database: Database | undefined;
    try {
      database = new Database(file, { fsync: 'normal', migrations: [], readOnly: true, busyMs: 0 });
      if (Number(database.get('PRAGMA user_version')?.['user_version']) !== schema) throw new Error('another schema');
      database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    } catch {
      database?.close();
      return undefined;
    }
    if (this.#open.size >= mostOpen) this.#closeOldest();
    this.#open.set(key, { database, file, inode, checkedAt: now, used: ++this.#uses });
    return database;
  }

  #closeOldest(): void {
    let oldest: string | undefined;
    let used = Number.POSITIVE_INFINITY;
    for (const [key, reader] of this.#open) if (reader.used < used) [oldest, used] = [key, reader.used];
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(key: string): void {
    const reader = this.#open.get(key);
    this.#open.delete(key);
    try {
      reader?.database.close();
    } catch {
      // It is being left anyway.
    }
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
