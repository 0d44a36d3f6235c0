/**
 * R2 for S3 clients, at /s3 on the admin port: `http://127.0.0.1:PORT/s3` is the endpoint, buckets are in the path or before the host's name.
 *
 * Contract: nothing is done for a request without a signature that fits, nor beyond what its key may do.
 */
import type { ServerResponse } from 'node:http';
import type { Bucket, Buckets } from '../../ports/buckets.ts';
import type { AdminCall, AdminRoute } from '../route.ts';
import { createBucket, deleteBucket, listBuckets, listObjects } from './buckets.ts';
import { S3Call } from './call.ts';
import { failureOf, S3Error } from './errors.ts';
import { copyObject, deleteObject, deleteObjects, getObject, putObject } from './objects.ts';
import { decode, verify } from './signature.ts';
import { abortUpload, completeUpload, createUpload, listParts, listUploads, uploadPart } from './uploads.ts';
import { xml } from './xml.ts';

/** What a key may do. */
export type S3Key = {
  secret: string;
  /** The trust group whose buckets it opens. */
  group: string;
  isReadOnly: boolean;
  /** The only buckets; undefined: all of the group's. */
  buckets: readonly string[] | undefined;
};

export interface S3Source {
  key(id: string): S3Key | undefined;
  buckets(group: string): Buckets;
  /** Something failed that the client is not told of. */
  onTrouble(error: unknown): void;
  now(): number;
}

const PREFIX = '/s3';
/** Parts of S3 that R2 has not either, or that make no sense here. */
const FOREIGN = [
  'acl',
  'policy',
  'tagging',
  'cors',
  'lifecycle',
  'website',
  'notification',
  'encryption',
  'object-lock',
  'replication',
  'versions',
  'torrent',
  'retention',
  'legal-hold',
  'select',
  'restore',
  'attributes',
  'logging',
  'publicAccessBlock',
  'ownershipControls',
];

export function s3Route(source: S3Source): AdminRoute {
  // The Host header is signed, too: no web page can make use of another name.
  return { method: '*', path: `${PREFIX}/*`, takesSubdomain: true, handle: (call) => answer(source, call) };
}

async function answer(source: S3Source, { request, response, subdomain }: AdminCall): Promise<void> {
  const requestId = Math.random().toString(16).slice(2, 18).padEnd(16, '0').toUpperCase();
  response.setHeader('x-amz-request-id', requestId);
  try {
    const [path = '', search = ''] = splitOnce(request.url ?? '', '?');
    const query =
      search === '' ? [] : search.split('&').map((pair) => splitOnce(pair, '=').map((part) => decode(part.replaceAll('+', ' '))) as [string, string]);
    const signature = verify({ method: request.method ?? '', path, query, headers: request.headers }, (id) => source.key(id)?.secret, source.now());
    const key = source.key(signature.keyId);
    if (key === undefined) throw new S3Error('InvalidAccessKeyId');
    const inPath = path.slice(PREFIX.length + 1);
    const rest = subdomain === undefined ? inPath : `${subdomain}/${inPath}`;
    const [name, object] = splitOnce(rest, '/').map(decode) as [string, string];
    const call = new S3Call({ request, response, query, signature, buckets: source.buckets(key.group), mayUse: mayUse(key) });
    if (key.isReadOnly && isChange(request.method)) throw new S3Error('AccessDenied');
    const foreign = FOREIGN.find((one) => call.query.has(one));
    if (foreign !== undefined) throw new S3Error('NotImplemented', `?${foreign} is not implemented.`);
    if (name === '') await onService(call);
    else if (object === '') await onBucket(call, name);
    else await onObject(call, name, object);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === 500) source.onTrouble(error);
    sendFailure(response, request.method, request.url ?? '', requestId, failure);
  }
}

const mayUse =
  ({ buckets }: S3Key): ((bucket: string) => boolean) =>
  (bucket) =>
    buckets === undefined || buckets.includes(bucket);

const isChange = (method: string | undefined): boolean => method !== 'GET' && method !== 'HEAD';

async function onService(call: S3Call): Promise<void> {
  if (call.request.method !== 'GET') throw new S3Error('MethodNotAllowed');
  await listBuckets(call);
}

async function onBucket(call: S3Call, name: string): Promise<void> {
  const { query } = call;
  switch (call.request.method) {
    case 'PUT':
      return createBucket(call, name);
    case 'DELETE':
      return deleteBucket(call, name);
  }
  const bucket = await call.bucket(name);
  switch (call.request.method) {
    case 'HEAD':
      return call.empty(200);
    case 'POST':
      if (query.has('delete')) return deleteObjects(call, bucket);
      break;
    case 'GET':
      if (query.has('location')) return call.xml('LocationConstraint', {});
      if (query.has('versioning')) return call.xml('VersioningConfiguration', {});
      if (query.has('uploads')) return listUploads(call, bucket, name);
      return listObjects(call, bucket, name);
  }
  throw new S3Error('MethodNotAllowed');
}

async function onObject(call: S3Call, name: string, key: string): Promise<void> {
  const bucket = await call.bucket(name);
  const upload = call.query.get('uploadId');
  if (upload !== undefined) return onUpload(call, bucket, name, key, upload);
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return getObject(call, bucket, key);
    case 'PUT':
      return call.header('x-amz-copy-source') === undefined ? putObject(call, bucket, key) : copyObject(call, bucket, key);
    case 'DELETE':
      return deleteObject(call, bucket, key);
    case 'POST':
      if (call.query.has('uploads')) return createUpload(call, bucket, name, key);
  }
  throw new S3Error('MethodNotAllowed');
}

async function onUpload(call: S3Call, bucket: Bucket, name: string, key: string, upload: string): Promise<void> {
  switch (call.request.method) {
    case 'GET':
      return listParts(call, bucket, name, key, upload);
    case 'PUT':
      return uploadPart(call, bucket, key, upload);
    case 'POST':
      return completeUpload(call, bucket, name, key, upload);
    case 'DELETE':
      return abortUpload(call, bucket, key, upload);
  }
  throw new S3Error('MethodNotAllowed');
}

function sendFailure(
  response: ServerResponse,
  method: string | undefined,
  url: string,
  requestId: string,
  { code, status, message }: { code: string; status: number; message: string },
): void {
  if (response.headersSent) return void response.destroy();
  const text = xml('Error', { Code: code, Message: message, Resource: splitOnce(url, '?')[0], RequestId: requestId }).replace(/ xmlns="[^"]*"/, '');
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
  response.end(method === 'HEAD' ? undefined : text);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
