/** S3's operations on uploads in parts. */
import { type Bucket, BucketError, type ObjectSource, type OpenUpload } from '../../ports/buckets.ts';
import type { S3Call } from './call.ts';
import { announcedChecksum, checksumElements, checksumHeaders, ELEMENT_OF, expectedChecksum } from './checksums.ts';
import { givenKey, keyHeaders, tellKey } from './customer-key.ts';
import { shownAs } from './encoding.ts';
import { S3Error } from './errors.ts';
import { metadataOptions, storageClassOf } from './headers.ts';
import { closing, copySource } from './objects.ts';
import { elements, textOf } from './xml.ts';

const MOST_LISTED = 1000;
const MOST_PARTS = 10_000;

/** CreateMultipartUpload. */
export async function createUpload(call: S3Call, bucket: Bucket, name: string, key: string): Promise<void> {
  const checksum = announcedChecksum(call.request.headers);
  const own = givenKey(call);
  const UploadId = await bucket.createUpload(key, { ...metadataOptions(call), ...own }, checksum);
  tellKey(call, own.md5);
  if (checksum !== undefined) {
    call.response.setHeader('x-amz-checksum-algorithm', checksum.algorithm.toUpperCase());
    call.response.setHeader('x-amz-checksum-type', checksum.isFull ? 'FULL_OBJECT' : 'COMPOSITE');
  }
  call.xml('InitiateMultipartUploadResult', { Bucket: name, Key: key, UploadId });
}

/** UploadPart and UploadPartCopy. */
export async function uploadPart(call: S3Call, bucket: Bucket, key: string, upload: string): Promise<void> {
  const number = call.partNumber();
  if (number === undefined) throw new S3Error('InvalidArgument', 'An upload of a part needs partNumber in its query.');
  const own = givenKey(call);
  if (call.header('x-amz-copy-source') === undefined) {
    const { checks, ...source } = call.body();
    const etag = await bucket.uploadPart(key, upload, number, source, undefined, { ...own, checksum: () => checks.checksum });
    const { 'x-amz-checksum-type': _type, ...checksum } = checksumHeaders(checks.checksum);
    return call.empty(200, { etag: `"${etag}"`, ...keyHeaders(own.md5), ...checksum });
  }
  const source = await copiedPart(call);
  const etag = await closing(source, () => bucket.uploadPart(key, upload, number, source, undefined, own));
  tellKey(call, own.md5);
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
  const parts = elements(await call.document(true), 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').trim().replaceAll(/^"|"$/g, ''),
  }));
  if (parts.length === 0 || parts.length > MOST_PARTS || parts.some(({ number }) => !Number.isInteger(number))) throw new S3Error('MalformedXML');
  const object = await bucket.completeUpload(key, upload, parts, expectedChecksum(call.request.headers));
  tellKey(call, object.ssecKeyMd5);
  call.xml('CompleteMultipartUploadResult', { Location: `/${name}/${key}`, Bucket: name, Key: key, ETag: `"${object.etag}"`, ...checksumElements(object.s3) });
}

/** AbortMultipartUpload. */
export async function abortUpload(call: S3Call, bucket: Bucket, key: string, upload: string): Promise<void> {
  try {
    await bucket.abortUpload(key, upload);
  } catch (error) {
    // What apps hear of an upload that never was (as on Cloudflare) sends S3 clients to try again and again.
    throw error instanceof BucketError && error.error === 'internalError' ? new BucketError('noSuchUpload') : error;
  }
  call.empty(204);
}

/** ListParts. */
export async function listParts(call: S3Call, bucket: Bucket, name: string, key: string, upload: string): Promise<void> {
  const most = call.count('max-parts', MOST_LISTED, MOST_LISTED);
  const after = call.count('part-number-marker', 0, MOST_PARTS);
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
    Part: shown.map(({ number, etag, size, uploaded, checksum }) => ({
      PartNumber: number,
      LastModified: new Date(uploaded).toISOString(),
      ETag: `"${etag}"`,
      Size: size,
      ...(checksum !== undefined && { [ELEMENT_OF[checksum.algorithm]]: checksum.value }),
    })),
  });
}

/** ListMultipartUploads. */
export async function listUploads(call: S3Call, bucket: Bucket, name: string): Promise<void> {
  const { query } = call;
  const [prefix, delimiter, keyMarker] = ['prefix', 'delimiter', 'key-marker'].map((one) => query.get(one) ?? '') as [string, string, string];
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const most = call.count('max-uploads', MOST_LISTED, MOST_LISTED);
  const shown = shownAs(query.get('encoding-type'));
  const uploads: OpenUpload[] = [];
  const prefixes: string[] = [];
  let after: { key: string; id?: string } | undefined = keyMarker === '' ? undefined : { key: keyMarker, ...(idMarker !== '' && { id: idMarker }) };
  let last = after;
  let isTruncated = false;
  for (let isOver = most === 0; !isOver; ) {
    const page = await bucket.uploads(prefix, after, MOST_LISTED);
    isOver = page.length < MOST_LISTED;
    for (const upload of page) {
      after = { key: upload.key, id: upload.id };
      const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
      const common = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length);
      if (common !== undefined && (prefixes.at(-1) === common || (keyMarker !== '' && common === keyMarker))) continue;
      if (uploads.length + prefixes.length === most) {
        isTruncated = true;
        isOver = true;
        break;
      }
      if (common === undefined) uploads.push(upload);
      else prefixes.push(common);
      last = common === undefined ? after : { key: common };
    }
  }
  call.xml('ListMultipartUploadsResult', {
    Bucket: name,
    KeyMarker: shown(keyMarker),
    UploadIdMarker: idMarker,
    ...(isTruncated && { NextKeyMarker: shown(last?.key ?? ''), NextUploadIdMarker: last?.id ?? '' }),
    Prefix: shown(prefix),
    Delimiter: delimiter === '' ? undefined : shown(delimiter),
    EncodingType: query.get('encoding-type') === 'url' ? 'url' : undefined,
    MaxUploads: most,
    IsTruncated: isTruncated,
    Upload: uploads.map(({ id, key, created, storageClass }) => ({
      Key: shown(key),
      UploadId: id,
      StorageClass: storageClassOf(storageClass),
      Initiated: new Date(created).toISOString(),
    })),
    CommonPrefixes: prefixes.map((one) => ({ Prefix: shown(one) })),
  });
}
