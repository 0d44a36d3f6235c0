/** Uploads in parts, in a bucket's database. */
import { createHash, randomBytes } from 'node:crypto';
import { combineCrcs, createCrc } from '../../base/crc.ts';
import { R2_LIMITS, type R2ErrorName, type R2Metadata, type R2Part, type S3Checksum } from '../../protocol/r2.ts';
import type { OpenUpload, UploadChecksum, UploadedPart } from '../../ports/buckets.ts';
import { diskBytes } from '../../storage/accounts.ts';
import type { Database } from '../../storage/database.ts';
import type { StoreQuota } from '../../storage/product.ts';
import { checkCall, isCount, isText, isTextOrNull } from '../sizes.ts';
import { metaText, type ObjectMeta } from './rows.ts';
import type { Changed, NamedFile, ObjectTable } from './objects.ts';

type UploadRow = { key: string; meta: string; ended: number | null };
type PartRow = { number: number; blob: string; size: number; etag: string; uploaded: number; checksum: string | null };
/** What is kept of an upload: of the object, and how its checksum is made. */
type UploadMeta = ObjectMeta & { summed?: UploadChecksum };
/** A part of no bytes has no file: its `blob` is "". */
export type NewPart = {
  number: number;
  blob: string;
  size: number;
  etag: string;
  checksum: S3Checksum | undefined;
  /** With the upload's key. */
  isEncrypted: boolean;
};
export type Refused = { error: R2ErrorName };

/** Not ended uploads are aborted after this time, and ended ones forgotten. @see https://developers.cloudflare.com/r2/objects/multipart-objects/ */
export const UPLOAD_MS = 7 * 24 * 3600_000;

/** Characters of a digest, with the name of its algorithm. */
const MOST_DIGEST = 1024;
/** Parts, or uploads, that are listed at a time. */
const MOST_LISTED = 10_001;
/** As S3 clients may ask for it; none of more than a key's length has uploads. */
const MOST_PREFIX = 16_384;

export function uploadMethods(
  db: Database,
  objects: ObjectTable,
  now: () => number,
  revive: () => void,
  quota: StoreQuota,
): Record<string, (...args: never[]) => unknown> {
  const upload = (key: string, id: string): UploadRow | undefined =>
    db.get('SELECT key, meta, ended FROM uploads WHERE id = ? AND key = ?', id, key) as UploadRow | undefined;
  return {
    createUpload: (key: string, meta: UploadMeta): string => {
      checkCall(isText(key, R2_LIMITS.keyBytes));
      revive();
      const id = randomBytes(64).toString('base64url');
      db.run('INSERT INTO uploads (id, key, created, meta) VALUES (?, ?, ?, ?)', id, key, now(), metaText(meta));
      return id;
    },
    putPart: (key: string, id: string, part: NewPart): Changed<Refused | null> => {
      const checksum = part.checksum === undefined ? null : JSON.stringify(part.checksum);
      checkCall(isText(part.etag, MOST_DIGEST) && isTextOrNull(checksum, MOST_DIGEST) && isCount(part.number, R2_LIMITS.parts));
      if (part.blob !== '') quota.release(part.blob);
      const row = upload(key, id);
      if (row === undefined || row.ended !== null) return { answer: { error: 'noSuchUpload' }, garbage: part.blob === '' ? [] : [part.blob] };
      const isEncrypted = (JSON.parse(row.meta) as UploadMeta).ssec !== undefined;
      if (part.isEncrypted !== isEncrypted) {
        return { answer: { error: isEncrypted ? 'keyMissing' : 'notEncrypted' }, garbage: part.blob === '' ? [] : [part.blob] };
      }
      const garbage: string[] = [];
      const old = db.get('DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob, size', id, part.number) as NamedFile | undefined;
      if (old !== undefined) objects.forget([old], garbage);
      if (part.blob !== '') objects.countFiles(diskBytes(part.size));
      const sql = 'INSERT INTO parts (upload, number, blob, size, etag, uploaded, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)';
      db.run(sql, id, part.number, part.blob, part.size, part.etag, now(), checksum);
      return { answer: null, garbage };
    },
    completeUpload: (key: string, id: string, selected: readonly R2Part[], expected: S3Checksum | undefined): Changed<Refused | R2Metadata> => {
      const refuse = (error: R2ErrorName): Changed<Refused> => ({ answer: { error }, garbage: [] });
      const row = upload(key, id);
      if (row === undefined) return refuse('internalError');
      if (row.ended !== null) return refuse('noSuchUpload');
      if (new Set(selected.map(({ number }) => number)).size < selected.length) return refuse('internalError');
      const uploaded = new Map(
        (db.all('SELECT number, blob, size, etag, uploaded, checksum FROM parts WHERE upload = ?', id) as PartRow[]).map((part) => [part.number, part]),
      );
      const parts: PartRow[] = [];
      for (const { number, etag } of selected) {
        const part = uploaded.get(number);
        if (part === undefined || part.etag !== etag) return refuse('invalidPart');
        parts.push(part);
      }
      const fault = sizeFault(parts);
      if (fault !== undefined) return refuse(fault);
      parts.sort((a, b) => a.number - b.number);
      const garbage: string[] = [];
      const { summed, ...meta } = JSON.parse(row.meta) as UploadMeta;
      const s3 = checksumOf(parts, summed);
      if (expected !== undefined && s3 !== undefined && expected.algorithm === s3.algorithm && expected.value.split('-')[0] !== s3.value.split('-')[0])
        return refuse('badDigest');
      const whole: ObjectMeta = { ...meta, ...(s3 !== undefined && { s3 }) };
      const object = { key, size: parts.reduce((sum, { size }) => sum + size, 0), etag: etagOf(parts), meta: whole };
      revive();
      const [answer, number] = objects.insert(object, objects.row(key), garbage);
      let start = 0;
      for (const { number: partNumber, blob, size } of parts) {
        db.run('INSERT INTO pieces (object, start, size, blob) VALUES (?, ?, ?, ?)', number, start, size, blob);
        start += size;
        uploaded.delete(partNumber);
      }
      objects.forget([...uploaded.values()], garbage);
      db.run('DELETE FROM parts WHERE upload = ?', id);
      db.run('UPDATE uploads SET ended = ? WHERE id = ?', now(), id);
      return { answer, garbage };
    },
    abortUpload: (key: string, id: string): Changed<Refused | null> => {
      const row = upload(key, id);
      if (row === undefined) return { answer: { error: 'internalError' }, garbage: [] };
      const garbage: string[] = [];
      objects.forget(db.all('DELETE FROM parts WHERE upload = ? RETURNING blob, size', id) as NamedFile[], garbage);
      if (row.ended === null) db.run('UPDATE uploads SET ended = ? WHERE id = ?', now(), id);
      return { answer: null, garbage };
    },
    parts: (key: string, id: string, after: number, limit: number): UploadedPart[] | Refused => {
      checkCall(isCount(limit, MOST_LISTED));
      const row = upload(key, id);
      if (row === undefined || row.ended !== null) return { error: 'noSuchUpload' };
      const sql = 'SELECT number, etag, size, uploaded, checksum FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?';
      return (db.all(sql, id, after, limit) as PartRow[]).map(({ number, etag, size, uploaded, checksum }) => ({
        number,
        etag,
        size,
        uploaded,
        ...(checksum !== null && { checksum: JSON.parse(checksum) as S3Checksum }),
      }));
    },
    uploads: (prefix: string, after: { key: string; id?: string } | undefined, limit: number): OpenUpload[] => {
      checkCall(isText(prefix, MOST_PREFIX) && isCount(limit, MOST_LISTED));
      return db
        .all(
          `SELECT id, key, created, meta FROM uploads WHERE ended IS NULL AND substr(key, 1, length(?1)) = ?1
           AND (?2 IS NULL OR key > ?2 OR (key = ?2 AND ?3 IS NOT NULL AND (created, id) > ((SELECT created FROM uploads WHERE id = ?3), ?3)))
           ORDER BY key, created, id LIMIT ?4`,
          prefix,
          after?.key ?? null,
          after?.id ?? null,
          limit,
        )
        .map(({ id, key, created, meta }) => ({
          id: String(id),
          key: String(key),
          created: Number(created),
          storageClass: (JSON.parse(String(meta)) as ObjectMeta).storageClass,
        }));
    },
  } as unknown as Record<string, (...args: never[]) => unknown>;
}

