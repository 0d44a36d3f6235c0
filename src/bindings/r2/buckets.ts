/** The buckets of a trust group: one database each. */
import { access, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Bucket, BucketError, type BucketInfo, type Buckets } from '../../ports/buckets.ts';
import { placeOf } from '../../storage/paths.ts';
import { type BucketPlace, DiskBucket } from './bucket.ts';

/** @see https://developers.cloudflare.com/r2/buckets/create-buckets/ */
const NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const ENDING = '.sqlite';

type Info = { created: number; removed: number };

export class DiskBuckets implements Buckets {
  readonly #place: BucketPlace;

  constructor(place: BucketPlace) {
    this.#place = place;
  }

  async list(): Promise<BucketInfo[]> {
    const files = await readdir(dirname(this.#file('bucket'))).catch((): string[] => []);
    const names = files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length));
    const found: BucketInfo[] = [];
    for (const name of names.filter((one) => NAME.test(one)).sort()) {
      const { created, removed } = await this.#info(name);
      if (removed === 0) found.push({ name, created });
    }
    return found;
  }

  async find(name: string): Promise<Bucket | undefined> {
    return (await this.#exists(name)) ? new DiskBucket(this.#place, name) : undefined;
  }

  async create(name: string): Promise<boolean> {
    if (!NAME.test(name)) throw new BucketError('invalidObjectName', 'The specified bucket name is not valid.');
    if (await this.#exists(name)) return false;
    await this.#call(name, 'create');
    return true;
  }

  async remove(name: string): Promise<'removed' | 'missing' | 'notEmpty'> {
    if (!(await this.#exists(name))) return 'missing';
    return (await this.#call(name, 'remove')) === true ? 'removed' : 'notEmpty';
  }

  async #exists(name: string): Promise<boolean> {
    if (!NAME.test(name) || !(await isThere(this.#file(name)))) return false;
    return (await this.#info(name)).removed === 0;
  }

  async #info(name: string): Promise<Info> {
    return (await this.#call(name, 'info')) as Info;
  }

  #call(name: string, method: string): Promise<unknown> {
    return this.#place.stores.call({ product: 'r2', group: this.#place.group, id: name }, method, []);
  }

  #file(name: string): string {
    return placeOf(this.#place.root, { product: 'r2', group: this.#place.group, id: name }).file;
  }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
