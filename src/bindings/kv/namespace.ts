/**
 * A KV namespace as its users on the host have it: the binding, and the command line.
 *
 * Reads go to the database itself where this process may read it, else to the store process; writes go to the store
 * process. Large values are files, which never pass through the store process: they are written before their row, and
 * opened before anybody can have taken their row away, or else the row is read again.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { continued } from '../../base/continued.ts';
import { OpError } from '../../base/op-error.ts';
import { QUOTA_EXCEEDED, type StoreAddress, type Stores } from '../../ports/stores.ts';
import { type BlobUse, blobPath, Blobs, newBlobName } from '../../storage/blobs.ts';
import type { FsyncPolicy } from '../../storage/database.ts';
import { placeOf } from '../../storage/paths.ts';
import type { StoreReaders } from '../../storage/store-readers.ts';
import { Gate } from './gate.ts';
import { type Entry, KV_MIGRATIONS, MOST_INLINE_BYTES, readEntry, type ValueForm } from './entries.ts';
import {
  checkCacheTtl,
  checkCursor,
  checkKey,
  checkLength,
  checkListLimit,
  checkMetadata,
  expirationOf,
  kvError,
  MOST_KEYS_AT_ONCE,
  MOST_LISTED,
  MOST_VALUE_BYTES,
  quotaExceeded,
  valueTooLarge,
} from './limits.ts';
import { counted, encoded, readText } from './pieces.ts';
import { blobsDir, type ListedKey } from './store.ts';

export type NamespaceOptions = BlobUse & {
  stores: Stores;
  /** Databases this process may read by itself; without it every read goes to `stores`. */
  readers?: StoreReaders;
  storageDir: string;
  fsync: FsyncPolicy;
  /** Milliseconds since 1970. */
  now?: () => number;
};

export type PutOptions = { expiration?: number | undefined; expirationTtl?: number | undefined; metadata?: string | undefined };
/** The size is in bytes. */
export type Found<Value> = { value: Value; size: number; metadata: string | null };
export type Listing = { keys: ListedKey[]; cursor: string | undefined };

/** Large values that are read as a whole at the same time: each may take 25 MiB of the process. */
const wholeReads = new Gate(8);
/** How often a value may be replaced while somebody is trying to read it. */
const MOST_ATTEMPTS = 20;
/** What may be read in a row before others get their turn. */
const MOST_BYTES_IN_A_ROW = 256 * 1024;

export class Namespace {
  readonly #options: NamespaceOptions;
  readonly #address: StoreAddress;
  readonly #blobsDir: string;
  readonly #blobs: Blobs;
  readonly #now: () => number;

  /** @param group and id name the namespace: see StoreAddress */
  constructor(options: NamespaceOptions, group: string, id: string) {
    this.#options = options;
    this.#address = { product: 'kv', group, id };
    this.#blobsDir = blobsDir(placeOf(options.storageDir, this.#address).dir);
    this.#blobs = new Blobs(this.#blobsDir, options.fsync, options);
    this.#now = options.now ?? Date.now;
  }

  /** The value of a key as text; what is no UTF-8 becomes U+FFFD. Null: there is none. @throws OpError */
  text(key: unknown, cacheTtl?: number): Promise<Found<string> | null> | Found<string> | null {
    return this.#get('GET', key, 'text', cacheTtl, (blob) => wholeReads.run(() => readText(blobPath(this.#blobsDir, blob))));
  }

  /** @throws OpError */
  bytes(key: unknown, cacheTtl?: number): Promise<Found<Uint8Array> | null> | Found<Uint8Array> | null {
    return this.#get('GET', key, 'bytes', cacheTtl, (blob) => wholeReads.run(() => readFile(blobPath(this.#blobsDir, blob))));
  }

  /** A small value at once, a large one as it is read. @throws OpError */
  stream(key: unknown, cacheTtl?: number): Promise<Found<Uint8Array | Readable> | null> | Found<Uint8Array | Readable> | null {
    return this.#get<Uint8Array | Readable>('GET', key, 'bytes', cacheTtl, (blob, size) => this.#blobs.open(blob, 0, size));
  }

  /** Several values as text, in the order of the keys. @throws OpError */
  async texts(keys: readonly unknown[], cacheTtl?: number): Promise<(Found<string> | null)[]> {
    if (keys.length > MOST_KEYS_AT_ONCE) throw kvError('GET_BULK', 400, `You can request a maximum of ${MOST_KEYS_AT_ONCE} keys`);
    if (keys.length < 1) throw kvError('GET_BULK', 400, 'You must request a minimum of 1 key');
    const found: (Found<string> | null)[] = [];
    let total = 0;
    let inARow = 0;
    for (const key of keys) {
      const one = await this.#get('GET_BULK', key, 'text', cacheTtl, (blob) => wholeReads.run(() => readText(blobPath(this.#blobsDir, blob))));
      found.push(one);
      const size = one?.size ?? 0;
      total += size;
      inARow += size;
      if (total > MOST_VALUE_BYTES) throw kvError('GET_BULK', 413, `Total size of request exceeds the limit of ${MOST_VALUE_BYTES / 1024 / 1024}MB`);
      if (inARow > MOST_BYTES_IN_A_ROW) {
        inARow = 0;
        await new Promise(setImmediate);
      }
    }
    return found;
  }

