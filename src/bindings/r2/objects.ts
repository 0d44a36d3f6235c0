/**
 * The objects of a bucket's database: how one takes another's place, and what becomes of the files of the other.
 *
 * Contract: what is named no more goes to `garbage` in the same commit; whoever caused that is told, and may remove
 * the files at once.
 */
import { randomBytes } from 'node:crypto';
import type { R2Metadata } from '../../protocol/r2.ts';
import type { Database } from '../../storage/database.ts';
import { metadataOf, type ObjectMeta, type ObjectRow } from './rows.ts';

/** A new object's bytes: few of them, or the file that has them. */
export type Content = { data: Uint8Array } | { blob: string };
export type NewObject = { key: string; size: number; etag: string; meta: ObjectMeta; content: Content };
/** A stretch of a file. */
export type Piece = { blob: string; offset: number; length: number };
export type Found = { object: R2Metadata; isRefused?: boolean; data?: Uint8Array; pieces?: Piece[] };
/** An answer, and the files to be removed. */
export type Changed<T> = { answer: T; garbage: string[] };

/** Pieces of which a reader opens all before it begins. */
export const MOST_OPEN_PIECES = 32;
/** How long the files of a replaced object in many parts stay for those who read it: they are opened one by one. */
const LINGER_MS = 3600_000;

const newVersion = (): string => randomBytes(16).toString('hex');

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
  insert(
    object: Omit<NewObject, 'content'> & { content?: Content },
    old: { id: number; blob: string | null } | undefined,
    garbage: string[],
  ): [R2Metadata, number] {
    const { key, size, etag, meta, content } = object;
    const row = { key, version: newVersion(), size, etag, uploaded: this.#now(), meta: JSON.stringify(meta) };
    const blob = content !== undefined && 'blob' in content ? content.blob : null;
    const data = content !== undefined && 'data' in content ? content.data : null;
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
    const old = this.#db.get('DELETE FROM objects WHERE key = ? RETURNING id, blob', key) as { id: number; blob: string | null } | undefined;
    if (old !== undefined) this.#discard(old, garbage);
  }

  /** The files of an object are wanted no more. */
  #discard({ id, blob }: { id: number; blob: string | null }, garbage: string[]): void {
    if (blob !== null) return this.forget([blob], garbage);
    const pieces = this.#db.all('DELETE FROM pieces WHERE object = ? RETURNING blob', id).map((piece) => String(piece['blob']));
    if (pieces.length > 0) this.forget(pieces, pieces.length > MOST_OPEN_PIECES ? [] : garbage, pieces.length > MOST_OPEN_PIECES ? LINGER_MS : 0);
  }

  /** Files that nothing names any more. A part of no bytes has none: see NewPart. */
  forget(blobs: readonly string[], garbage: string[], lingerMs = 0): void {
    for (const blob of blobs) {
      if (blob === '') continue;
      this.#db.run('INSERT OR IGNORE INTO garbage (blob, due) VALUES (?, ?)', blob, this.#now() + lingerMs);
      garbage.push(blob);
    }
  }
}
