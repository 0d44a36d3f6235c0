/**
 * Large values as files: named by chance, written once, read from any position.
 *
 * Contract: once `write` has resolved all bytes are on disk, as far as the fsync policy says; only then does anybody
 * learn the name and record it in a database. What no database names is rubbish, which `sweep` removes.
 *
 * Engines run under Node's permission model, which refuses fsync: every write waits for the disk instead (O_DSYNC).
 * The file's entry in its folder is as durable as its length on file systems that keep the order of both (ext4, XFS, Btrfs).
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { constants, createReadStream, open as openCallback } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type AppOpenings, openStream } from '../base/openings.ts';
import type { FsyncPolicy } from './database.ts';
import { FileStream } from './file-stream.ts';
import type { HotBlobs } from './hot-blobs.ts';

/** What blobs are read and written with. */
export type BlobUse = {
  /** What the app has open that it is done for. */
  openings?: AppOpenings | undefined;
  /** Those that are in memory. */
  hot?: HotBlobs | undefined;
};

export type WrittenBlob = { name: string; size: number; digests: Record<string, Uint8Array> };

const NAME = /^[0-9a-f]{32}$/;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
/** What one write takes: a disk that is waited for at each of them is not held up much by so few. More, once a file is large. */
const BATCH_BYTES = 1024 * 1024;
const MOST_BATCH_BYTES = 4 * BATCH_BYTES;
/** A batch is this part of what is written already. */
const BATCH_SHARE = 8;
const openFile = promisify(openCallback) as (path: string, flags: string) => Promise<number>;

export class Blobs {
  readonly #dir: string;
  readonly #fsync: FsyncPolicy;
  readonly #openings: AppOpenings | undefined;
  readonly #hot: HotBlobs | undefined;

  constructor(dir: string, fsync: FsyncPolicy, { openings, hot }: BlobUse = {}) {
    this.#dir = dir;
    this.#fsync = fsync;
    this.#openings = openings;
    this.#hot = hot;
  }

  /**
   * Takes a body in, chunk by chunk.
   * @param algorithms names of digests to compute on the way ("md5", "sha256")
   * @param name as `newBlobName` makes it, where somebody was to know it beforehand
   * @param most bytes; more reject with what `tooLarge` makes
   */
  async write(
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    algorithms: readonly string[],
    most: number,
    tooLarge: () => Error,
    name: string = newBlobName(),
  ): Promise<WrittenBlob> {
    const close = this.#openings?.take();
    try {
      return await this.#write(body, algorithms, most, tooLarge, name);
    } finally {
      close?.();
    }
  }

  async #write(
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    algorithms: readonly string[],
    most: number,
    tooLarge: () => Error,
    name: string,
  ): Promise<WrittenBlob> {
    const path = this.#pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    const hashes = algorithms.map((algorithm): [string, Hash] => [algorithm, createHash(algorithm)]);
    let size = 0;
    const file = await open(path, this.#fsync === 'full' ? FLAGS | constants.O_DSYNC : FLAGS);
    const writer = new BatchWriter(file);
    try {
      for await (const chunk of body) {
        // Large chunks in pieces, so that one is hashed while the one before is written.
        for (let at = 0; at < chunk.length; at += BATCH_BYTES) {
          const piece = chunk.length <= BATCH_BYTES ? chunk : chunk.subarray(at, at + BATCH_BYTES);
          size += piece.length;
          if (size > most) throw tooLarge();
          for (const [, hash] of hashes) hash.update(piece);
          const full = writer.push(piece);
          if (full !== undefined) await full;
        }
      }
      await writer.flush();
      await file.close();
    } catch (error) {
      await writer.settled();
      await file.close().catch(() => {});
      await rm(path, { force: true });
      throw error;
    }
    return { name, size, digests: Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, new Uint8Array(hash.digest())])) };
  }

  /** @param length in bytes; all to the end where it is not given */
  read(name: string, offset = 0, length?: number): Readable {
    return createReadStream(this.#pathOf(name), length === undefined ? { start: offset } : { start: offset, end: offset + length - 1 });
  }

  /**
   * As `read`, once the file is open: from then on it can be read to its end, even if it is removed meanwhile.
   * @throws ENOENT where there is no such blob (any more)
   */
  async open(name: string, offset: number, length: number): Promise<Readable> {
    const path = this.#pathOf(name);
    return this.#hot?.read(path, offset, length) ?? openStream(this.#openings, async () => new FileStream(await openFile(path, 'r'), offset, length));
  }

  /** Removes blobs; those that are not there are no error. */
  async remove(names: Iterable<string>): Promise<void> {
    for (const name of names) await rm(this.#pathOf(name), { force: true });
  }

  /** Removes what was written before a time and is not wanted. @returns how many */
  async sweep(before: number, isWanted: (name: string) => boolean | Promise<boolean>): Promise<number> {
    let removed = 0;
    for (const folder of await readdir(this.#dir).catch(() => [])) {
      for (const file of await readdir(join(this.#dir, folder)).catch(() => [])) {
        const path = join(this.#dir, folder, file);
        const info = await stat(path).catch(() => undefined);
        if (info === undefined || info.mtimeMs >= before || (NAME.test(file) && (await isWanted(file)))) continue;
        await rm(path, { force: true });
        removed++;
      }
    }
    return removed;
  }

  #pathOf(name: string): string {
    return blobPath(this.#dir, name);
  }
}

/** A name that no other blob has. */
export function newBlobName(): string {
  return randomBytes(16).toString('hex');
}

/** Where a blob lies. Two characters of the name make the folder, so that none gets too full. */
export function blobPath(dir: string, name: string): string {
  if (!NAME.test(name)) throw new Error('no name of a blob');
  return join(dir, name.slice(0, 2), name);
}

/** Writes in large batches, one at a time, and takes in what the next one will have meanwhile. */
class BatchWriter {
  readonly #file: FileHandle;
  #batch: Uint8Array[] = [];
  #size = 0;
  #written = 0;
  #writing: Promise<unknown> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @returns a promise to wait for where enough has been taken in */
  push(chunk: Uint8Array): Promise<void> | undefined {
    this.#batch.push(chunk);
    this.#size += chunk.length;
    return this.#size < Math.min(Math.max(BATCH_BYTES, this.#written / BATCH_SHARE), MOST_BATCH_BYTES) ? undefined : this.#start();
  }

  async flush(): Promise<void> {
    if (this.#size > 0) await this.#start();
    await this.#writing;
  }

  /** Nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#writing?.catch(() => {});
  }

  async #start(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    this.#batch = [];
    this.#written += this.#size;
    this.#size = 0;
    this.#writing = writeAll(this.#file, batch);
    // Whoever waits next hears of it.
    this.#writing.catch(() => {});
  }
}

/** A write may take less than it was given: when the disk is nearly full, for one. */
async function writeAll(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let rest = batch;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    let whole = 0;
    while (whole < rest.length && bytesWritten >= (rest[whole] as Uint8Array).length) bytesWritten -= (rest[whole++] as Uint8Array).length;
    rest = rest.slice(whole).map((chunk, at) => (at === 0 ? chunk.subarray(bytesWritten) : chunk));
  }
}
