/** The S3 endpoint with the AWS SDK, as applications use it: checksums by default, streams, uploads in parts, pages. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { type S3Keys, s3Keys } from '../support/s3.ts';
import { serve } from '../support/server.ts';

const Bucket = 'photos';
const MiB = 1024 * 1024;

suite('the S3 endpoint, with the AWS SDK', () => {
  const owner = suiteOwner();
  let client: S3Client;
  let clientWith: (credentials: S3Keys) => S3Client;
  let keys: S3Keys;

  before(async () => {
    const dir = folder({ 'app/index.js': 'export default {};' });
    keys = await s3Keys(dir);
    const { adminPort } = await serve(owner, dir);
    clientWith = (credentials) =>
      new S3Client({ endpoint: `http://127.0.0.1:${adminPort}/s3`, region: 'auto', forcePathStyle: true, maxAttempts: 1, credentials });
    client = clientWith(keys);
    await client.send(new CreateBucketCommand({ Bucket }));
  });

  const text = async (Key: string, Range?: string): Promise<string | undefined> =>
    (await client.send(new GetObjectCommand({ Bucket, Key, Range }))).Body?.transformToString();

  test('objects with odd names and metadata, whole and in part', async () => {
    const Key = 'a b/ü+?&%.txt';
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ContentType: 'text/plain', CacheControl: 'max-age=5', Metadata: { colour: 'red' } }));
    assert.equal(await text(Key), 'hello');
    assert.equal(await text(Key, 'bytes=1-2'), 'el');
    assert.equal(await text(Key, 'bytes=-2'), 'lo');
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    assert.deepEqual([head.ContentLength, head.ContentType, head.CacheControl, head.Metadata], [5, 'text/plain', 'max-age=5', { colour: 'red' }]);
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${encodeURIComponent(Key)}` }));
    assert.equal(await text('copy'), 'hello');
  });

  test('streams, with a checksum behind them', async () => {
    const bytes = Buffer.alloc(100_000, 'nano');
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from([bytes]), ContentLength: bytes.length }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
    assert.equal(got.ETag, put.ETag);
    assert.ok(put.ChecksumCRC32 !== undefined && got.ChecksumCRC32 === put.ChecksumCRC32);
    assert.ok(bytes.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0)));
  });

  test('uploads in parts', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 11 * MiB + 5 }, (_, at) => (at * 31 + (at >> 12)) & 255));
    const body = Readable.from([bytes.subarray(0, 7 * MiB), bytes.subarray(7 * MiB)]);
    const upload = new Upload({ client, params: { Bucket, Key: 'big', Body: body, ContentType: 'image/x' }, partSize: 5 * MiB, queueSize: 2 });
    assert.match(String((await upload.done()).ETag), /-3"$/);
    const { Body, ContentType, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key: 'big' }));
    assert.deepEqual([ContentType, ContentLength], ['image/x', bytes.length]);
    assert.ok(bytes.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)));
    // As clients download in parallel what was uploaded in parts.
    const { PartsCount = 0 } = await client.send(new HeadObjectCommand({ Bucket, Key: 'big', PartNumber: 1, ChecksumMode: 'ENABLED' }));
    const pieces: Uint8Array[] = [];
    for (let PartNumber = 1; PartNumber <= PartsCount; PartNumber++) {
      const part = await client.send(new GetObjectCommand({ Bucket, Key: 'big', PartNumber, ChecksumMode: 'ENABLED' }));
      pieces.push((await part.Body?.transformToByteArray()) ?? Buffer.alloc(0));
      assert.equal(part.ContentRange?.split('/')[1], String(bytes.length));
    }
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [5 * MiB, 5 * MiB, MiB + 5],
    );
    assert.ok(bytes.equals(Buffer.concat(pieces)));
    await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: 'big', PartNumber: 4 })), { name: 'InvalidPartNumber' });
  });

  test('conditions, and what is not there', async () => {
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'first', IfNoneMatch: '*' }));
    await assert.rejects(client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'second', IfNoneMatch: '*' })), { name: 'PreconditionFailed' });
    await assert.rejects(
      client.send(new GetObjectCommand({ Bucket, Key: 'once', IfNoneMatch: ETag })),
      (error: S3ServiceException) => error.$metadata.httpStatusCode === 304,
    );
    assert.equal(await text('once'), 'first');
    await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: 'none' })), { name: 'NoSuchKey' });
    await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'none' })), { name: 'NotFound' });
    await assert.rejects(client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'none' })), { name: 'NoSuchBucket' });
  });

  test('pages, and many deleted at once', async () => {
    const own = 'many';
    await client.send(new CreateBucketCommand({ Bucket: own }));
    const names = Array.from({ length: 7 }, (_, at) => `dir/${at} &.txt`);
    for (const Key of names) await client.send(new PutObjectCommand({ Bucket: own, Key, Body: Key }));
    const pages: (string | undefined)[][] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize: 3 }, { Bucket: own, Prefix: 'dir/' }))
      pages.push(Contents.map(({ Key }) => Key));
    assert.deepEqual(pages, [names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
    await assert.rejects(client.send(new DeleteBucketCommand({ Bucket: own })), { name: 'BucketNotEmpty' });
    const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket: own, Delete: { Objects: names.map((Key) => ({ Key })) } }));
    assert.equal(Deleted.length, names.length);
    await client.send(new DeleteBucketCommand({ Bucket: own }));
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      [Bucket],
    );
  });

  test('keys that are not right', async () => {
    await assert.rejects(clientWith({ ...keys, secretAccessKey: 'x' }).send(new ListBucketsCommand({})), { name: 'SignatureDoesNotMatch' });
    await assert.rejects(clientWith({ accessKeyId: 'x', secretAccessKey: 'x' }).send(new ListBucketsCommand({})), {
      name: /InvalidAccessKeyId|AccessDenied|Unauthorized/,
    });
  });
});
