/** The rows of an app's cache: what they are, and how one is read, by the store process and by engines alike. */
import type { Database } from '../../storage/database.ts';

/** Bodies up to this size stand in the database. */
export const INLINE_BYTES = 32 * 1024;
/** In characters. */
export const MOST_KEY = 32 * 1024;
export const MOST_HEADERS = 128 * 1024;

export const CACHE_MIGRATIONS: readonly string[] = [
  `CREATE TABLE entries (
     id INTEGER PRIMARY KEY,
     cache TEXT NOT NULL,
     key TEXT NOT NULL,
     stored INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     used INTEGER NOT NULL,
     cost INTEGER NOT NULL,
     status INTEGER NOT NULL,
     headers TEXT NOT NULL,
     size INTEGER NOT NULL,
     blob TEXT,
     value BLOB,
     UNIQUE (cache, key)
   ) STRICT;
   CREATE INDEX entries_by_expiration ON entries (expires);
   CREATE INDEX entries_by_use ON entries (used);
   CREATE INDEX entries_by_blob ON entries (blob) WHERE blob IS NOT NULL;
   CREATE TABLE total (bytes INTEGER NOT NULL) STRICT;
   INSERT INTO total VALUES (0);
   CREATE TRIGGER entries_added AFTER INSERT ON entries BEGIN UPDATE total SET bytes = bytes + new.cost; END;
   CREATE TRIGGER entries_removed AFTER DELETE ON entries BEGIN UPDATE total SET bytes = bytes - old.cost; END;`,
  // The body is in the Content-Encoding of its headers already.
  'ALTER TABLE entries ADD COLUMN encoded INTEGER NOT NULL DEFAULT 0',
];

/** Times in milliseconds since 1970. One of `value` and `blob` is null; both are where there is no body. */
export type Entry = {
  id: number;
  stored: number;
  expires: number;
  used: number;
  status: number;
  headers: string;
  /** 1: the body is in the Content-Encoding of the headers already. */
  encoded: 0 | 1;
  size: number;
  blob: string | null;
  value: Uint8Array | null;
};

/** The entry of a key; null when there is none or it has expired. @param cache "" is the default one */
export function readEntry(db: Database, cache: string, key: string, now: number): Entry | null {
  const entry = db.get('SELECT id, stored, expires, used, status, headers, encoded, size, blob, value FROM entries WHERE cache = ? AND key = ?', cache, key);
  return entry === undefined || (entry['expires'] as number) <= now ? null : (entry as Entry);
}

/** All caches of an app. */
export function cacheStore(app: string): { product: string; id: string } {
  return { product: 'cache', id: app };
}
