/**
 * The Cache API on the host: one cache for each app and name.
 *
 * Contract: a match reads the database here, without asking the store process; only what is written goes there. Large
 * bodies are files, and go from file to client without entering the isolate. A put that may not or cannot be kept is
 * taken and dropped without a word: nobody may rely on a cache.
 */
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { continued } from '../../base/continued.ts';
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { StoreAddress, Stores } from '../../ports/stores.ts';
import { CACHE_LIMITS, CacheBody } from '../../protocol/cache.ts';
import { type BlobUse, Blobs } from '../../storage/blobs.ts';
import { placeOf } from '../../storage/paths.ts';
import { readersOf, type StoreReaders } from '../../storage/store-readers.ts';
import type { Binding, BodyArgument, Caller, Reply } from '../binding.ts';
import { answerFrom } from './answer.ts';
import { CACHE_MIGRATIONS, cacheStore, type Entry, INLINE_BYTES, MOST_HEADERS, MOST_KEY, readEntry } from './entries.ts';
import { policyOf } from './policy.ts';
import type { NewEntry } from './store.ts';

export type CacheScope = BlobUse & {
  app: string;
  group: string;
  stores: Stores;
  storageDir: string;
  /** Called before the store process is first asked for something: it may not be there yet. */
  needStores(): void;
};

/** How long after its last known use another one is worth writing down. */
const TOUCH_MS = 60_000;

function text(value: unknown, most: number): string {
  if (typeof value !== 'string' || value.length > most) throw invalidCall();
  return value;
}

class CacheBinding implements Binding {
  readonly #address: StoreAddress;
  readonly #scope: CacheScope;
  readonly #blobs: Blobs;
  readonly #file: string;
  readonly #readers: StoreReaders;
  readonly #touched = new Set<number>();
  #hasAsked = false;

