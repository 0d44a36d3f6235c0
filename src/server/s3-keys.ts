/**
 * Keys of S3 clients: who may reach buckets through the admin port.
 *
 * Contract: no secret is stored. Each is derived from the key's id and one random file that only this user can
 * read, so that a copy of the list of keys alone opens nothing; a key that is not in the list is worth nothing.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { S3Key } from '../control/s3/route.ts';

/** A key as it is listed. */
export type S3KeyRecord = { id: string; name: string; group: string; readOnly: boolean; buckets?: readonly string[]; created: number };

const ROOT_BYTES = 32;

export class S3Keys {
  readonly #dir: string;
  readonly #list: string;
  #root: Buffer | undefined;
  #known: { stamp: string; keys: ReadonlyMap<string, S3Key> } = { stamp: '', keys: new Map() };

  /** @param dataDir the data folder */
  constructor(dataDir: string) {
    this.#dir = join(dataDir, 's3');
    this.#list = join(this.#dir, 'keys.json');
  }

  list(): S3KeyRecord[] {
    if (!existsSync(this.#list)) return [];
    return JSON.parse(readFileSync(this.#list, 'utf8')) as S3KeyRecord[];
  }

  /** @returns the record and its secret, which is not shown again */
  create(wanted: Omit<S3KeyRecord, 'id' | 'created'>, now: number): S3KeyRecord & { secret: string } {
    const record = { id: randomBytes(16).toString('hex'), ...wanted, created: now };
    this.#write([...this.list(), record]);
    return { ...record, secret: this.#secretOf(record.id) };
  }

  /** @returns whether there was such a key */
  remove(id: string): boolean {
    const records = this.list();
    const left = records.filter((record) => record.id !== id);
    if (left.length < records.length) this.#write(left);
    return left.length < records.length;
  }

  /** A key by its id; the list is read again when it has changed. */
  find(id: string): S3Key | undefined {
    const info = statSync(this.#list, { throwIfNoEntry: false });
    const stamp = info === undefined ? '' : `${info.ino} ${info.mtimeMs} ${info.size}`;
    if (stamp !== this.#known.stamp) this.#known = { stamp, keys: this.#read() };
    return this.#known.keys.get(id);
  }

  #read(): Map<string, S3Key> {
    return new Map(
      this.list().map(({ id, group, readOnly, buckets }): [string, S3Key] => [id, { secret: this.#secretOf(id), group, isReadOnly: readOnly, buckets }]),
    );
  }

  #write(records: readonly S3KeyRecord[]): void {
    this.#makeFolder();
    const next = `${this.#list}.${process.pid}`;
    writeFileSync(next, JSON.stringify(records, undefined, 2), { mode: 0o600 });
    renameSync(next, this.#list);
  }

  /** For this user alone; the data folder above it is as others make it. */
  #makeFolder(): void {
    mkdirSync(dirname(this.#dir), { recursive: true });
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  #secretOf(id: string): string {
    return createHmac('sha256', this.#rootKey()).update(`s3 ${id}`).digest('hex');
  }

  #rootKey(): Buffer {
    if (this.#root !== undefined) return this.#root;
    const file = join(this.#dir, 'root-key');
    this.#makeFolder();
    try {
      writeFileSync(file, randomBytes(ROOT_BYTES), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    this.#root = readFileSync(file);
    if (this.#root.length !== ROOT_BYTES) throw new Error(`${file} is damaged`);
    return this.#root;
  }
}
