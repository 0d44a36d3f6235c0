/**
 * What a bucket is on disk: a row for each object, with its bytes where they are few, and else with the names of
 * the files that have them.
 *
 * Contract: a file named here is whole and on disk before it is named.
 */
import { rmSync } from 'node:fs';
import { R2_LIMITS, type R2Conditions, type R2ListOptions, type R2ListResult, type R2Metadata, type R2Range } from '../../protocol/r2.ts';
import { blobPath } from '../../storage/blobs.ts';
import type { StoreContext, StoreProduct } from '../../storage/product.ts';
import { checkCall, isContent, isText } from '../sizes.ts';
import { collect, isNamed } from './garbage.ts';
import { holds } from './conditions.ts';
import { list } from './listing.ts';
import { type Changed, MOST_INLINE_BYTES, type NamedFile, type NewObject, ObjectTable } from './objects.ts';
import { readHead, readObject, readUploadKey } from './reads.ts';
import { SEALED_VALUE_EXTRA } from './sealing.ts';
import { uploadMethods } from './upload-store.ts';

const SCHEMA = `
CREATE TABLE bucket (created INTEGER NOT NULL, removed INTEGER NOT NULL);
CREATE TABLE objects (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
  uploaded INTEGER NOT NULL, meta TEXT NOT NULL, blob TEXT, data BLOB
);
CREATE INDEX objects_blob ON objects (blob) WHERE blob IS NOT NULL;
-- The files of an object in parts.
CREATE TABLE pieces (object INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (object, start)) WITHOUT ROWID;
CREATE INDEX pieces_blob ON pieces (blob);
CREATE TABLE uploads (id TEXT PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, meta TEXT NOT NULL, ended INTEGER) WITHOUT ROWID;
CREATE TABLE parts (
  upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, uploaded INTEGER NOT NULL,
  PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE INDEX parts_blob ON parts (blob);
-- Files that nothing names any more, to be removed from a time on.
CREATE TABLE garbage (blob TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
`;

/** The checksum that an S3 client has given with a part, as JSON. */
const PART_CHECKSUMS = 'ALTER TABLE parts ADD COLUMN checksum TEXT';

/** What files take of the disk, in whole blocks: those that rows name, and those of the garbage whose row says how much. */
const FILES = `
CREATE TABLE files (bytes INTEGER NOT NULL);
INSERT INTO files SELECT coalesce(sum((size + 4095) / 4096 * 4096), 0) FROM (
  SELECT size FROM objects WHERE blob IS NOT NULL UNION ALL SELECT size FROM pieces UNION ALL SELECT size FROM parts WHERE blob <> ''
);
ALTER TABLE garbage ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
`;

export const r2Product: StoreProduct = {
  name: 'r2',
  migrations: [SCHEMA, PART_CHECKSUMS, FILES],
  writes: ['create', 'remove', 'put', 'delete', 'createUpload', 'putPart', 'completeUpload', 'abortUpload'],
  // To complete an upload adds next to nothing: its parts are there.
  metered: { grows: ['put', 'createUpload', 'putPart'], fileBytes: 'SELECT bytes FROM files' },
  open: openBucket,
};

function openBucket({ db, dir, now, quota }: StoreContext): ReturnType<StoreProduct['open']> {
  const objects = new ObjectTable(db, now);
  // A bucket that somebody removed is there again once it is written to.
  const revive = (): void => void db.run('UPDATE bucket SET removed = 0, created = ? WHERE removed = 1', now());
  if (db.get('SELECT 1 FROM bucket') === undefined) db.run('INSERT INTO bucket (created, removed) VALUES (?, 0)', now());
  const methods = {
    info: () => ({ ...db.get('SELECT created, removed FROM bucket') }),
    create: () => revive(),
    /** False where objects are in it. */
    remove: (): boolean => {
      if (db.get('SELECT 1 FROM objects LIMIT 1') !== undefined) return false;
      objects.forget(db.all('DELETE FROM parts RETURNING blob, size') as NamedFile[], []);
      db.run('DELETE FROM uploads');
      db.run('UPDATE bucket SET removed = 1');
      return true;
    },
    head: (key: string) => readHead(db, key),
    get: (key: string, range: R2Range | undefined, onlyIf: R2Conditions | undefined) => readObject(db, key, range, onlyIf),
    put: (object: NewObject, onlyIf: R2Conditions | undefined): Changed<R2Metadata | null> => {
      const garbage: string[] = [];
      const mostInline = MOST_INLINE_BYTES + (object.meta.ssec === undefined ? 0 : SEALED_VALUE_EXTRA);
      checkCall(isText(object.key, R2_LIMITS.keyBytes) && ('blob' in object.content || isContent(object.content.data, mostInline)));
      if ('blob' in object.content) quota.release(object.content.blob);
      const old = objects.row(object.key);
      if (onlyIf !== undefined && !holds(onlyIf, old)) return { answer: null, garbage: 'blob' in object.content ? [object.content.blob] : [] };
      revive();
      const [answer] = objects.insert(object, old, garbage);
      return { answer, garbage };
    },
    delete: (keys: readonly string[]): Changed<null> => {
      const garbage: string[] = [];
      for (const key of keys) objects.delete(key, garbage);
      return { answer: null, garbage };
    },
    list: (options: R2ListOptions): R2ListResult => list(db, options),
    /** Keeps room for the file of an object (or of a part: key null). @throws OpError where the quota is full */
    reserve: (key: string | null, blob: string, size: number): null => {
      quota.hold(blob, size, key === null ? undefined : { name: key, bytes: objects.fileBytes(key) });
      return null;
    },
    /** Whoever wrote a file has given up: it goes, unless a row names it. */
    abandon: (blob: string): null => {
      quota.release(blob);
      if (!isNamed(db, blob)) rmSync(blobPath(dir, blob), { force: true });
      return null;
    },
    uploadKey: (key: string, id: string) => readUploadKey(db, key, id),
    ...uploadMethods(db, objects, now, revive, quota),
  };
  let ticks = 0;
  return { methods: methods as unknown as ReturnType<StoreProduct['open']>['methods'], tick: () => collect({ db, dir, now: now(), round: ticks++ }, objects) };
}
