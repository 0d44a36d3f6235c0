/** Operations on buckets and objects, and on the keys of S3 clients. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { DiskBuckets } from '../../bindings/r2/buckets.ts';
import type { Bucket, BucketInfo, Buckets } from '../../ports/buckets.ts';
import { DataError } from '../../ports/stored-data.ts';
import type { R2ListResult, R2Metadata } from '../../protocol/r2.ts';
import { storageDir } from '../../storage/paths.ts';
import { type S3KeyRecord, S3Keys } from '../s3-keys.ts';
import { type DataPlace, type Operation, operation, text } from './operation.ts';

export type BucketRow = BucketInfo;
export type BucketTotals = BucketRow & { objects: number; bytes: number };
export type ObjectRow = R2Metadata;
export type ObjectPage = R2ListResult;
export type KeyRow = S3KeyRecord;
export type NewKey = S3KeyRecord & { secret: string };

const bucket = z.object({ bucket: text });
const object = bucket.extend({ key: text });
const HTTP_FIELDS = {
  contentType: text.optional(),
  contentDisposition: text.optional(),
  contentEncoding: text.optional(),
  contentLanguage: text.optional(),
  cacheControl: text.optional(),
};

export const R2_OPERATIONS: Readonly<Record<string, Operation>> = {
  'r2/buckets': operation({ args: z.object({}), run: async (place) => ({ value: (await buckets(place).list()) satisfies BucketRow[] }) }),
  'r2/bucket-info': operation({
    args: bucket,
    run: async (place, { bucket }) => {
      const row = (await buckets(place).list()).find(({ name }) => name === bucket);
      if (row === undefined) throw noBucket(bucket);
      return { value: { ...row, ...(await totals(await find(place, bucket))) } satisfies BucketTotals };
    },
  }),
  'r2/create-bucket': operation({ args: bucket, run: async (place, { bucket }) => ({ value: await buckets(place).create(bucket) }) }),
  'r2/delete-bucket': operation({
    args: bucket,
    run: async (place, { bucket }) => {
      const outcome = await buckets(place).remove(bucket);
      if (outcome === 'missing') throw noBucket(bucket);
      if (outcome === 'notEmpty') throw new DataError('failed', `${bucket} is not empty`);
      return { value: null };
    },
  }),
  'r2/put': operation({
    args: object.extend({ http: z.object(HTTP_FIELDS) }),
    run: async (place, { bucket, key, http: given }, { stream, length }) => {
      if (length === undefined) throw new DataError('invalid', 'the size of an object must be known before it is sent');
      const into = await find(place, bucket);
      const http = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      return { value: (await into.put(key, { body: stream, length }, { http })) satisfies ObjectRow | null };
    },
  }),
  'r2/get': operation({
    args: object,
    run: async (place, { bucket, key }) => {
      const found = await (await find(place, bucket)).get(key, {});
      if (found === null || !('body' in found)) throw new DataError('missing', `there is no object ${key}`);
      const { body } = found;
      return { stream: body instanceof Uint8Array ? Readable.from([body], { objectMode: false }) : body, length: found.object.size };
    },
  }),
  'r2/delete': operation({
    args: object,
    run: async (place, { bucket, key }) => {
      await (await find(place, bucket)).delete([key]);
      return { value: null };
    },
  }),
  'r2/list': operation({
    args: bucket.extend({ prefix: text, cursor: text.optional() }),
    run: async (place, { bucket, prefix, cursor }) => {
      const from = await find(place, bucket);
      return { value: (await from.list({ prefix, include: [], ...(cursor !== undefined && { cursor }) })) satisfies ObjectPage };
    },
  }),
  'r2/keys': operation({ args: z.object({}), run: async ({ dataDir }) => ({ value: new S3Keys(dataDir).list() satisfies KeyRow[] }) }),
  'r2/create-key': operation({
    args: z.object({ name: text, readOnly: z.boolean(), buckets: z.array(text).max(1000).optional() }),
    run: async ({ dataDir, group }, { name, readOnly, buckets }) => ({
      value: new S3Keys(dataDir).create({ name, group, readOnly, ...(buckets !== undefined && { buckets }) }, Date.now()) satisfies NewKey,
    }),
  }),
  'r2/delete-key': operation({
    args: z.object({ id: text }),
    run: async ({ dataDir }, { id }) => {
      if (!new S3Keys(dataDir).remove(id)) throw new DataError('missing', `there is no key ${id}`);
      return { value: null };
    },
  }),
};

function buckets({ dataDir, group, stores, fsync }: DataPlace): Buckets {
  return new DiskBuckets({ stores, root: storageDir(dataDir), fsync, group });
}

/** Page by page: others have their turn in between. */
async function totals(from: Bucket): Promise<{ objects: number; bytes: number }> {
  let [objects, bytes] = [0, 0];
  let cursor: string | undefined;
  do {
    const page: ObjectPage = await from.list({ include: [], ...(cursor !== undefined && { cursor }) });
    for (const { size } of page.objects) bytes += size;
    objects += page.objects.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { objects, bytes };
}

async function find(place: DataPlace, name: string): Promise<Bucket> {
  const found = await buckets(place).find(name);
  if (found === undefined) throw noBucket(name);
  return found;
}

const noBucket = (name: string): DataError => new DataError('missing', `there is no bucket ${name}`);
