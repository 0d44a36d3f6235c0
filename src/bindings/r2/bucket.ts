/**
 * A bucket: metadata and small objects in a store, the bytes of larger ones in files.
 *
 * Contract: bytes are in a file, whole, before the store learns of it; a replaced object's file goes once the store
 * has another. A file that cannot be recorded is removed at once, and by the store's sweep if this process dies.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isOutOfDescriptors } from '../../base/descriptors.ts';
import { OpError } from '../../base/op-error.ts';
import {
  type Bucket,
  BucketError,
  type ObjectContent,
  type ObjectSource,
  type OpenUpload,
  type PutChecksum,
  type UploadChecksum,
  type UploadedPart,
} from '../../ports/buckets.ts';
import { QUOTA_EXCEEDED, type StoreAddress, type Stores } from '../../ports/stores.ts';
import {
  R2_LIMITS,
  type R2GetOptions,
  type R2Hash,
  type R2ListOptions,
  type R2ListResult,
  type R2Metadata,
  type R2MetadataOptions,
  type R2Part,
  type R2PutOptions,
  type S3Checksum,
} from '../../protocol/r2.ts';
import { Blobs, type BlobUse, newBlobName } from '../../storage/blobs.ts';
import type { Database, FsyncPolicy } from '../../storage/database.ts';
import { placeOf } from '../../storage/paths.ts';
import type { StoreReaders } from '../../storage/store-readers.ts';
import { checkHash, checkKey, checkListTexts, checkMetadata } from './checks.ts';
import { type Changed, type Content, type Found, MOST_INLINE_BYTES, type NewObject } from './objects.ts';
import { openPieces } from './pieces.ts';
import { readHead, readObject } from './reads.ts';
import type { ObjectMeta } from './rows.ts';
import { r2Product } from './store.ts';
import type { NewPart, Refused } from './upload-store.ts';

/** What has been taken in of a source. */
type Taken = { size: number; digests: Record<string, string>; content: Content };

export type BucketPlace = BlobUse & {
  stores: Stores;
  /** The storage folder. */
  root: string;
  fsync: FsyncPolicy;
  group: string;
  /** Where this process may read databases by itself. */
  readers?: StoreReaders;
};

const isRefused = (answer: unknown): answer is Refused => typeof answer === 'object' && answer !== null && 'error' in answer;

export class DiskBucket implements Bucket {
  readonly #call: (method: string, ...args: unknown[]) => Promise<unknown>;
  readonly #blobs: Blobs;
  readonly #address: StoreAddress;
  readonly #readers: StoreReaders | undefined;