/** In the order in which they were named: none but the last may be small, and none but the last (in order of number) may differ in size. */
function sizeFault(parts: readonly PartRow[]): R2ErrorName | undefined {
  if (parts.length === 0) return 'invalidPart';
  if (parts.slice(0, -1).some(({ size }) => size < R2_LIMITS.partBytes)) return 'entityTooSmall';
  const ordered = parts.toSorted((a, b) => a.number - b.number);
  const last = ordered.pop() as PartRow;
  const size = ordered[0]?.size;
  if (size === undefined) return undefined;
  if (size < R2_LIMITS.partBytes || ordered.some((part) => part.size !== size) || last.size > size) return 'badUpload';
  return size * ordered.length + last.size > R2_LIMITS.multipartBytes ? 'entityTooLarge' : undefined;
}

/** Where all parts have one of the same kind: of all bytes, or of the parts' checksums, with their number. */
function checksumOf(parts: readonly PartRow[], summed: UploadChecksum | undefined): S3Checksum | undefined {
  const all = parts.map(({ checksum }) => (checksum === null ? undefined : (JSON.parse(checksum) as S3Checksum)));
  const algorithm = summed?.algorithm ?? all[0]?.algorithm;
  if (algorithm === undefined || all.some((one) => one?.algorithm !== algorithm)) return undefined;
  const digests = all.map((one) => Buffer.from(one?.value ?? '', 'base64'));
  if (algorithm === 'sha1' || algorithm === 'sha256') {
    return { algorithm, value: `${createHash(algorithm).update(Buffer.concat(digests)).digest('base64')}-${parts.length}` };
  }
  if (algorithm === 'crc64nvme' || summed?.isFull === true) {
    const pieces = digests.map((digest, at) => ({ digest, size: parts[at]?.size ?? 0 }));
    return { algorithm, value: combineCrcs(algorithm, pieces).toString('base64') };
  }
  const crc = createCrc(algorithm);
  crc.update(Buffer.concat(digests));
  return { algorithm, value: `${crc.digest().toString('base64')}-${parts.length}` };
}

/** S3's: the digest of the parts' digests, and their number. */
function etagOf(parts: readonly PartRow[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}
