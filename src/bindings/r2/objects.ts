/**
 * The objects of a bucket's database: how one takes another's place, and what becomes of the files of the other.
 *
 * Contract: what is named no more goes to `garbage` in the same commit; whoever caused that is told, and may remove
 * the files at once.
 */
import { randomBytes } from 'node:crypto';
import type { R2Metadata } from '../../protocol/r2.ts';
import { diskBytes } from '../../storage/accounts.ts';
import type { Database } from '../../storage/database.ts';
import type { KeptKey } from './customer-key.ts';
import { metadataOf, metaText, type ObjectMeta, type ObjectRow } from './rows.ts';

/** A new object's bytes: few of them, or the file that has them. */
export type Content = { data: Uint8Array } | { blob: string };
export type NewObject = { key: string; size: number; etag: string; meta: ObjectMeta; content: Content };
/** A stretch of a file that has so many bytes in all, counted without what encrypting them adds: quotas count them so, too. */
export type Piece = { blob: string; offset: number; length: number; size: number };
export type Found = {
  object: R2Metadata;
  isRefused?: boolean;
  data?: Uint8Array;
  pieces?: Piece[];
  /** With it bytes are encrypted, and `data` is all there is, whatever the range. */
  ssec?: KeptKey;
};
/** A file as a row names it; a part of no bytes has none: see NewPart. */
export type NamedFile = { blob: string; size: number };
/** An answer, and the files to be removed. */
export type Changed<T> = { answer: T; garbage: string[] };

/** Objects up to this size lie in the database: one commit is cheaper than a file, its folder and a commit. */
export const MOST_INLINE_BYTES = 64 * 1024;
/** Pieces of which a reader opens all before it begins. */
export const MOST_OPEN_PIECES = 32;
/** How long the files of a replaced object in many parts stay for those who read it: they are opened one by one. */
const LINGER_MS = 3600_000;

const newVersion = (): string => randomBytes(16).toString('hex');

type OldObject = { id: number; blob: string | null; size: number };

/** The methods that put an object in place of another, for puts and completed uploads. */
export class ObjectTable {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  row(key: string): (ObjectRow & { id: number; blob: string | null }) | undefined {
    return this.#db.get('SELECT id, key, version, size, etag, uploaded, meta, blob FROM objects WHERE key = ?', key) as
      | (ObjectRow & { id: number; blob: string | null })
      | undefined;
  }

  /** Puts an object in the place of `old`. @returns its metadata and its number */
  insert(object: Omit<NewObject, 'content'> & { content?: Content }, old: OldObject | undefined, garbage: string[]): [R2Metadata, number] {
    const { key, size, etag, meta, content } = object;
    const row = { key, version: newVersion(), size, etag, uploaded: this.#now(), meta: metaText(meta) };
    const blob = content !== undefined && 'blob' in content ? content.blob : null;
    const data = content !== undefined && 'data' in content ? content.data : null;
    if (blob !== null) this.countFiles(diskBytes(size));
    if (old === undefined) {
      const sql = 'INSERT INTO objects (key, version, size, etag, uploaded, meta, blob, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
      const { lastInsertRowid } = this.#db.prepare(sql).run(key, row.version, size, etag, row.uploaded, row.meta, blob, data);
      return [metadataOf(row), Number(lastInsertRowid)];
    }
    this.#discard(old, garbage);
    const sql = 'UPDATE objects SET version = ?, size = ?, etag = ?, uploaded = ?, meta = ?, blob = ?, data = ? WHERE id = ?';
    this.#db.run(sql, row.version, size, etag, row.uploaded, row.meta, blob, data, old.id);
    return [metadataOf(row), old.id];
  }

  delete(key: string, garbage: string[]): void {
    const old = this.#db.get('DELETE FROM objects WHERE key = ? RETURNING id, blob, size', key) as OldObject | undefined;
    if (old !== undefined) this.#discard(old, garbage);
  }

  /** The files of an object are wanted no more. */
  #discard({ id, blob, size }: OldObject, garbage: string[]): void {
    if (blob !== null) return this.forget([{ blob, size }], garbage);
    const pieces = this.#db.all('DELETE FROM pieces WHERE object = ? RETURNING blob, size', id) as NamedFile[];
    if (pieces.length > 0) this.forget(pieces, pieces.length > MOST_OPEN_PIECES ? [] : garbage, pieces.length > MOST_OPEN_PIECES ? LINGER_MS : 0);
  }

  /** Files that nothing names any more. Those that are to stay for a while count for as long. */
  forget(files: readonly NamedFile[], garbage: string[], lingerMs = 0): void {
    let freed = 0;
    for (const { blob, size } of files) {
      if (blob === '') continue;
      const bytes = diskBytes(size);
      if (lingerMs === 0) freed += bytes;
      this.#db.run('INSERT OR IGNORE INTO garbage (blob, due, bytes) VALUES (?, ?, ?)', blob, this.#now() + lingerMs, lingerMs === 0 ? 0 : bytes);
      garbage.push(blob);
    }
    this.countFiles(-freed);
  }

  /** What the files of an object take. */
  fileBytes(key: string): number {
    const old = this.row(key);
    if (old === undefined) return 0;
    if (old.blob !== null) return diskBytes(old.size);
    const pieces = this.#db.all('SELECT size FROM pieces WHERE object = ?', old.id);
    // Those of many parts stay for a while: they make no room.
    return pieces.length > MOST_OPEN_PIECES ? 0 : pieces.reduce((sum, { size }) => sum + diskBytes(Number(size)), 0);
  }

  /** There are so many more bytes of files. */
  countFiles(bytes: number): void {
    if (bytes !== 0) this.#db.run('UPDATE files SET bytes = bytes + ?', bytes);
  }
}
