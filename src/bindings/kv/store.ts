/**
 * What a KV namespace is in the store process: it writes, lists, and clears away.
 *
 * Contract: an expired entry is never answered with, whether it has been cleared away or not. The file of a large value
 * is removed after the commit that took its name out of the table, and never while a row names it; what a crash in
 * between leaves behind is swept later.
 */
import { join } from 'node:path';
import { diskBytes } from '../../storage/accounts.ts';
import { Blobs } from '../../storage/blobs.ts';
import type { OpenStore, StoreContext, StoreProduct } from '../../storage/product.ts';
import { UnnamedBlobs } from '../../storage/unnamed-blobs.ts';
import { checkCall, isContent, isCount, isText, isTextOrNull } from '../sizes.ts';
import { type Entry, KV_MIGRATIONS, MOST_INLINE_BYTES, readEntry, type ValueForm } from './entries.ts';
import { MOST_CURSOR, MOST_KEY_BYTES, MOST_LISTED, MOST_METADATA_BYTES } from './limits.ts';

export type ListedKey = { name: string; expiration: number | null; metadata: string | null };

/** Expired entries that are cleared away at once; the rest waits a little, and lets others have their turn. */
const MOST_CLEARED = 1000;
const CLEAR_AGAIN_MS = 100;

/** Where a namespace's large values lie. @param dir the store's folder */
export function blobsDir(dir: string): string {
  return join(dir, 'blobs');
}

const PUT = `INSERT INTO entries (key, value, blob, size, expiration, metadata) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, blob = excluded.blob, size = excluded.size, expiration = excluded.expiration, metadata = excluded.metadata`;
/** The plus keeps SQLite from going by expiration, and then sorting. */
const LIST = `SELECT key AS name, expiration, metadata FROM entries WHERE key >= CAST(?1 AS TEXT) AND (+expiration IS NULL OR +expiration > ?2)`;
const LIST_ALL = `${LIST} ORDER BY key LIMIT ?3`;
const LIST_PREFIX = `${LIST} AND key < CAST(?4 AS TEXT) ORDER BY key LIMIT ?3`;
const CLEAR = 'DELETE FROM entries WHERE number IN (SELECT number FROM entries WHERE expiration <= ? LIMIT ?) RETURNING blob, size';

class KvStore implements OpenStore {
  readonly #context: StoreContext;
  readonly #unnamed: UnnamedBlobs;
  #isClosed = false;
  #isLabelled = false;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#unnamed = new UnnamedBlobs(
      new Blobs(blobsDir(context.dir), 'normal'),
      (blob) => context.db.get('SELECT 1 FROM entries WHERE blob = ?', blob) !== undefined,
    );
  }

  readonly methods = {
    get: (key: string, form: ValueForm): Entry | null => readEntry(this.#context.db, key, form, this.#now()),

    put: (key: string, value: string | Uint8Array | null, blob: string | null, size: number, expiration: number | null, metadata: string | null): null => {
      const isSmall = isText(key, MOST_KEY_BYTES) && isContent(value, MOST_INLINE_BYTES) && isTextOrNull(metadata, MOST_METADATA_BYTES);
      checkCall(isSmall && isCount(size) && (expiration === null || isCount(expiration)));
      if (blob !== null) this.#context.quota.release(blob);
      this.#countFiles((blob === null ? 0 : diskBytes(size)) - this.#dropBlobOf(key));
      if (!this.#isLabelled) this.#label();
      this.#context.db.run(PUT, key, value, blob, size, expiration, metadata);
      return null;
    },

    delete: (key: string): null => {
      this.#countFiles(-this.#dropBlobOf(key));
      this.#context.db.run('DELETE FROM entries WHERE key = ?', key);
      return null;
    },

    /** Keeps room for the file of a value. @throws OpError where the quota is full */
    reserve: (key: string, blob: string, size: number): null => {
      this.#context.quota.hold(blob, size, { name: key, bytes: this.#fileOf(key).bytes });
      return null;
    },

    /** Removes a file, unless a row names it. */
    abandon: (blob: string): null => {
      this.#context.quota.release(blob);
      this.#unnamed.drop(blob);
      return null;
    },

    /** The keys that start with `prefix` and come after `after`; one more than `limit` where there are more. */
    list: (prefix: string, after: string, limit: number): ListedKey[] => {
      checkCall(isText(prefix, MOST_KEY_BYTES) && isText(after, MOST_CURSOR) && isCount(limit, MOST_LISTED));
      const { db } = this.#context;
      const end = beyond(prefix);
      const bounds = [from(prefix, after), this.#now(), limit + 1];
      return (end === null ? db.all(LIST_ALL, ...bounds) : db.all(LIST_PREFIX, ...bounds, end)) as ListedKey[];
    },
  };

  tick(): void {
    this.#clear();
    this.#unnamed.sweep(Date.now());
  }

  close(): void {
    this.#isClosed = true;
    this.#unnamed.close();
  }

  /** The file's name is made of the id, which cannot always be read from it. */
  #label(): void {
    const { id, group } = this.#context.address;
    this.#context.db.run('INSERT OR IGNORE INTO namespace VALUES (?, ?)', id, group);
    this.#isLabelled = true;
  }

  #now(): number {
    return Math.floor(this.#context.now() / 1000);
  }

  /** Takes away what has expired. */
  #clear(): void {
    const cleared = this.#context.db.all(CLEAR, this.#now(), MOST_CLEARED);
    let bytes = 0;
    for (const { blob, size } of cleared) {
      if (blob === null) continue;
      this.#unnamed.drop(blob as string);
      bytes += diskBytes(size as number);
    }
    this.#countFiles(-bytes);
    if (cleared.length === MOST_CLEARED) setTimeout(() => this.#clearAgain(), CLEAR_AGAIN_MS).unref();
  }

  #clearAgain(): void {
    try {
      if (!this.#isClosed) this.#context.db.transaction(() => this.#clear());
    } catch {
      // The next tick tries again, and says what is wrong.
    }
  }

  /** @returns the bytes that the file of a key's value takes, until a moment later */
  #dropBlobOf(key: string): number {
    const { blob, bytes } = this.#fileOf(key);
    if (blob !== undefined) this.#unnamed.drop(blob);
    return bytes;
  }

  #fileOf(key: string): { blob: string | undefined; bytes: number } {
    const { blob, size } = this.#context.db.get('SELECT blob, size FROM entries WHERE key = ?', key) ?? {};
    return typeof blob === 'string' ? { blob, bytes: diskBytes(size as number) } : { blob: undefined, bytes: 0 };
  }

  #countFiles(bytes: number): void {
    if (bytes !== 0) this.#context.db.run('UPDATE files SET bytes = bytes + ?', bytes);
  }
}

/** Where a listing starts, as bytes: at the prefix, or right after a key. */
function from(prefix: string, after: string): Uint8Array {
  const start = Buffer.from(prefix);
  if (after === '') return start;
  const next = Buffer.from(`${after}\0`);
  return Buffer.compare(start, next) > 0 ? start : next;
}

/** The first key, as bytes, after all that start with a prefix; null: none is. */
function beyond(prefix: string): Uint8Array | null {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  // No byte of UTF-8 is as high as 255: the last one can always be raised.
  if (last < 0) return null;
  bytes[last] = (bytes[last] as number) + 1;
  return bytes;
}

export const kvProduct: StoreProduct = {
  name: 'kv',
  migrations: KV_MIGRATIONS,
  writes: ['put', 'delete'],
  metered: { grows: ['put'], fileBytes: 'SELECT bytes FROM files' },
  open: (context) => new KvStore(context),
};