  constructor(scope: CacheScope) {
    this.#scope = scope;
    this.#address = { ...cacheStore(scope.app), group: scope.group };
    const { file, dir } = placeOf(scope.storageDir, this.#address);
    this.#file = file;
    this.#blobs = new Blobs(dir, 'normal', scope);
    this.#readers = readersOf(scope.storageDir);
  }

  call(method: string, args: readonly unknown[], caller: Caller): Reply | Promise<Reply> {
    switch (method) {
      case 'match':
        return this.#match(args, caller);
      case 'put':
        return this.#put(args, caller);
      case 'delete':
        return this.#delete(args);
      default:
        throw invalidCall();
    }
  }

  /** cache, key, request's headers → null, or status, statusText, headers, kind (CacheBody), body (null: none) and whether that is encoded already */
  async #match([cache, key, headers]: readonly unknown[], caller: Caller): Promise<Reply> {
    const requestHeaders = text(headers, MOST_HEADERS);
    const entry = await this.#find(text(cache, CACHE_LIMITS.nameLength + 1), text(key, MOST_KEY));
    if (entry === null) return null;
    const now = Date.now();
    const { status, statusText, headers: flat, range } = answerFrom(entry, requestHeaders, now);
    if (now - entry.used > TOUCH_MS) this.#touch(entry.id);
    const { blob, value, size } = entry;
    const isEncoded = entry.encoded === 1;
    if (range === undefined) return [status, statusText, flat, CacheBody.bytes, null, isEncoded];
    if (blob === null) return [status, statusText, flat, CacheBody.bytes, (value ?? new Uint8Array(0)).subarray(range.start, range.end + 1), isEncoded];
    const length = Math.min(range.end + 1, size) - range.start;
    try {
      return [status, statusText, flat, CacheBody.source, caller.giveBody(await this.#blobs.open(blob, range.start, length), length), isEncoded];
    } catch (error) {
      // Evicted a moment ago, or lost in a crash.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async #find(cache: string, key: string): Promise<Entry | null> {
    try {
      const database = this.#readers.database(this.#address, CACHE_MIGRATIONS.length);
      if (database !== undefined) return readEntry(database, cache, key, Date.now());
    } catch {
      this.#readers.drop(this.#address);
    }
    // Nothing was ever stored.
    if (!existsSync(this.#file)) return null;
    return (await this.#ask('match', cache, key)) as Entry | null;
  }

  /** a body (kind, value, length), cache, key, request's headers, status, headers, whether the body is encoded already */
  async #put([kind, value, announced, cache, key, requestHeaders, status, headers, isEncoded]: readonly unknown[], caller: Caller): Promise<Reply> {
    const { body, length } = caller.takeBody(kind, value, announced);
    const now = Date.now();
    const kept = policyOf(text(requestHeaders, MOST_HEADERS), Number(status), text(headers, MOST_HEADERS), now);
    const name = text(cache, CACHE_LIMITS.nameLength + 1);
    const under = text(key, MOST_KEY);
    const isKept = kept !== undefined && kept.seconds > 0;
    const content = isKept ? await this.#takeIn(body, length) : undefined;
    if (!isKept || content === undefined) {
      if (body instanceof Readable) body.destroy();
      if (kept?.seconds === 0) await this.#delete([name, under]);
      return null;
    }
    const entry: NewEntry = {
      expires: now + kept.seconds * 1000,
      status: Number(status),
      headers: kept.headers,
      encoded: isEncoded === true ? 1 : 0,
      ...content,
    };
    try {
      await this.#ask('put', name, under, entry);
    } catch (error) {
      // Whether it is recorded nobody knows: if not, the file is swept.
      if (!(error instanceof OpError)) throw error;
    }
    return null;
  }

  /** The body, in memory or as a file; undefined where it is too large or breaks off. */
  async #takeIn(body: BodyArgument['body'], length: number | undefined): Promise<Pick<Entry, 'size' | 'blob' | 'value'> | undefined> {
    if ((length ?? 0) > CACHE_LIMITS.objectBytes) return undefined;
    try {
      const chunks: Uint8Array[] = [];
      let size = 0;
      const source =
        body instanceof Readable
          ? body.iterator({ destroyOnReturn: false })
          : [typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array(0))].values();
      for (;;) {
        const next = await source.next();
        if (next.done === true) break;
        chunks.push(next.value as Uint8Array);
        size += (next.value as Uint8Array).byteLength;
        if (size > INLINE_BYTES) return await this.#toFile(chunks, source, length);
      }
      if (length !== undefined && size !== length) return undefined;
      return { size, blob: null, value: Buffer.concat(chunks) };
    } catch {
      return undefined;
    }
  }

  async #toFile(
    chunks: readonly Uint8Array[],
    rest: Iterator<Uint8Array> | AsyncIterator<Uint8Array>,
    length: number | undefined,
  ): Promise<Pick<Entry, 'size' | 'blob' | 'value'> | undefined> {
    const { name, size } = await this.#blobs.write(continued(chunks, rest), [], CACHE_LIMITS.objectBytes, () => new Error('too large'));
    if (length === undefined || size === length) return { size, blob: name, value: null };
    await this.#blobs.remove([name]);
    return undefined;
  }

  /** cache, key → whether there was something */
  async #delete([cache, key]: readonly unknown[]): Promise<Reply> {
    const name = text(cache, CACHE_LIMITS.nameLength + 1);
    const under = text(key, MOST_KEY);
    if (!existsSync(this.#file)) return false;
    return this.#ask('delete', name, under);
  }

  /** Uses are told together, and nobody waits for that. */
  #touch(id: number): void {
    this.#touched.add(id);
    if (this.#touched.size > 1) return;
    setImmediate(() => {
      const ids = [...this.#touched];
      this.#touched.clear();
      this.#ask('touch', ids).catch(() => {});
    });
  }

  #ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
    if (!this.#hasAsked) this.#scope.needStores();
    this.#hasAsked = true;
    return this.#scope.stores.call(this.#address, method, args);
  }
}

/** The caches of an app. Nothing is opened before the first call. */
export function openCache(scope: CacheScope): Binding {
  return new CacheBinding(scope);
}
