/**
 * The rows of a namespace's database: what they are, and how one is read, by the store process and by engines alike.
 *
 * Keys are compared byte by byte in UTF-8, which is the order Cloudflare lists them in. A small value stands in its row,
 * as text or bytes as it came; of a large one the row names the file.
 */
import type { Database } from '../../storage/database.ts';

export const KV_MIGRATIONS: readonly string[] = [
  `CREATE TABLE entries (
     number INTEGER PRIMARY KEY,
     key TEXT NOT NULL UNIQUE,
     expiration INTEGER,
     metadata TEXT,
     blob TEXT,
     size INTEGER NOT NULL,
     value ANY
   ) STRICT;
   CREATE INDEX entries_by_expiration ON entries (expiration) WHERE expiration IS NOT NULL;
   CREATE INDEX entries_by_blob ON entries (blob) WHERE blob IS NOT NULL;
   CREATE TABLE namespace (id TEXT NOT NULL PRIMARY KEY, "group" TEXT NOT NULL) STRICT;`,
  // What the files of large values take of the disk, in whole blocks.
  `CREATE TABLE files (bytes INTEGER NOT NULL) STRICT;
   INSERT INTO files SELECT coalesce(sum((size + 4095) / 4096 * 4096), 0) FROM entries WHERE blob IS NOT NULL;`,
];

/** Values up to this size stand in the database. Above it, reading a file is faster, and holds nobody up. */
export const MOST_INLINE_BYTES = 64 * 1024;

/** How a value is wanted. */
export type ValueForm = 'text' | 'bytes';

/** One of `value` and `blob` is null. Expiration in seconds since 1970; metadata is JSON text. */
export type Entry = { value: string | Uint8Array | null; blob: string | null; size: number; metadata: string | null; expiration: number | null };

const READ: Readonly<Record<ValueForm, string>> = {
  text: 'SELECT CAST(value AS TEXT) AS value, blob, size, metadata, expiration FROM entries WHERE key = ?',
  bytes: 'SELECT CAST(value AS BLOB) AS value, blob, size, metadata, expiration FROM entries WHERE key = ?',
};

/**
 * The entry of a key; null when there is none or it has expired.
 * @param now in seconds
 */
export function readEntry(db: Database, key: string, form: ValueForm, now: number): Entry | null {
  const entry = db.get(READ[form], key) as Entry | undefined;
  return entry === undefined || (entry.expiration !== null && entry.expiration <= now) ? null : entry;
}