  constructor({ stores, root, fsync, group, readers, openings, hot }: BucketPlace, name: string) {
    const address = { product: 'r2', group, id: name };
    this.#address = address;
    this.#readers = readers;
    this.#call = async (method, ...args) => {
      try {
        return await stores.call(address, method, args);
      } catch (error) {
        throw error instanceof OpError && error.name === QUOTA_EXCEEDED ? new BucketError('quotaExceeded') : error;
      }
    };
    this.#blobs = new Blobs(placeOf(root, address).dir, fsync, { openings, hot });
  }

  async head(key: string): Promise<R2Metadata | null> {
    checkKey(key);
    const now = this.#readNow((db) => readHead(db, key));
    return now !== undefined ? now : ((await this.#call('head', key)) as R2Metadata | null);
  }

  async get(key: string, { range, onlyIf }: R2GetOptions): Promise<ObjectContent | R2Metadata | null> {
    checkKey(key);
    for (let attempt = 0; ; attempt++) {
      const now = attempt === 0 ? this.#readNow((db) => readObject(db, key, range, onlyIf)) : undefined;
      const found = now !== undefined ? now : ((await this.#call('get', key, range, onlyIf)) as Found | null | 'invalid');
      if (found === null) return null;
      if (found === 'invalid') throw new BucketError('invalidRange');
      const { object, isRefused: isOver, data, pieces } = found;
      if (isOver === true) return object;
      if (data !== undefined) return { object, body: data };
      try {
        return { object, body: await openPieces(this.#blobs, pieces ?? []) };
      } catch (error) {
        // Replaced in between: there is a newer one, or none.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt > 3)
          throw error instanceof OpError || isOutOfDescriptors(error) ? error : unreadable();
      }
    }
  }

  /** A small object, or what stands for it where a condition does not hold, if that can be told at once. */
  smallNow(key: string, { range, onlyIf }: R2GetOptions): ObjectContent | R2Metadata | undefined {
    checkKey(key);
    const found = this.#readNow((db) => readObject(db, key, range, onlyIf));
    if (found === undefined || found === null || found === 'invalid') return undefined;
    if (found.isRefused === true) return found.object;
    return found.data === undefined ? undefined : { object: found.object, body: found.data };
  }

  /** Reads in this process; undefined where that is not possible just now. */
  #readNow<T>(read: (db: Database) => T): T | undefined {
    const db = this.#readers?.database(this.#address, r2Product.migrations.length);
    if (db === undefined) return undefined;
    try {
      return read(db);
    } catch {
      this.#readers?.drop(this.#address);
      return undefined;
    }
  }

  async put(key: string, source: ObjectSource, options: R2PutOptions & PutChecksum): Promise<R2Metadata | null> {
    const { hash, onlyIf } = options;
    checkKey(key);
    const meta = metaOf(options);
    const { size, digests, content } = await this.#take(key, source, hash === undefined || hash.algorithm === 'md5' ? ['md5'] : ['md5', hash.algorithm]);
    return this.#record(content, async () => {
      if (hash !== undefined) checkHash(hash, digests);
      const s3 = options.checksum?.();
      const checksums: ObjectMeta['checksums'] = hash === undefined || hash.algorithm === 'md5' ? {} : { [hash.algorithm]: hash.hex };
      if (s3?.algorithm === 'sha1' || s3?.algorithm === 'sha256') checksums[s3.algorithm] = Buffer.from(s3.value, 'base64').toString('hex');
      const object: NewObject = { key, size, etag: digests['md5'] as string, meta: { ...meta, checksums, ...(s3 !== undefined && { s3 }) }, content };
      return (await this.#call('put', object, onlyIf)) as Changed<R2Metadata | null>;
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    if (keys.length > R2_LIMITS.deleteKeys) throw new BucketError('invalidArgument', `No more than ${R2_LIMITS.deleteKeys} keys can be deleted at once.`);
    this.#clear((await this.#call('delete', keys)) as Changed<null>);
  }

  async list(options: R2ListOptions): Promise<R2ListResult> {
    const { limit } = options;
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 1 || limit > R2_LIMITS.listKeys)) throw new BucketError('invalidMaxKeys');
    checkListTexts(options);
    return (await this.#call('list', options)) as R2ListResult;
  }

  async createUpload(key: string, options: R2MetadataOptions, checksum?: UploadChecksum): Promise<string> {
    checkKey(key);
    return (await this.#call('createUpload', key, { ...metaOf(options), ...(checksum !== undefined && { summed: checksum }) })) as string;
  }

  async uploadPart(key: string, upload: string, number: number, source: ObjectSource, md5?: string, more: PutChecksum = {}): Promise<string> {
    checkKey(key);
    const { size, digests, content } = await this.#take(null, source, ['md5'], 0);
    const etag = digests['md5'] as string;
    const answer = await this.#record(content, async () => {
      if (md5 !== undefined) checkHash({ algorithm: 'md5', hex: md5 }, digests);
      const part: NewPart = { number, size, etag, blob: 'blob' in content ? content.blob : '', checksum: more.checksum?.() };
      return (await this.#call('putPart', key, upload, part)) as Changed<Refused | null>;
    });
    if (isRefused(answer)) throw new BucketError(answer.error);
    return etag;
  }

  async completeUpload(key: string, upload: string, parts: readonly R2Part[], expected?: S3Checksum): Promise<R2Metadata> {
    checkKey(key);
    const answer = this.#clear((await this.#call('completeUpload', key, upload, parts, expected)) as Changed<Refused | R2Metadata>);
    if (isRefused(answer)) throw new BucketError(answer.error);
    return answer;
  }

  async abortUpload(key: string, upload: string): Promise<void> {
    checkKey(key);
    const answer = this.#clear((await this.#call('abortUpload', key, upload)) as Changed<Refused | null>);
    if (isRefused(answer)) throw new BucketError(answer.error);
  }

  async parts(key: string, upload: string, after: number, limit: number): Promise<UploadedPart[]> {
    const answer = (await this.#call('parts', key, upload, after, limit)) as UploadedPart[] | Refused;
    if (isRefused(answer)) throw new BucketError(answer.error);
    return answer;
  }

  async uploads(prefix: string, after: { key: string; id?: string } | undefined, limit: number): Promise<OpenUpload[]> {
    return (await this.#call('uploads', prefix, after, limit)) as OpenUpload[];
  }

  /** Takes a body in and computes digests on the way. @param key of what it replaces @param inline the most bytes that are kept in memory, to go into the database */
  async #take(key: string | null, source: ObjectSource, algorithms: readonly R2Hash[], inline: number = MOST_INLINE_BYTES): Promise<Taken> {
    const length = 'length' in source ? source.length : source.body.byteLength;
    if (length > R2_LIMITS.objectBytes) throw new BucketError('entityTooLarge');
    const wrongLength = (): Error => new OpError('TypeError', `The body did not have the ${length} bytes that were announced.`);
    if (length <= inline) {
      const data =
        'length' in source
          ? await collect(source.body, length, wrongLength).catch((error: unknown) => {
              throw asFailure(error);
            })
          : source.body;
      const digests = Object.fromEntries(algorithms.map((algorithm) => [algorithm, createHash(algorithm).update(data).digest('hex')]));
      return { size: length, digests, content: { data } };
    }
    const body = 'length' in source ? source.body : [source.body];
    const name = newBlobName();
    await this.#call('reserve', key, name, length);
    const { size, digests } = await this.#blobs.write(body, algorithms, length, wrongLength, name).catch((error: unknown) => {
      this.#abandon(name);
      throw asFailure(error);
    });
    const hex = Object.entries(digests).map(([algorithm, digest]): [string, string] => [algorithm, Buffer.from(digest).toString('hex')]);
    const content = { blob: name };
    if (size !== length) await this.#record(content, () => Promise.reject(wrongLength()));
    return { size, digests: Object.fromEntries(hex), content };
  }

  /** Records what was taken in; a file that is not recorded is removed. */
  async #record<T>(content: Content, call: () => Promise<Changed<T>>): Promise<T> {
    try {
      return this.#clear(await call());
    } catch (error) {
      if ('blob' in content) this.#abandon(content.blob);
      throw error;
    }
  }

  /** Where the store failed nobody knows whether it has recorded the file: it finds out. What it cannot is the sweep's. */
  #abandon(blob: string): void {
    this.#call('abandon', blob).catch(() => {});
  }

  /** Removes files that are named no more. What cannot be removed now is the sweep's. */
  #clear<T>({ answer, garbage }: Changed<T>): T {
    if (garbage.length > 0) this.#blobs.remove(garbage).catch(() => {});
    return answer;
  }
}

function metaOf(options: R2MetadataOptions): ObjectMeta {
  const { http = {}, custom = {}, storageClass = 'Standard' } = options;
  checkMetadata(options);
  return { checksums: {}, http, custom, storageClass };
}

/** A short stream's bytes. */
async function collect(stream: Readable, length: number, wrongLength: () => Error): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > length) throw wrongLength();
    chunks.push(chunk);
  }
  if (size !== length) throw wrongLength();
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

const unreadable = (): OpError => new OpError('Error', 'Internal error: the data of this bucket cannot be used at the moment.');

/** What the tenant hears of a file that cannot be written; a body's own failure is passed on. */
function asFailure(error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OpError('Error', 'Internal error: the storage of this server is full.');
    case 'EACCES':
    case 'EROFS':
    case 'EIO':
    case 'ENOENT':
      return unreadable();
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new OpError('TypeError', 'The body broke off before its end.');
    default:
      return error;
  }
}