  /**
   * Puts a value; when this resolves it is on disk, as far as the fsync policy says.
   * @param length of a stream, where it is known
   * @throws OpError
   */
  async put(
    key: unknown,
    body: string | Uint8Array | Readable,
    length: number | undefined,
    { expiration, expirationTtl, metadata }: PutOptions,
  ): Promise<void> {
    checkKey('PUT', key);
    const expires = expirationOf(expiration, expirationTtl, Math.floor(this.#now() / 1000));
    if (metadata !== undefined) checkMetadata(metadata);
    const known = typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : length;
    if (known !== undefined && known > MOST_VALUE_BYTES) throw valueTooLarge(known);
    const { value, blob, size } = body instanceof Readable ? await this.#takeIn(key, body, length) : await this.#store(key, body, known as number);
    try {
      await this.#ask('put', [key, value, blob, size, expires, metadata ?? null]);
    } catch (error) {
      // Whether it was put or not: a file that no row names goes. What cannot be told now is found by the sweep.
      if (blob !== null) this.#abandon(blob);
      throw error;
    }
  }

  /** What is not there is no error. @throws OpError */
  async delete(key: unknown): Promise<void> {
    checkKey('DELETE', key);
    await this.#options.stores.call(this.#address, 'delete', [key]);
  }

  /**
   * Keys in the order of their bytes.
   * @param cursor of an earlier listing: what comes after it, whatever has changed in between
   * @throws OpError
   */
  async list(prefix = '', limit: number = MOST_LISTED, cursor = ''): Promise<Listing> {
    checkListLimit(limit);
    checkLength('GET', prefix);
    checkCursor(cursor);
    const after = Buffer.from(cursor, 'base64').toString();
    const keys = (await this.#options.stores.call(this.#address, 'list', [prefix, after, limit])) as ListedKey[];
    if (keys.length <= limit) return { keys, cursor: undefined };
    keys.length = limit;
    return { keys, cursor: Buffer.from((keys[limit - 1] as ListedKey).name).toString('base64') };
  }

  /** Answers at once where it can: most reads need no promise. */
  #get<Value>(
    operation: 'GET' | 'GET_BULK',
    key: unknown,
    form: ValueForm,
    cacheTtl: number | undefined,
    readBlob: (blob: string, size: number) => Promise<Value>,
  ): Promise<Found<Value> | null> | Found<Value> | null {
    checkKey(operation, key);
    checkCacheTtl(operation, cacheTtl);
    const entry = this.#entry(key, form);
    if (entry === undefined || (entry !== null && entry.blob !== null)) return this.#getLarge(key, form, entry, readBlob);
    return entry === null ? null : { value: entry.value as Value, size: entry.size, metadata: entry.metadata };
  }

  async #getLarge<Value>(
    key: string,
    form: ValueForm,
    first: Entry | undefined,
    readBlob: (blob: string, size: number) => Promise<Value>,
  ): Promise<Found<Value> | null> {
    let entry: Entry | null | undefined = first;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      entry ??= (await this.#options.stores.call(this.#address, 'get', [key, form])) as Entry | null;
      if (entry === null) return null;
      const { value, blob, size, metadata } = entry;
      if (blob === null) return { value: value as Value, size, metadata };
      try {
        return { value: await readBlob(blob, size), size, metadata };
      } catch (error) {
        // It was replaced after its row was read.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        entry = undefined;
      }
    }
    throw new OpError('Error', 'Internal error: a value of this binding cannot be read.');
  }

  /** Undefined: it cannot be read from here. */
  #entry(key: string, form: ValueForm): Entry | null | undefined {
    const { readers } = this.#options;
    const database = readers?.database(this.#address, KV_MIGRATIONS.length);
    if (database === undefined) return undefined;
    try {
      return readEntry(database, key, form, Math.floor(this.#now() / 1000));
    } catch {
      // The store process finds out what is wrong, and says so.
      readers?.drop(this.#address);
      return undefined;
    }
  }

  /** Has the store process do something that adds to the disk. */
  async #ask(method: string, args: readonly unknown[]): Promise<void> {
    try {
      await this.#options.stores.call(this.#address, method, args);
    } catch (error) {
      throw error instanceof OpError && error.name === QUOTA_EXCEEDED ? quotaExceeded() : error;
    }
  }

  #abandon(blob: string): void {
    this.#options.stores.call(this.#address, 'abandon', [blob]).catch(() => {});
  }

  async #store(key: string, body: string | Uint8Array, size: number): Promise<{ value: string | Uint8Array | null; blob: string | null; size: number }> {
    if (size <= MOST_INLINE_BYTES) return { value: body, blob: null, size };
    return this.#write(key, typeof body === 'string' ? encoded(body) : [body], size);
  }

  /** A stream turns out to be small, or is written to a file as it comes. */
  async #takeIn(key: string, stream: Readable, length: number | undefined): Promise<{ value: Uint8Array | null; blob: string | null; size: number }> {
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const first: Uint8Array[] = [];
    let size = 0;
    try {
      while (size <= MOST_INLINE_BYTES) {
        const { done, value } = await chunks.next();
        if (done === true) return { value: Buffer.concat(first), blob: null, size };
        first.push(value);
        size += value.length;
      }
      // Of one that does not say how long it is room for the longest is kept.
      return await this.#write(key, continued(first, chunks), length ?? MOST_VALUE_BYTES);
    } finally {
      stream.destroy();
    }
  }

  /** @param most bytes that it may have; room for them is kept */
  async #write(key: string, body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, most: number): Promise<{ value: null; blob: string; size: number }> {
    let size = 0;
    const blob = newBlobName();
    await this.#ask('reserve', [key, blob, most]);
    try {
      const { name } = await this.#blobs.write(
        counted(body, (bytes) => {
          size += bytes;
        }),
        [],
        most,
        () => (size > MOST_VALUE_BYTES ? valueTooLarge(size) : new OpError('TypeError', `The body had more than the ${most} bytes that were announced.`)),
        blob,
      );
      return { value: null, blob: name, size };
    } catch (error) {
      this.#abandon(blob);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') throw new OpError('Error', 'Internal error: the storage of this server is full.');
      throw error;
    }
  }
}
