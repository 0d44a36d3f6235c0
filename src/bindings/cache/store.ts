/**
 * An app's cache in the store process: it writes, and keeps it within its bounds.
 *
 * Contract: an expired entry is never answered with. What was used longest ago goes first. The file of a large body is
 * removed after the commit that took its name out of the table; what a crash in between leaves behind is swept later.
 */
import { CACHE_LIMITS } from '../../protocol/cache.ts';
import { Blobs } from '../../storage/blobs.ts';
import type { OpenStore, StoreContext, StoreProduct } from '../../storage/product.ts';
import { UnnamedBlobs } from '../../storage/unnamed-blobs.ts';
import { checkCall, isContent, isCount, isText } from '../sizes.ts';
import { CACHE_MIGRATIONS, type Entry, INLINE_BYTES, MOST_HEADERS, MOST_KEY, readEntry } from './entries.ts';

export type NewEntry = Pick<Entry, 'expires' | 'status' | 'headers' | 'encoded' | 'size' | 'blob' | 'value'>;

/** What a row takes beside its texts and body. */
const ROW_BYTES = 200;
const MOST_CLEARED = 1000;
const EVICTED_AT_ONCE = 20;

class CacheStore implements OpenStore {
  readonly #context: StoreContext;
  readonly #unnamed: UnnamedBlobs;
  readonly #mostBytes: number;

  constructor(context: StoreContext, mostBytes: number) {
    this.#context = context;
    this.#unnamed = new UnnamedBlobs(new Blobs(context.dir, 'normal'), (blob) => context.db.get('SELECT 1 FROM entries WHERE blob = ?', blob) !== undefined);
    this.#mostBytes = mostBytes;
  }

  readonly methods = {
    match: (cache: string, key: string): Entry | null => readEntry(this.#context.db, cache, key, this.#context.now()),

    put: (cache: string, key: string, { expires, status, headers, encoded, size, blob, value }: NewEntry): null => {
      checkCall(isText(cache, CACHE_LIMITS.nameLength + 1) && isText(key, MOST_KEY) && isText(headers, 2 * MOST_HEADERS) && isContent(value, INLINE_BYTES));
      checkCall(isCount(size, CACHE_LIMITS.objectBytes));
      const { db } = this.#context;
      const now = this.#context.now();
      const cost = size + 2 * (headers.length + key.length + cache.length) + ROW_BYTES;
      // Deleted and added, so that the total is counted.
      this.#drop(db.all('DELETE FROM entries WHERE cache = ? AND key = ? RETURNING blob', cache, key));
      db.run(
        'INSERT INTO entries (cache, key, stored, expires, used, cost, status, headers, encoded, size, blob, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[cache, key, now, expires, now, cost, status, headers, encoded, size, blob, value],
      );
      this.#evict();
      return null;
    },

    delete: (cache: string, key: string): boolean => {
      const found = readEntry(this.#context.db, cache, key, this.#context.now()) !== null;
      this.#drop(this.#context.db.all('DELETE FROM entries WHERE cache = ? AND key = ? RETURNING blob', cache, key));
      return found;
    },

    /** Entries have been used. */
    touch: (ids: readonly number[]): null => {
      for (const id of ids) this.#context.db.run('UPDATE entries SET used = ? WHERE id = ?', this.#context.now(), id);
      return null;
    },
  };

  tick(): void {
    const { db, now } = this.#context;
    this.#drop(db.all('DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expires <= ? LIMIT ?) RETURNING blob', now(), MOST_CLEARED));
    this.#unnamed.sweep(now());
  }

  close(): void {
    this.#unnamed.close();
  }

  #evict(): void {
    const { db } = this.#context;
    while (Number(db.get('SELECT bytes FROM total')?.['bytes']) > this.#mostBytes) {
      const gone = db.all('DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY used LIMIT ?) RETURNING blob', EVICTED_AT_ONCE);
      if (gone.length === 0) return;
      this.#drop(gone);
    }
  }

  #drop(rows: readonly Record<string, unknown>[]): void {
    for (const { blob } of rows) {
      if (typeof blob === 'string') this.#unnamed.drop(blob);
    }
  }
}

/** @param mostBytes that one app has stored */
export function makeCacheProduct(mostBytes: number): StoreProduct {
  return {
    name: 'cache',
    // What is lost can be fetched again: nobody has to wait for the disk.
    fsync: 'normal',
    migrations: CACHE_MIGRATIONS,
    writes: ['put', 'delete', 'touch'],
    open: (context) => new CacheStore(context, mostBytes),
  };
}

export const cacheProduct = makeCacheProduct(CACHE_LIMITS.appBytes);
