/**
 * Reads of one object, in whatever process has the database open.
 *
 * Contract: nothing here writes; what a read needs comes from one statement, or from rows of the version that the first one has found.
 */
import { R2_LIMITS, type R2Conditions, type R2Metadata, type R2Range } from '../../protocol/r2.ts';
import type { Database } from '../../storage/database.ts';
import { checkCall, isCount } from '../sizes.ts';
import { holds } from './conditions.ts';
import type { Found } from './objects.ts';
import { type Span, spanOf } from './range.ts';
import type { KeptKey } from './customer-key.ts';
import { metadataOf, type ObjectMeta, type ObjectRow } from './rows.ts';

type FullRow = ObjectRow & { id: number; blob: string | null; data: Uint8Array | null };
type PieceRow = { blob: string; start: number; size: number };

const HEAD = 'SELECT key, version, size, etag, uploaded, meta FROM objects WHERE key = ?';
const OBJECT = 'SELECT id, key, version, size, etag, uploaded, meta, blob, data FROM objects WHERE key = ?';
const PIECES = `SELECT blob, start, size FROM pieces WHERE object = ?1 AND start < ?2 AND start + size > ?3
  AND (SELECT version FROM objects WHERE id = ?1) = ?4 ORDER BY start`;
/** Parts are counted as they lie, whatever numbers they were uploaded under. */
const PART = `SELECT start AS offset, size AS length, (SELECT count(*) FROM pieces WHERE object = ?1) AS parts
  FROM pieces WHERE object = ?1 ORDER BY start LIMIT 1 OFFSET ?2`;

const withRange = (row: ObjectRow): R2Metadata => ({ ...metadataOf(row), range: { offset: 0, length: row.size } });

export function readHead(db: Database, key: string): R2Metadata | null {
  const row = db.get(HEAD, key) as ObjectRow | undefined;
  return row === undefined ? null : withRange(row);
}

/** @returns 'invalid' where the range cannot be satisfied */
export function readObject(db: Database, key: string, range: R2Range | undefined, onlyIf: R2Conditions | undefined): Found | null | 'invalid' {
  const row = db.get(OBJECT, key) as FullRow | undefined;
  if (row === undefined) return null;
  const object = withRange(row);
  if (onlyIf !== undefined && !holds(onlyIf, row)) return { object, isRefused: true };
  const span = range !== undefined && 'part' in range ? partOf(db, row, range.part, object) : spanOf(range, row.size);
  if (span === 'invalid') return 'invalid';
  object.range = span;
  const ssec = object.ssecKeyMd5 === undefined ? undefined : keptIn(row.meta);
  if (row.data !== null && ssec !== undefined) return { object, data: row.data, ssec };
  if (row.data !== null) return { object, data: span.length === row.size ? row.data : row.data.slice(span.offset, span.offset + span.length) };
  const more = { object, ...(ssec !== undefined && { ssec }) };
  if (row.blob !== null) return { ...more, pieces: [{ blob: row.blob, ...span, size: row.size }] };
  const pieces = db.all(PIECES, row.id, span.offset + span.length, span.offset, row.version) as PieceRow[];
  // Another process has put another in its place since, under the same number.
  if (pieces.length === 0 && span.length > 0) return readObject(db, key, range, onlyIf);
  return {
    ...more,
    pieces: pieces.map(({ blob, start, size }) => {
      const offset = Math.max(span.offset - start, 0);
      return { blob, offset, length: Math.min(span.offset + span.length - start, size) - offset, size };
    }),
  };
}

const keptIn = (meta: unknown): KeptKey | undefined => (JSON.parse(String(meta)) as ObjectMeta).ssec;

/** What is kept of an upload's key: null where there is no such upload. */
export function readUploadKey(db: Database, key: string, id: string): { ssec?: KeptKey } | null {
  const row = db.get('SELECT meta FROM uploads WHERE id = ? AND key = ?', id, key);
  if (row === undefined) return null;
  const ssec = keptIn(row['meta']);
  return ssec === undefined ? {} : { ssec };
}

/** An object that was not uploaded in parts is the first of none. */
function partOf(db: Database, row: FullRow, part: number, object: R2Metadata): Span | 'invalid' {
  checkCall(isCount(part, R2_LIMITS.parts));
  if (row.data !== null || row.blob !== null) return part === 1 ? { offset: 0, length: row.size } : 'invalid';
  const found = db.get(PART, row.id, part - 1) as (Span & { parts: number }) | undefined;
  if (found === undefined || part < 1) return 'invalid';
  const { parts, ...span } = found;
  object.parts = parts;
  return span;
}
