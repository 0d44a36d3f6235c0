/** S3's operations on uploads in parts. */
import type { Bucket, ObjectSource } from '../../ports/buckets.ts';
import type { S3Call } from './call.ts';
import { S3Error } from './errors.ts';
import { metadataOptions, storageClassOf } from './headers.ts';
import { closing, copySource } from './objects.ts';
import { elements, textOf } from './xml.ts';

const MOST_LISTED = 1000;

/** CreateMultipartUpload. */
export async function createUpload(call: S3Call, bucket: Bucket, name: string, key: string): Promise<void> {
  const UploadId = await bucket.createUpload(key, metadataOptions(call));
  call.xml('InitiateMultipartUploadResult', { Bucket: name, Key: key, UploadId });
}

/** UploadPart and UploadPartCopy. */
export async function uploadPart(call: S3Call, bucket: Bucket, key: string, upload: string): Promise<void> {
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive.');
  if (call.header('x-amz-copy-source') === undefined) {
    const etag = await bucket.uploadPart(key, upload, number, call.body());
    return call.empty(200, { etag: `"${etag}"` });
  }
  const source = await copiedPart(call);
  const etag = await closing(source, () => bucket.uploadPart(key, upload, number, source));
  call.xml('CopyPartResult', { ETag: `"${etag}"`, LastModified: new Date().toISOString() });
}

async function copiedPart(call: S3Call): Promise<ObjectSource> {
  const header = call.header('x-amz-copy-source-range');
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? [];
  if (header !== undefined && first === undefined) throw new S3Error('InvalidArgument', 'x-amz-copy-source-range must be of the form bytes=FIRST-LAST.');
  const range = header === undefined ? undefined : { offset: Number(first), length: Number(last) - Number(first) + 1 };
  const { object, body } = await copySource(call, range);
  return body instanceof Uint8Array ? { body } : { body, length: object.range?.length ?? object.size };
}

/** CompleteMultipartUpload. */
export async function completeUpload(call: S3Call, bucket: Bucket, name: string, key: string, upload: string): Promise<void> {
  const parts = elements(await call.document(), 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').trim().replaceAll(/^"|"$/g, ''),
  }));
  if (parts.length === 0 || parts.some(({ number }) => !Number.isInteger(number))) throw new S3Error('MalformedXML');
  const object = await bucket.completeUpload(key, upload, parts);
  call.xml('CompleteMultipartUploadResult', { Location: `/${name}/${key}`, Bucket: name, Key: key, ETag: `"${object.etag}"` });
}

/** AbortMultipartUpload. */
export async function abortUpload(call: S3Call, bucket: Bucket, key: string, upload: string): Promise<void> {
  await bucket.abortUpload(key, upload);
  call.empty(204);
}

/** ListParts. */
export async function listParts(call: S3Call, bucket: Bucket, name: string, key: string, upload: string): Promise<void> {
  const most = call.count('max-parts', MOST_LISTED, MOST_LISTED);
  const after = call.count('part-number-marker', 0, 10_000);
  const parts = await bucket.parts(key, upload, after, most + 1);
  const shown = parts.slice(0, most);
  call.xml('ListPartsResult', {
    Bucket: name,
    Key: key,
    UploadId: upload,
    PartNumberMarker: after,
    NextPartNumberMarker: shown.at(-1)?.number ?? after,
    MaxParts: most,
    IsTruncated: parts.length > most,
    Part: shown.map(({ number, etag, size, uploaded }) => ({
      PartNumber: number,
      LastModified: new Date(uploaded).toISOString(),
      ETag: `"${etag}"`,
      Size: size,
    })),
  });
}

/** ListMultipartUploads. */
export async function listUploads(call: S3Call, bucket: Bucket, name: string): Promise<void> {
  const prefix = call.query.get('prefix') ?? '';
  const uploads = await bucket.uploads(prefix, MOST_LISTED);
  call.xml('ListMultipartUploadsResult', {
    Bucket: name,
    Prefix: prefix,
    MaxUploads: MOST_LISTED,
    IsTruncated: false,
    Upload: uploads.map(({ id, key, created, storageClass }) => ({
      Key: key,
      UploadId: id,
      StorageClass: storageClassOf(storageClass),
      Initiated: new Date(created).toISOString(),
    })),
  });
}
