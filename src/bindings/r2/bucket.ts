/**
 * A bucket: metadata and small objects in a store, the bytes of larger ones in files.
 *
 * Contract: bytes are in a file, whole, before the store learns of it; a replaced object's file goes once the store
 * has another. A file that cannot be recorded is removed at once, and by the store's sweep if this process dies.
 */
import { createHash, type Hash, type KeyObject } from 'node:crypto';
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
  type WithKey,
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
import { checkCustomerKey, type KeptKey, keptOf } from './customer-key.ts';
import { type Changed, type Content, type Found, MOST_INLINE_BYTES, type NewObject } from './objects.ts';
import { openPieces } from './pieces.ts';
import { readHead, readObject, readUploadKey } from './reads.ts';
import type { ObjectMeta } from './rows.ts';
import { keyOfFile, openValue, seal, sealedLength, sealValue } from './sealing.ts';
import { r2Product } from './store.ts';
import type { NewPart, Refused } from './upload-store.ts';

/** What has been taken in of a source. */
type Taken = { size: number; digests: Record<string, string>; content: Content };

/** How a body is taken in. */
type Taking = {
  algorithms: readonly R2Hash[];
  /** The most bytes that are kept in memory, to go into the database. */
  inline?: number;
  customerKey: KeyObject | undefined;
};

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

  async get(key: string, options: R2GetOptions & WithKey): Promise<ObjectContent | R2Metadata | null> {
    return this.getSoon(key, options);
  }

  /** As `get`; what needs no file is told at once, where this process may read the database. */
  getSoon(key: string, options: R2GetOptions & WithKey): Promise<ObjectContent | R2Metadata | null> | ObjectContent | R2Metadata | null {
    checkKey(key);
    const { range, onlyIf, customerKey } = options;
    const found = this.#readNow((db) => readObject(db, key, range, onlyIf));
    return found === undefined || liesInFiles(found) ? this.#getFiles(key, options, found) : contentOf(found, customerKey);
  }

  /** @param first what is known of it already */
  async #getFiles(key: string, { range, onlyIf, customerKey }: R2GetOptions & WithKey, first: Found | undefined): Promise<ObjectContent | R2Metadata | null> {
    let found: Found | null | 'invalid' | undefined = first;
    for (let attempt = 0; ; attempt++) {
      found ??= (await this.#call('get', key, range, onlyIf)) as Found | null | 'invalid';
      if (!liesInFiles(found)) return contentOf(found, customerKey);
      checkCustomerKey(found.ssec, customerKey);
      try {
        return { object: found.object, body: await openPieces(this.#blobs, found.pieces ?? [], customerKey) };
      } catch (error) {
        // Replaced in between: there is a newer one, or none.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt > 3)
          throw error instanceof OpError || isOutOfDescriptors(error) ? error : unreadable();
        found = undefined;
      }
    }
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

  async put(key: string, source: ObjectSource, options: R2PutOptions & PutChecksum & WithKey): Promise<R2Metadata | null> {
    const { hash, onlyIf, customerKey } = options;
    checkKey(key);
    const meta = metaOf(options);
    const algorithms: readonly R2Hash[] = hash === undefined || hash.algorithm === 'md5' ? ['md5'] : ['md5', hash.algorithm];
    const { size, digests, content } = await this.#take(key, source, { algorithms, customerKey });
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

  async createUpload(key: string, options: R2MetadataOptions & WithKey, checksum?: UploadChecksum): Promise<string> {
    checkKey(key);
    return (await this.#call('createUpload', key, { ...metaOf(options), ...(checksum !== undefined && { summed: checksum }) })) as string;
  }

  async uploadPart(key: string, upload: string, number: number, source: ObjectSource, md5?: string, more: PutChecksum & WithKey = {}): Promise<string> {
    checkKey(key);
    const { customerKey } = more;
    const now = this.#readNow((db) => readUploadKey(db, key, upload));
    const found = now !== undefined ? now : ((await this.#call('uploadKey', key, upload)) as { ssec?: KeptKey } | null);
    // One that is not there is refused as such, below.
    if (found !== null) checkCustomerKey(found.ssec, customerKey);
    const { size, digests, content } = await this.#take(null, source, { algorithms: ['md5'], inline: 0, customerKey });
    const etag = digests['md5'] as string;
    const answer = await this.#record(content, async () => {
      if (md5 !== undefined) checkHash({ algorithm: 'md5', hex: md5 }, digests);
      const blob = 'blob' in content ? content.blob : '';
      const part: NewPart = { number, size, etag, blob, checksum: more.checksum?.(), isEncrypted: customerKey !== undefined };
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

  /** Takes a body in, computes digests on the way, and encrypts what is kept where there is a key to. @param key of what it replaces */
  async #take(key: string | null, source: ObjectSource, { algorithms, inline = MOST_INLINE_BYTES, customerKey }: Taking): Promise<Taken> {
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
      return { size: length, digests, content: { data: customerKey === undefined ? data : sealValue(customerKey, data) } };
    }
    const body = 'length' in source ? source.body : [source.body];
    const name = newBlobName();
    await this.#call('reserve', key, name, customerKey === undefined ? length : sealedLength(length));
    const digests = await this.#write(name, body, length, { algorithms, customerKey }, wrongLength).catch((error: unknown) => {
      this.#abandon(name);
      throw asFailure(error);
    });
    return { size: length, digests, content: { blob: name } };
  }

  /** @returns digests of the bytes as they came */
  async #write(
    name: string,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    length: number,
    { algorithms, customerKey }: Taking,
    wrongLength: () => Error,
  ): Promise<Record<string, string>> {
    if (customerKey === undefined) {
      const { size, digests } = await this.#blobs.write(body, algorithms, length, wrongLength, name);
      if (size !== length) throw wrongLength();
      return Object.fromEntries(Object.entries(digests).map(([algorithm, digest]) => [algorithm, Buffer.from(digest).toString('hex')]));
    }
    const hashes = algorithms.map((algorithm): [string, Hash] => [algorithm, createHash(algorithm)]);
    const sealing = { key: keyOfFile(customerKey, name), size: length, hashes: hashes.map(([, hash]) => hash), wrongLength };
    await this.#blobs.write(seal(body, sealing), [], sealedLength(length), wrongLength, name);
    return Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
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

const liesInFiles = (found: Found | null | 'invalid'): found is Found =>
  found !== null && found !== 'invalid' && found.isRefused !== true && found.data === undefined;

/** What was found, where that is all. @throws BucketError */
function contentOf(found: Found | null | 'invalid', customerKey: KeyObject | undefined): ObjectContent | R2Metadata | null {
  if (found === null) return null;
  if (found === 'invalid') throw new BucketError('invalidRange');
  const { object, isRefused, data, ssec } = found;
  if (isRefused === true || data === undefined) return object;
  checkCustomerKey(ssec, customerKey);
  return { object, body: inTheClear(object, data, customerKey) };
}

/** Bytes of the database: all there are where they are encrypted, and else those of the range already. */
function inTheClear({ range, size }: R2Metadata, data: Uint8Array, customerKey: KeyObject | undefined): Uint8Array {
  if (customerKey === undefined) return data;
  const all = openValue(customerKey, data);
  return range === undefined || range.length === size ? all : all.subarray(range.offset, range.offset + range.length);
}

function metaOf(options: R2MetadataOptions & WithKey): ObjectMeta {
  const { http = {}, custom = {}, storageClass = 'Standard', customerKey } = options;
  checkMetadata(options);
  return { checksums: {}, http, custom, storageClass, ...(customerKey !== undefined && { ssec: keptOf(customerKey) }) };
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
