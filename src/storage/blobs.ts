/**
 * Large values as files: written whole or not at all, named by chance, read from any position.
 *
 * Contract: a blob exists under its name only once all its bytes are on disk (as far as the fsync policy says);
 * whoever records the name in a database does so after `write` has resolved. What no database names is rubbish,
 * which `sweep` removes.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FsyncPolicy } from './database.ts';

export type WrittenBlob = { name: string; size: number; digests: Record<string, Uint8Array> };

const NAME = /^[0-9a-f]{32}$/;
const PART = '.part';

export class Blobs {
  readonly #dir: string;
  readonly #fsync: FsyncPolicy;

  constructor(dir: string, fsync: FsyncPolicy) {
    this.#dir = dir;
    this.#fsync = fsync;
  }

  /**
   * Takes a body in, chunk by chunk.
   * @param algorithms names of digests to compute on the way ("md5", "sha256")
   * @param most bytes; more reject with what `tooLarge` makes
   */
  async write(
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    algorithms: readonly string[],
    most: number,
    tooLarge: () => Error,
  ): Promise<WrittenBlob> {
    const name = randomBytes(16).toString('hex');
    const path = this.#pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    const hashes = algorithms.map((algorithm): [string, Hash] => [algorithm, createHash(algorithm)]);
    let size = 0;
    const file = await open(path + PART, 'wx');
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > most) throw tooLarge();
        for (const [, hash] of hashes) hash.update(chunk);
        await file.writev([chunk]);
      }
      if (this.#fsync === 'full') await file.datasync();
      await file.close();
      await rename(path + PART, path);
      if (this.#fsync === 'full') await syncFolder(dirname(path));
    } catch (error) {
      await file.close().catch(() => {});
      await rm(path + PART, { force: true });
      throw error;
    }
    return { name, size, digests: Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, new Uint8Array(hash.digest())])) };
  }

  /** @param length in bytes; all to the end where it is not given */
  read(name: string, offset = 0, length?: number): Readable {
    return createReadStream(this.#pathOf(name), length === undefined ? { start: offset } : { start: offset, end: offset + length - 1 });
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

  /** Two characters of the name make the folder, so that none gets too full. */
  #pathOf(name: string): string {
    if (!NAME.test(name)) throw new Error('no name of a blob');
    return join(this.#dir, name.slice(0, 2), name);
  }
}

/** A new name in a folder is durable only once the folder is. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
