/** S3's operations on buckets, and its lists of objects. */
import type { Bucket } from '../../ports/buckets.ts';
import { R2_LIMITS, type R2ListResult } from '../../protocol/r2.ts';
import type { S3Call } from './call.ts';
import { shownAs } from './encoding.ts';
import { S3Error } from './errors.ts';
import { storageClassOf } from './headers.ts';
import type { Xml } from './xml.ts';

/** ListBuckets. */
export async function listBuckets(call: S3Call): Promise<void> {
  const buckets = (await call.buckets.list()).filter(({ name }) => call.mayUse(name));
  call.xml('ListAllMyBucketsResult', {
    Owner: { ID: 'nano', DisplayName: 'nano' },
    Buckets: { Bucket: buckets.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() })) },
  });
}

/** CreateBucket. */
export async function createBucket(call: S3Call, name: string): Promise<void> {
  if (!call.mayUse(name)) throw new S3Error('AccessDenied');
  if (!(await call.buckets.create(name))) throw new S3Error('BucketAlreadyOwnedByYou');
  call.empty(200, { location: `/${name}` });
}

/** DeleteBucket. */
export async function deleteBucket(call: S3Call, name: string): Promise<void> {
  if (!call.mayUse(name)) throw new S3Error('AccessDenied');
  const outcome = await call.buckets.remove(name);
  if (outcome === 'missing') throw new S3Error('NoSuchBucket');
  if (outcome === 'notEmpty') throw new S3Error('BucketNotEmpty');
  call.empty(204);
}

/** ListObjectsV2, and ListObjects, which differ in how a page leads to the next. */
export async function listObjects(call: S3Call, bucket: Bucket, name: string): Promise<void> {
  const { query } = call;
  const isSecond = query.get('list-type') === '2';
  const isEncoded = query.get('encoding-type') === 'url';
  const shown = shownAs(query.get('encoding-type'));
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get(isSecond ? 'start-after' : 'marker') ?? '';
  const cursor = isSecond ? query.get('continuation-token') : undefined;
  const limit = call.count('max-keys', R2_LIMITS.listKeys, R2_LIMITS.listKeys);
  // A page that ended with a common prefix goes on behind all that it stands for.
  const isPast = !isSecond && delimiter !== '' && marker.endsWith(delimiter);
  const page: R2ListResult =
    limit === 0
      ? { objects: [], prefixes: [], truncated: false }
      : await bucket.list({
          prefix,
          delimiter,
          limit,
          include: [],
          ...(cursor !== undefined && { cursor }),
          ...(marker !== '' && (isPast ? { past: marker } : { startAfter: marker })),
        });
  const last = [page.objects.at(-1)?.key ?? '', page.prefixes.at(-1) ?? ''].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[1] ?? '';
  const head: Record<string, Xml> = isSecond
    ? {
        KeyCount: page.objects.length + page.prefixes.length,
        ContinuationToken: cursor,
        NextContinuationToken: page.cursor,
        StartAfter: marker === '' ? undefined : shown(marker),
      }
    : { Marker: shown(marker), NextMarker: page.truncated ? shown(last) : undefined };
  call.xml('ListBucketResult', {
    Name: name,
    Prefix: shown(prefix),
    Delimiter: delimiter === '' ? undefined : shown(delimiter),
    MaxKeys: limit,
    EncodingType: isEncoded ? 'url' : undefined,
    IsTruncated: page.truncated,
    ...head,
    Contents: page.objects.map(({ key, uploaded, etag, size, storageClass }) => ({
      Key: shown(key),
      LastModified: new Date(uploaded).toISOString(),
      ETag: `"${etag}"`,
      Size: size,
      StorageClass: storageClassOf(storageClass),
    })),
    CommonPrefixes: page.prefixes.map((one) => ({ Prefix: shown(one) })),
  });
}
