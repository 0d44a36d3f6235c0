/** S3's operations on objects. @see https://developers.cloudflare.com/r2/api/s3/api/ */
import { parseByteRange } from '../../base/byte-ranges.ts';
import { type Bucket, BucketError, type ObjectContent, type ObjectSource, type WithKey } from '../../ports/buckets.ts';
import type { R2GetOptions, R2Metadata, R2PutOptions } from '../../protocol/r2.ts';
import type { S3Call } from './call.ts';
import { checksumElements, checksumHeaders } from './checksums.ts';
import { givenKey, keyHeaders, tellKey } from './customer-key.ts';
import { S3Error } from './errors.ts';
import { conditions, headersOf, isHeaderValue, metadataOptions } from './headers.ts';
import { decode } from './signature.ts';
import { elements, textOf } from './xml.ts';

const MOST_DELETED = 1000;
/** What a GET may ask to be told instead of what the object has. */
const OVERRIDES = ['content-type', 'content-language', 'content-disposition', 'content-encoding', 'cache-control', 'expires'];

/** GetObject and HeadObject. */
export async function getObject(call: S3Call, bucket: Bucket, key: string): Promise<void> {
  const overrides = overridesOf(call);
  const part = call.partNumber();
  const range = part === undefined ? await rangeOf(call, bucket, key) : { part };
  if (part !== undefined && call.header('range') !== undefined)
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter.');
  const options = { ...givenKey(call), onlyIf: conditions(call), ...(range !== undefined && { range }) };
  const found = await bucket.get(key, options).catch((error: unknown) => {
    throw part !== undefined && error instanceof BucketError && error.error === 'invalidRange' ? new S3Error('InvalidPartNumber') : error;
  });
  if (found === null) throw new S3Error('NoSuchKey');
  if (!('body' in found)) return refused(call, found);
  const { object, body } = found;
  const headers = headersOf(object);
  const span = object.range ?? { offset: 0, length: object.size };
  if (object.parts !== undefined) headers['x-amz-mp-parts-count'] = String(object.parts);
  // Of a range, or of one of many parts, it would say nothing.
  const isOfThis = range === undefined || (part !== undefined && object.parts === undefined);
  if (isOfThis && call.header('x-amz-checksum-mode') === 'ENABLED') Object.assign(headers, checksumHeaders(object.s3));
  Object.assign(headers, overrides);
  headers['content-length'] = String(span.length);
  // An object of no bytes has no part that a Content-Range could name, and neither has a last part of none.
  if (range !== undefined && span.length > 0) headers['content-range'] = `bytes ${span.offset}-${span.offset + span.length - 1}/${object.size}`;
  const status = range === undefined || object.size === 0 ? 200 : 206;
  if (call.request.method !== 'HEAD') return call.send(status, headers, body);
  if (!(body instanceof Uint8Array)) body.destroy();
  call.response.writeHead(status, headers).end();
}

/** Headers that the query asks for. @throws S3Error for what no header can say */
function overridesOf(call: S3Call): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = call.query.get(`response-${name}`);
    if (value === undefined) continue;
    if (!isHeaderValue(value)) throw new S3Error('InvalidArgument', `response-${name} is not what a header can say.`);
    headers[name] = value;
  }
  return headers;
}

/** A Range header's only range, which must be satisfiable; one that is malformed is none. */
async function rangeOf(call: S3Call, bucket: Bucket, key: string): Promise<{ offset: number; length: number } | undefined> {
  const header = call.header('range');
  if (header === undefined) return undefined;
  const object = await bucket.head(key);
  if (object === null) throw new S3Error('NoSuchKey');
  const range = parseByteRange(header, object.size);
  if (range === 'all') return undefined;
  if (range === 'none') throw new S3Error('InvalidRange');
  return { offset: range.start, length: range.end - range.start + 1 };
}

function refused(call: S3Call, object: R2Metadata): void {
  const isUnchanged = call.header('if-match') === undefined && call.header('if-unmodified-since') === undefined;
  if (!isUnchanged) throw new S3Error('PreconditionFailed');
  const { etag = '', 'last-modified': modified = '' } = headersOf(object);
  call.empty(304, { etag, 'last-modified': modified });
}

/** PutObject. */
export async function putObject(call: S3Call, bucket: Bucket, key: string): Promise<void> {
  const options: R2PutOptions & WithKey = { ...metadataOptions(call), ...givenKey(call), onlyIf: conditions(call) };
  const { checks, ...source } = call.body();
  const object = await bucket.put(key, source, { ...options, checksum: () => checks.checksum });
  if (object === null) throw new S3Error('PreconditionFailed');
  call.empty(200, { etag: `"${object.etag}"`, ...keyHeaders(object.ssecKeyMd5), ...checksumHeaders(object.s3) });
}

/** DeleteObject. */
export async function deleteObject(call: S3Call, bucket: Bucket, key: string): Promise<void> {
  await bucket.delete([key]);
  call.empty(204);
}

/** DeleteObjects. */
export async function deleteObjects(call: S3Call, bucket: Bucket): Promise<void> {
  const document = await call.document();
  const keys = elements(document, 'Object').map((object) => textOf(object, 'Key'));
  if (keys.length === 0 || keys.length > MOST_DELETED || keys.includes(undefined)) throw new S3Error('MalformedXML');
  await bucket.delete(keys as string[]);
  const isQuiet = textOf(document, 'Quiet') === 'true';
  call.xml('DeleteResult', { Deleted: isQuiet ? [] : keys.map((Key) => ({ Key })) });
}

/** What a copy copies. @throws S3Error */
export async function copySource(call: S3Call, range?: R2GetOptions['range']): Promise<ObjectContent> {
  const [path = ''] = (call.header('x-amz-copy-source') ?? '').split('?');
  const [, name, key] = /^\/?([^/]+)\/(.+)$/s.exec(decode(path)) ?? [];
  if (name === undefined || key === undefined) throw new S3Error('InvalidArgument', 'x-amz-copy-source must be of the form BUCKET/KEY.');
  const bucket = await call.bucket(name);
  const prefix = 'x-amz-copy-source-';
  const found = await bucket.get(key, { ...givenKey(call, prefix), onlyIf: conditions(call, prefix), ...(range !== undefined && { range }) });
  if (found === null) throw new S3Error('NoSuchKey');
  if (!('body' in found)) throw new S3Error('PreconditionFailed');
  return found;
}

/** Works on a source; one that was refused before it was read would keep its file open. */
export async function closing<T>(source: ObjectSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    if ('length' in source) source.body.destroy();
  }
}

/** CopyObject. */
export async function copyObject(call: S3Call, bucket: Bucket, key: string): Promise<void> {
  const own = givenKey(call);
  const { object, body } = await copySource(call);
  const { http = {}, custom = {}, storageClass, size, s3 } = object;
  const isReplacing = call.header('x-amz-metadata-directive') === 'REPLACE';
  const source = body instanceof Uint8Array ? { body } : { body, length: size };
  const copy = await closing(source, () =>
    bucket.put(key, source, {
      ...own,
      ...(isReplacing ? metadataOptions(call) : { http, custom, storageClass }),
      // Of an object in parts it says how they were cut.
      ...(s3?.value.includes('-') === false && { checksum: () => s3 }),
    }),
  );
  if (copy === null) throw new S3Error('PreconditionFailed');
  tellKey(call, copy.ssecKeyMd5);
  call.xml('CopyObjectResult', { ETag: `"${copy.etag}"`, LastModified: new Date(copy.uploaded).toISOString(), ...checksumElements(copy.s3) });
}
