/** The S3 endpoint of the admin port, with an S3 client; and `nano r2` beside the running server. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { AwsClient } from 'aws4fetch';
import { createCrc } from '../../src/base/crc.ts';
import { folder } from '../support/folder.ts';
import { runNano, suiteOwner } from '../support/nano-process.ts';
import { putChunks, type S3Keys, s3Keys } from '../support/s3.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `export default {
  async fetch(request, { BUCKET }) {
    const key = new URL(request.url).pathname.slice(1);
    const ssecKey = request.headers.get('x-key') ?? undefined;
    if (request.method === 'PUT') return Response.json(await BUCKET.put(key, request.body, { ssecKey }));
    const object = await BUCKET.get(key, { ssecKey });
    return object === null ? new Response('none', { status: 404 }) : new Response(object.body);
  },
};`;
const CONFIG = JSON.stringify({
  name: 'files',
  main: 'index.js',
  compatibility_date: '2026-01-01',
  r2_buckets: [{ binding: 'BUCKET', bucket_name: 'shared' }],
});
const MiB = 1024 * 1024;

suite('the S3 endpoint', () => {
  const owner = suiteOwner();
  let dir: string;
  let server: TestServer;
  let keys: S3Keys;
  let client: AwsClient;
  const nano = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runNano(['r2', ...args, '--data', '.nano'], { cwd: dir });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const clientOf = (own: S3Keys): AwsClient => new AwsClient({ ...own, service: 's3', region: 'auto', retries: 0 });
  const url = (path: string): string => `http://127.0.0.1:${server.adminPort}/s3${path}`;
  const s3 = (method: string, path: string, init: RequestInit = {}, by = client): Promise<Response> => by.fetch(url(path), { ...init, method });
  const answer = async (response: Promise<Response>): Promise<[number, string]> => {
    const { status, text } = await response.then(async (one) => ({ status: one.status, text: await one.text() }));
    return [status, /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text];
  };

  before(async () => {
    dir = folder({ 'files/index.js': APP, 'files/wrangler.jsonc': CONFIG });
    keys = await s3Keys(dir);
    server = await serve(owner, dir);
    client = clientOf(keys);
  });

  test('buckets: made, listed, removed when empty', async () => {
    assert.deepEqual(await answer(s3('PUT', '/first-bucket')), [200, '']);
    assert.deepEqual(await answer(s3('PUT', '/first-bucket')), [409, 'BucketAlreadyOwnedByYou']);
    assert.deepEqual(await answer(s3('PUT', '/NO')), [400, 'InvalidObjectName']);
    assert.match(await (await s3('GET', '/')).text(), /<Bucket><Name>first-bucket<\/Name>/);
    assert.equal((await s3('HEAD', '/first-bucket')).status, 200);
    assert.equal((await s3('HEAD', '/no-bucket')).status, 404);
    await s3('PUT', '/first-bucket/key', { body: 'x' });
    assert.deepEqual(await answer(s3('DELETE', '/first-bucket')), [409, 'BucketNotEmpty']);
    assert.equal((await s3('DELETE', '/first-bucket/key')).status, 204);
    assert.equal((await s3('DELETE', '/first-bucket')).status, 204);
    assert.deepEqual(await answer(s3('DELETE', '/first-bucket')), [404, 'NoSuchBucket']);
  });

  test('objects: what an app has put is what an S3 client gets, and the other way round', async () => {
    const big = Buffer.alloc(MiB, 'nano');
    assert.equal((await server.get('files', '/from/app', { method: 'PUT', body: big })).status, 200);
    const got = await s3('GET', '/shared/from/app');
    assert.equal(got.headers.get('etag'), `"${createHash('md5').update(big).digest('hex')}"`);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), big);
    const put = await s3('PUT', '/shared/from/s3', { body: 'by S3', headers: { 'content-type': 'text/x', 'x-amz-meta-colour': 'red' } });
    assert.equal(put.status, 200);
    assert.equal((await server.get('files', '/from/s3')).text, 'by S3');
    const head = await s3('HEAD', '/shared/from/s3');
    assert.deepEqual([head.headers.get('content-type'), head.headers.get('x-amz-meta-colour'), head.headers.get('content-length')], ['text/x', 'red', '5']);
  });

  test("objects: those that an app has encrypted with a customer's key are refused, and said to be so", async () => {
    const headers = { 'x-key': '5a'.repeat(32) };
    for (const [name, body] of Object.entries({ small: 'small', big: Buffer.alloc(3 * MiB, 'secret') })) {
      const path = `/encrypted/${name}`;
      assert.equal((await server.get('files', path, { method: 'PUT', body, headers })).status, 200);
      assert.equal((await server.get('files', path, { headers })).text, String(body));
      assert.equal((await server.get('files', path)).status, 500);
      const got = await s3('GET', `/shared${path}`);
      assert.deepEqual([got.status, /<Code>InvalidRequest<.*encrypted with a customer.+ key/s.test(await got.text())], [400, true]);
      assert.equal((await s3('HEAD', `/shared${path}`)).status, 400);
      assert.deepEqual(await answer(s3('PUT', '/shared/copied', { headers: { 'x-amz-copy-source': `/shared${path}` } })), [400, 'InvalidRequest']);
      const told = await runNano(['r2', 'object', 'get', `shared${path}`, '--pipe', '--data', '.nano'], { cwd: dir });
      assert.deepEqual([told.code, told.stdout], [1, '']);
      assert.match(told.stderr, /encrypted with a customer's key \(ssecKey\), which is not kept here/);
      assert.equal((await s3('DELETE', `/shared${path}`)).status, 204);
    }
    assert.doesNotMatch(JSON.stringify(server.process.lines), /5a5a5a/);
  });

  test("objects: a customer's key, for what apps read, and for copies and parts", async () => {
    const headersFor = (key: Buffer, prefix = 'x-amz-'): Record<string, string> => ({
      [`${prefix}server-side-encryption-customer-algorithm`]: 'AES256',
      [`${prefix}server-side-encryption-customer-key`]: key.toString('base64'),
      [`${prefix}server-side-encryption-customer-key-MD5`]: createHash('md5').update(key).digest('base64'),
    });
    const [key, other] = [Buffer.alloc(32, 0x5a), Buffer.alloc(32, 0x5b)];
    const [headers, forApp] = [headersFor(key), { 'x-key': key.toString('hex') }];
    const told = (response: Response): unknown[] =>
      ['algorithm', 'key-md5'].map((name) => response.headers.get(`x-amz-server-side-encryption-customer-${name}`));
    const tells = ['AES256', createHash('md5').update(key).digest('base64')];
    const body = Buffer.alloc(MiB, 'by S3');
    assert.deepEqual(told(await s3('PUT', '/shared/keyed', { body, headers })), tells);
    assert.equal((await server.get('files', '/keyed', { headers: forApp })).text, String(body));
    const got = await s3('GET', '/shared/keyed', { headers: { ...headers, range: 'bytes=65530-65599' } });
    assert.deepEqual([got.status, told(got), await got.text()], [206, tells, body.toString('utf8', 65_530, 65_600)]);
    assert.deepEqual(told(await s3('HEAD', '/shared/keyed', { headers })), tells);
    assert.deepEqual(await answer(s3('GET', '/shared/keyed')), [400, 'InvalidRequest']);
    assert.deepEqual(await answer(s3('GET', '/shared/keyed', { headers: headersFor(other) })), [403, 'AccessDenied']);

    const source = { 'x-amz-copy-source': '/shared/keyed', ...headersFor(key, 'x-amz-copy-source-') };
    const copy = await s3('PUT', '/shared/keyed', { headers: { ...source, ...headersFor(other) } });
    assert.deepEqual([copy.status, told(copy)[1]], [200, createHash('md5').update(other).digest('base64')]);
    assert.deepEqual(await answer(s3('GET', '/shared/keyed', { headers })), [403, 'AccessDenied']);
    const back = { 'x-amz-copy-source': '/shared/keyed', ...headersFor(other, 'x-amz-copy-source-') };
    assert.equal((await s3('PUT', '/shared/unkeyed', { headers: back })).status, 200);
    assert.equal((await server.get('files', '/unkeyed')).text, String(body));
    assert.deepEqual(await answer(s3('GET', '/shared/unkeyed', { headers })), [400, 'InvalidRequest']);

    const created = await s3('POST', '/shared/keyed-parts?uploads', { headers });
    assert.deepEqual(told(created), tells);
    const upload = /<UploadId>(.*)<\/UploadId>/.exec(await created.text())?.[1] as string;
    const part = (number: number, init: RequestInit): Promise<Response> => s3('PUT', `/shared/keyed-parts?partNumber=${number}&uploadId=${upload}`, init);
    const first = Buffer.alloc(5 * MiB, 'part');
    assert.deepEqual(await answer(part(1, { body: 'x' })), [400, 'InvalidRequest']);
    const etags = [(await part(1, { body: first, headers })).headers.get('etag')];
    const copied = await part(2, { headers: { ...back, ...headers, 'x-amz-copy-source-range': 'bytes=100-199' } });
    etags.push(/<ETag>(?:&quot;|")(.*?)(?:&quot;|")</.exec(await copied.text())?.[1] as string);
    const document = `<CompleteMultipartUpload>${etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;
    const done = await s3('POST', `/shared/keyed-parts?uploadId=${upload}`, { body: document, headers });
    assert.deepEqual([done.status, told(done)], [200, tells]);
    assert.equal((await server.get('files', '/keyed-parts', { headers: forApp })).text, String(first) + body.toString('utf8', 100, 200));

    for (const wrong of [
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES128' },
      { 'x-amz-server-side-encryption-customer-key': Buffer.alloc(31).toString('base64') },
      { 'x-amz-server-side-encryption-customer-key-MD5': tells[1]?.toLowerCase() ?? '' },
    ])
      assert.deepEqual(await answer(s3('PUT', '/shared/wrong', { body: 'x', headers: { ...headers, ...wrong } })), [400, 'InvalidArgument']);
    assert.doesNotMatch(JSON.stringify(server.process.lines), /WlpaWl|5a5a5a/);
  });

  test('objects: ranges and conditions', async () => {
    const { headers } = await s3('PUT', '/shared/range', { body: '0123456789' });
    const etag = headers.get('etag') as string;
    const get = async (given: Record<string, string>): Promise<[number, string, string | null]> => {
      const response = await s3('GET', '/shared/range', { headers: given });
      return [response.status, response.status < 300 ? await response.text() : '', response.headers.get('content-range')];
    };
    assert.deepEqual(await get({ range: 'bytes=2-4' }), [206, '234', 'bytes 2-4/10']);
    assert.deepEqual(await get({ range: 'bytes=-2' }), [206, '89', 'bytes 8-9/10']);
    assert.deepEqual(await get({ range: 'bytes=10-' }), [416, '', null]);
    assert.deepEqual(await get({ 'if-none-match': etag }), [304, '', null]);
    assert.deepEqual(await get({ 'if-match': '"other"' }), [412, '', null]);
    assert.deepEqual(await answer(s3('PUT', '/shared/range', { body: 'x', headers: { 'if-none-match': '*' } })), [412, 'PreconditionFailed']);
    assert.deepEqual(await answer(s3('GET', '/shared/none')), [404, 'NoSuchKey']);
  });

  test('objects: copied, listed and deleted together', async () => {
    const names = ['a&b', 'dir/1', 'dir/2', 'ü x'];
    for (const name of names) await s3('PUT', `/shared/list/${encodeURIComponent(name)}`, { body: name });
    const copy = await s3('PUT', '/shared/list/copy', { headers: { 'x-amz-copy-source': `/shared/list/${encodeURIComponent('ü x')}` } });
    assert.match(await copy.text(), /<CopyObjectResult/);
    const list = await (await s3('GET', '/shared?list-type=2&prefix=list/&delimiter=/')).text();
    assert.deepEqual(
      [...list.matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => match[1]),
      ['list/a&amp;b', 'list/copy', 'list/ü x'],
    );
    assert.match(list, /<CommonPrefixes><Prefix>list\/dir\/<\/Prefix><\/CommonPrefixes>/);
    const body = `<Delete>${[...names, 'copy'].map((name) => `<Object><Key>list/${name.replace('&', '&amp;')}</Key></Object>`).join('')}</Delete>`;
    assert.match(await (await s3('POST', '/shared?delete', { body })).text(), /<Deleted><Key>list\/a&amp;b<\/Key><\/Deleted>/);
    assert.match(await (await s3('GET', '/shared?prefix=list/')).text(), /<IsTruncated>false<\/IsTruncated>/);
    assert.doesNotMatch(await (await s3('GET', '/shared?prefix=list/')).text(), /<Key>/);
  });

  test('objects: an upload in parts', async () => {
    const id = /<UploadId>(.*?)<\/UploadId>/.exec(await (await s3('POST', '/shared/parts?uploads')).text())?.[1] as string;
    const etags: string[] = [];
    for (const [at, part] of [Buffer.alloc(5 * MiB, 'a'), Buffer.from('end')].entries()) {
      const response = await s3('PUT', `/shared/parts?partNumber=${at + 1}&uploadId=${id}`, { body: part });
      etags.push(response.headers.get('etag') as string);
    }
    assert.match(await (await s3('GET', `/shared/parts?uploadId=${id}`)).text(), /<PartNumber>2<\/PartNumber>/);
    const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`).join('');
    const done = await s3('POST', `/shared/parts?uploadId=${id}`, { body: `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>` });
    assert.match(await done.text(), /<ETag>&quot;[0-9a-f]{32}-2&quot;<\/ETag>/);
    const tail = await s3('GET', '/shared/parts', { headers: { range: 'bytes=-5' } });
    assert.equal(await tail.text(), 'aaend');
    assert.deepEqual(await answer(s3('PUT', `/shared/parts?partNumber=1&uploadId=${id}`, { body: 'x' })), [404, 'NoSuchUpload']);
    assert.deepEqual(await answer(s3('DELETE', '/shared/parts?uploadId=none')), [404, 'NoSuchUpload']);
  });

  test('objects: one part of those it was uploaded in', async () => {
    const id = /<UploadId>(.*?)<\/UploadId>/.exec(await (await s3('POST', '/shared/by-part?uploads')).text())?.[1] as string;
    // Numbers have gaps: parts are counted as they lie.
    const parts = [
      { number: 2, body: Buffer.alloc(5 * MiB, 'a') },
      { number: 7, body: Buffer.alloc(5 * MiB, 'b') },
      { number: 9, body: Buffer.from('end') },
    ];
    let list = '';
    for (const { number, body } of parts) {
      const { headers } = await s3('PUT', `/shared/by-part?partNumber=${number}&uploadId=${id}`, { body });
      list += `<Part><PartNumber>${number}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`;
    }
    const done = await s3('POST', `/shared/by-part?uploadId=${id}`, { body: `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>` });
    assert.equal(done.status, 200);
    const { headers: whole } = await s3('HEAD', '/shared/by-part');
    assert.equal(whole.get('x-amz-mp-parts-count'), null);
    const told = ({ status, headers }: Response): unknown[] => [
      status,
      ...['content-length', 'content-range', 'x-amz-mp-parts-count'].map((name) => headers.get(name)),
    ];
    const size = 10 * MiB + 3;
    for (const [at, { body }] of parts.entries()) {
      const got = await s3('GET', `/shared/by-part?partNumber=${at + 1}`, { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
      const first = at * 5 * MiB;
      const expected = [206, String(body.length), `bytes ${first}-${first + body.length - 1}/${size}`, '3'];
      assert.deepEqual(told(got), expected);
      assert.equal(got.headers.get('etag'), whole.get('etag'));
      assert.ok(body.equals(Buffer.from(await got.arrayBuffer())));
      assert.deepEqual(told(await s3('HEAD', `/shared/by-part?partNumber=${at + 1}`)), expected);
    }
    assert.deepEqual(await answer(s3('GET', '/shared/by-part?partNumber=4')), [416, 'InvalidPartNumber']);
    assert.equal((await s3('HEAD', '/shared/by-part?partNumber=4')).status, 416);
    for (const wrong of ['0', '-1', '10001', '1.5', 'x', ''])
      assert.deepEqual(await answer(s3('GET', `/shared/by-part?partNumber=${wrong}`)), [400, 'InvalidArgument']);
    assert.deepEqual(await answer(s3('GET', '/shared/by-part?partNumber=1', { headers: { range: 'bytes=0-1' } })), [400, 'InvalidRequest']);
    assert.deepEqual(await answer(s3('GET', '/shared/by-part?partNumber=1', { headers: { 'if-match': '"other"' } })), [412, 'PreconditionFailed']);
    assert.equal((await s3('GET', '/shared/by-part?partNumber=9', { headers: { 'if-none-match': String(whole.get('etag')) } })).status, 304);
    assert.deepEqual(await answer(s3('GET', '/shared/by-no-part?partNumber=1')), [404, 'NoSuchKey']);
  });

  test('objects: what was uploaded as a whole is its only part', async () => {
    for (const body of [Buffer.from('small'), Buffer.alloc(MiB, 'large')]) {
      await s3('PUT', '/shared/only-part', { body, headers: { 'x-amz-checksum-sha256': sha256(body) } });
      const got = await s3('GET', '/shared/only-part?partNumber=1', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
      assert.deepEqual([got.status, got.headers.get('content-range')], [206, `bytes 0-${body.length - 1}/${body.length}`]);
      assert.deepEqual([got.headers.get('x-amz-mp-parts-count'), got.headers.get('x-amz-checksum-sha256')], [null, sha256(body)]);
      assert.ok(body.equals(Buffer.from(await got.arrayBuffer())));
      assert.deepEqual(await answer(s3('GET', '/shared/only-part?partNumber=2')), [416, 'InvalidPartNumber']);
    }
    await s3('PUT', '/shared/only-part', { body: '' });
    const empty = await s3('GET', '/shared/only-part?partNumber=1');
    assert.deepEqual([empty.status, empty.headers.get('content-range'), await empty.text()], [200, null, '']);
  });

  test('objects: a presigned address needs no key', async () => {
    const signed = await client.sign(url('/shared/presigned'), { method: 'PUT', aws: { signQuery: true } });
    assert.equal((await fetch(signed.url, { method: 'PUT', body: 'by address' })).status, 200);
    assert.equal((await fetch(signed.url)).status, 403);
    const get = await client.sign(`${url('/shared/presigned')}?response-content-type=text/y`, { aws: { signQuery: true } });
    const response = await fetch(get.url);
    assert.deepEqual([await response.text(), response.headers.get('content-type')], ['by address', 'text/y']);
  });

  test('bodies: what was announced must come', async () => {
    const put = (headers: Record<string, string>): Promise<[number, string]> => answer(s3('PUT', '/shared/checked', { body: 'body', headers }));
    const md5 = createHash('md5').update('body').digest('base64');
    assert.deepEqual(await put({ 'content-md5': md5 }), [200, '']);
    await s3('DELETE', '/shared/checked');
    assert.deepEqual(await put({ 'content-md5': createHash('md5').digest('base64') }), [400, 'BadDigest']);
    assert.deepEqual(await put({ 'x-amz-content-sha256': createHash('sha256').digest('hex') }), [400, 'XAmzContentSHA256Mismatch']);
    assert.deepEqual(await put({ 'x-amz-checksum-crc32': 'AAAAAA==' }), [400, 'BadDigest']);
    assert.equal((await s3('HEAD', '/shared/checked')).status, 404);
  });

  test('bodies: chunks that are signed one by one', async () => {
    const chunks = [Buffer.alloc(70_000, 'a'), Buffer.from('rest')];
    assert.equal(await putChunks(keys, url('/shared/chunked'), chunks), 200);
    assert.equal((await (await s3('GET', '/shared/chunked')).text()).length, 70_004);
    assert.equal(await putChunks(keys, url('/shared/tampered'), chunks, (body) => body.fill('b', 200, 210)), 403);
    assert.equal((await s3('HEAD', '/shared/tampered')).status, 404);
  });

  test('bodies: checksums of every kind are checked, kept and told', async () => {
    // Of "123456789".
    const values = {
      crc32: 'y/Q5Jg==',
      crc32c: '4waSgw==',
      crc64nvme: 'rosUhgp5mIg=',
      sha1: createHash('sha1').update('123456789').digest('base64'),
      sha256: createHash('sha256').update('123456789').digest('base64'),
    };
    for (const [name, value] of Object.entries(values)) {
      const header = `x-amz-checksum-${name}`;
      const put = (given: string): Promise<Response> => s3('PUT', `/shared/sum-${name}`, { body: '123456789', headers: { [header]: given } });
      assert.deepEqual(await answer(put(values.crc32 === value ? values.crc32c : values.crc32)), [400, 'BadDigest']);
      assert.equal((await put(value)).headers.get(header), value);
      const got = await s3('GET', `/shared/sum-${name}`, { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
      assert.deepEqual([got.headers.get(header), got.headers.get('x-amz-checksum-type'), await got.text()], [value, 'FULL_OBJECT', '123456789']);
      assert.equal((await s3('HEAD', `/shared/sum-${name}`)).headers.get(header), null);
    }
  });

  test('bodies: a checksum in the trailer, as clients send it by default', async () => {
    const put = async (value: string): Promise<[number, string | null]> => {
      const response = await s3('PUT', '/shared/trailer', {
        body: `9\r\n123456789\r\n0\r\nx-amz-checksum-crc64nvme:${value}\r\n\r\n`,
        headers: {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '9',
          'x-amz-trailer': 'x-amz-checksum-crc64nvme',
          'content-encoding': 'aws-chunked',
        },
      });
      return [response.status, response.headers.get('x-amz-checksum-crc64nvme')];
    };
    assert.deepEqual(await put('AAAAAAAAAAA='), [400, null]);
    assert.equal((await s3('HEAD', '/shared/trailer')).status, 404);
    assert.deepEqual(await put('rosUhgp5mIg='), [200, 'rosUhgp5mIg=']);
    assert.equal(await (await s3('GET', '/shared/trailer')).text(), '123456789');
  });

  test('objects: the checksum of an upload in parts, of the whole and of the parts', async () => {
    const [first, second] = [Buffer.alloc(5 * MiB, 'a'), Buffer.from('end')];
    for (const [algorithm, type, expected] of [
      ['CRC64NVME', 'FULL_OBJECT', crc64(first, second)],
      ['SHA256', 'COMPOSITE', `${sha256(Buffer.concat([first, second].map((part) => Buffer.from(sha256(part), 'base64'))))}-2`],
    ] as const) {
      const name = algorithm.toLowerCase();
      const created = await s3('POST', '/shared/summed?uploads', { headers: { 'x-amz-checksum-algorithm': algorithm } });
      const id = /<UploadId>(.*?)<\/UploadId>/.exec(await created.text())?.[1] as string;
      const etags: string[] = [];
      for (const [at, part] of [first, second].entries()) {
        const value = algorithm === 'SHA256' ? sha256(part) : crc64(part);
        const response = await s3('PUT', `/shared/summed?partNumber=${at + 1}&uploadId=${id}`, { body: part, headers: { [`x-amz-checksum-${name}`]: value } });
        etags.push(response.headers.get('etag') as string);
      }
      assert.match(await (await s3('GET', `/shared/summed?uploadId=${id}`)).text(), new RegExp(`<Checksum${algorithm}>`));
      const body = `<CompleteMultipartUpload>${etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;
      const complete = (headers: Record<string, string>): Promise<Response> => s3('POST', `/shared/summed?uploadId=${id}`, { body, headers });
      if (type === 'FULL_OBJECT') assert.deepEqual(await answer(complete({ [`x-amz-checksum-${name}`]: 'AAAAAAAAAAA=' })), [400, 'BadDigest']);
      const done = await (await complete({ [`x-amz-checksum-${name}`]: expected })).text();
      assert.ok(done.includes(`<Checksum${algorithm}>${expected}</Checksum${algorithm}><ChecksumType>${type}</ChecksumType>`), done);
    }
  });

  test('uploads in parts: listed page by page', async () => {
    const keys = ['d/1', 'd/2', 'one', 'two'];
    for (const key of keys) await s3('POST', `/paged-uploads/${key}?uploads`).then((response) => assert.equal(response.status, 404));
    await s3('PUT', '/paged-uploads');
    for (const key of [...keys, 'one']) await s3('POST', `/paged-uploads/${key}?uploads`);
    const pages = async (query: string): Promise<string[][]> => {
      const all: string[][] = [];
      for (let marker = ''; ; ) {
        const text = await (await s3('GET', `/paged-uploads?uploads&max-uploads=2${query}${marker}`)).text();
        all.push([...text.matchAll(/<(?:Upload><Key|CommonPrefixes><Prefix)>(.*?)</g)].map((match) => match[1] as string));
        if (text.includes('<IsTruncated>false')) return all;
        const [key, id] = ['NextKeyMarker', 'NextUploadIdMarker'].map((name) => new RegExp(`<${name}>(.*?)<`).exec(text)?.[1] ?? '');
        marker = `&key-marker=${encodeURIComponent(key ?? '')}&upload-id-marker=${id}`;
      }
    };
    assert.deepEqual(await pages(''), [['d/1', 'd/2'], ['one', 'one'], ['two']]);
    assert.deepEqual(await pages('&prefix=d/'), [['d/1', 'd/2']]);
    assert.deepEqual((await pages('&delimiter=/')).flat().sort(), ['d/', 'one', 'one', 'two']);
  });

  test('uploads in parts: more than there may be, and numbers that are none', async () => {
    const created = await s3('POST', '/shared/many?uploads');
    const id = /<UploadId>(.*?)<\/UploadId>/.exec(await created.text())?.[1] as string;
    const complete = (part: string, count: number): Promise<[number, string]> =>
      answer(s3('POST', `/shared/many?uploadId=${id}`, { body: `<CompleteMultipartUpload>${part.repeat(count)}</CompleteMultipartUpload>` }));
    assert.deepEqual(await complete('<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>', 20_000), [400, 'MalformedXML']);
    assert.deepEqual(await complete('<Part><PartNumber>one</PartNumber><ETag>a</ETag></Part>', 1), [400, 'MalformedXML']);
    assert.deepEqual(await complete('<Part><PartNumber>-1</PartNumber><ETag>a</ETag></Part>', 1), [400, 'InvalidPart']);
  });

  test('objects: headers that are asked for and cannot be said are refused, and no file is left open', async () => {
    await s3('PUT', '/shared/large-one', { body: Buffer.alloc(MiB) });
    for (const value of ['a%0d%0ax:%20y', '%00', '%F0%9F%92%A9'])
      assert.deepEqual(await answer(s3('GET', `/shared/large-one?response-content-type=${value}`)), [400, 'InvalidArgument'], value);
    const own = readdirSync(`/proc/${server.process.child.pid}/fd`).flatMap((fd) => readlink(`/proc/${server.process.child.pid}/fd/${fd}`));
    assert.deepEqual(
      own.filter((file) => file.includes('/r2/') && !file.includes('.sqlite')),
      [],
    );
  });

  test('documents: entities and elements that nobody closes come to nothing', async () => {
    const remove = (document: string): Promise<[number, string]> => answer(s3('POST', '/shared?delete', { body: document }));
    const bomb = '<!DOCTYPE z [<!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>';
    assert.match((await remove(`${bomb}<Delete><Object><Key>&b;&x;</Key></Object></Delete>`))[1], /<Key>&amp;b;&amp;x;<\/Key>/);
    for (const document of ['<Object>', '<Object><Key>', '<Object ', '&'])
      assert.deepEqual(await remove(document.repeat(100_000)), [400, 'MalformedXML'], document);
  });

  test('buckets: before the name of the host', async () => {
    const host = `shared.localhost:${server.adminPort}`;
    await s3('PUT', '/shared/by/host', { body: 'by host' });
    const get = async (path: string, by = client): Promise<[number, string]> => {
      const { headers } = await by.sign(`http://${host}${path}`);
      return new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: server.adminPort, path, headers: { ...Object.fromEntries(headers), host } }, (response) => {
          void response.toArray().then((chunks) => resolve([response.statusCode ?? 0, Buffer.concat(chunks).toString()]));
        });
        asked.on('error', reject);
        asked.end();
      });
    };
    assert.deepEqual(await get('/s3/by/host'), [200, 'by host']);
    assert.match((await get('/s3?list-type=2&prefix=by/'))[1], /<Key>by\/host<\/Key>/);
    assert.equal((await get('/s3/by/host', clientOf({ ...keys, secretAccessKey: 'other' })))[0], 403);
    assert.equal((await get('/apps'))[0], 421);
  });

  test('keys: wrong secrets, limited keys and keys taken back', async () => {
    assert.deepEqual(await answer(s3('GET', '/', {}, clientOf({ ...keys, secretAccessKey: 'other' }))), [403, 'SignatureDoesNotMatch']);
    assert.deepEqual(await answer(s3('GET', '/', {}, clientOf({ ...keys, accessKeyId: 'other' }))), [403, 'InvalidAccessKeyId']);
    assert.deepEqual(await answer(fetch(url('/shared/range'))), [403, 'AccessDenied']);
    const limited = JSON.parse(await nano('token', 'create', '--read-only', '--bucket', 'shared', '--json')) as S3Keys;
    const by = clientOf(limited);
    await s3('PUT', '/shared/limited', { body: 'x' });
    assert.equal((await s3('GET', '/shared/limited', {}, by)).status, 200);
    assert.deepEqual(await answer(s3('PUT', '/shared/limited', { body: 'y' }, by)), [403, 'AccessDenied']);
    assert.deepEqual(await answer(s3('GET', '/other-bucket', {}, by)), [403, 'AccessDenied']);
    await nano('token', 'delete', limited.accessKeyId);
    assert.deepEqual(await answer(s3('GET', '/shared/limited', {}, by)), [403, 'InvalidAccessKeyId']);
  });

  test('keys: no secret is stored, and what it comes from is for the owner alone', () => {
    const list = readFileSync(join(dir, '.nano/s3/keys.json'), 'utf8');
    assert.ok(list.includes(keys.accessKeyId) && !list.includes(keys.secretAccessKey));
    assert.equal(statSync(join(dir, '.nano/s3/root-key')).mode & 0o77, 0);
  });

  test('nano r2: works on the folder of a running server', async () => {
    writeFileSync(join(dir, 'file.bin'), Buffer.alloc(200_000, 7));
    await nano('bucket', 'create', 'by-hand');
    assert.match(await nano('bucket', 'list'), /by-hand/);
    await nano('object', 'put', 'by-hand/some/key', '--file', 'file.bin', '--content-type', 'x/y');
    const got = await s3('GET', '/by-hand/some/key');
    assert.deepEqual([got.headers.get('content-type'), (await got.arrayBuffer()).byteLength], ['x/y', 200_000]);
    assert.match(await nano('object', 'list', 'by-hand'), /200000 .* some\/key/);
    await nano('object', 'get', 'by-hand/some/key', '--file', 'copy.bin');
    assert.deepEqual(readFileSync(join(dir, 'copy.bin')), readFileSync(join(dir, 'file.bin')));
    const refused = await runNano(['r2', 'bucket', 'delete', 'by-hand', '--data', '.nano'], { cwd: dir });
    assert.deepEqual([refused.code, refused.stderr.trim()], [1, 'nano: by-hand is not empty']);
    await nano('object', 'delete', 'by-hand/some/key');
    await nano('bucket', 'delete', 'by-hand');
    assert.equal((await s3('HEAD', '/by-hand')).status, 404);
  });
});

/** Where a descriptor leads; nothing where it has been closed meanwhile. */
function readlink(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');
const crc64 = (...pieces: Buffer[]): string => {
  const crc = createCrc('crc64nvme');
  for (const piece of pieces) crc.update(piece);
  return crc.digest().toString('base64');
};
