import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ObjectContent } from '../../ports/buckets.ts';
import type { Database } from '../../storage/database.ts';
import type { StoreHost } from '../../storage/store-host.ts';
import { StoreReaders } from '../../storage/store-readers.ts';
import { DiskBuckets } from './buckets.ts';
import { successor } from './listing.ts';
import type { Found } from './objects.ts';
import { readObject } from './reads.ts';
import { ADDRESS, bytesOf, files, setUp } from './r2.fixture.ts';
import { r2Product } from './store.ts';
import { UPLOAD_MS } from './upload-store.ts';

const LARGE = Buffer.alloc(300_000, 'large');
const DAY = 24 * 3600_000;

/** Every folder of files has its turn. */
function tickAll(host: StoreHost): void {
  for (let tick = 0; tick < 256; tick++) host.tick();
}

test('put: small objects make no files, large ones one, which goes with the object', async (t) => {
  const { bucket, dir } = setUp(t);
  await bucket.put('small', { body: Buffer.from('small') }, {});
  assert.deepEqual(files(dir), []);
  await bucket.put('large', { body: LARGE }, {});
  await bucket.put('large', { body: Readable.from([LARGE, LARGE]), length: LARGE.length * 2 }, {});
  assert.equal((await bytesOf(await bucket.get('large', {}))).length, LARGE.length * 2);
  await bucket.delete(['large', 'small']);
  assert.equal(await bucket.get('large', {}), null);
});

test('put: one that is refused, or brings too few or too many bytes, leaves nothing', async (t) => {
  const { bucket, dir, host } = setUp(t);
  const hash = { algorithm: 'md5', hex: '0'.repeat(32) } as const;
  await assert.rejects(bucket.put('a', { body: LARGE }, { hash }), { error: 'badDigest' });
  assert.equal(await bucket.put('a', { body: LARGE }, { onlyIf: { etagMatches: [{ value: '*' }] } }), null);
  for (const length of [LARGE.length - 1, LARGE.length + 1, 3])
    await assert.rejects(bucket.put('a', { body: Readable.from([LARGE]), length }, {}), /bytes that were announced/);
  assert.equal(await bucket.get('a', {}), null);
  // Files are removed behind the answer.
  await new Promise((resolve) => setImmediate(resolve));
  host.tick();
  await bucket.list({});
  for (let round = 0; files(dir).length > 0 && round < 100; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(files(dir), []);
});

test('put: a file that the store was lost over is kept if it is named, and removed if not', async (t) => {
  let mode: 'fine' | 'before' | 'after' = 'fine';
  const { bucket, dir } = setUp(t, (stores) => ({
    call: async (address, method, args) => {
      if (method !== 'put' || mode === 'fine') return stores.call(address, method, args);
      if (mode === 'after') await stores.call(address, method, args);
      throw new Error('lost');
    },
  }));
  mode = 'after';
  await assert.rejects(bucket.put('key', { body: LARGE }, {}), /lost/);
  mode = 'fine';
  assert.ok((await bytesOf(await bucket.get('key', {}))).equals(LARGE));
  mode = 'before';
  await assert.rejects(bucket.put('key', { body: Buffer.alloc(300_000) }, {}), /lost/);
  mode = 'fine';
  for (let round = 0; files(dir).length > 1 && round < 1000; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(files(dir).length, 1);
  assert.ok((await bytesOf(await bucket.get('key', {}))).equals(LARGE));
});

test('tick: files of writers that died go after a day, those that are named or new stay', async (t) => {
  const { bucket, dir, host, clock } = setUp(t);
  await bucket.put('key', { body: LARGE }, {});
  const [named = ''] = files(dir);
  const orphan = (name: string, age: number): void => {
    const path = join(dir, name.slice(0, 2), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'x');
    utimesSync(path, (clock.now - age) / 1000, (clock.now - age) / 1000);
  };
  orphan('a'.repeat(32), DAY + 60_000);
  orphan('b'.repeat(32), DAY - 60_000);
  utimesSync(join(dir, named.slice(0, 2), named), 1, 1);
  tickAll(host);
  assert.deepEqual(files(dir).sort(), [named, 'b'.repeat(32)].sort());
});

test('tick: an upload that nobody ends is aborted after a week', async (t) => {
  const { bucket, dir, host, clock } = setUp(t);
  const upload = await bucket.createUpload('key', {});
  await bucket.uploadPart('key', upload, 1, { body: LARGE });
  tickAll(host);
  assert.equal((await bucket.uploads('', undefined, 10)).length, 1);
  clock.now += UPLOAD_MS + 1;
  host.tick();
  assert.deepEqual(await bucket.uploads('', undefined, 10), []);
  await assert.rejects(bucket.uploadPart('key', upload, 2, { body: LARGE }), { error: 'noSuchUpload' });
  host.tick();
  for (let round = 0; files(dir).length > 0 && round < 1000; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(files(dir), []);
});

test('get: an object in many parts is read to its end after it was replaced', async (t) => {
  const { bucket, host } = setUp(t);
  const upload = await bucket.createUpload('key', {});
  const part = Buffer.alloc(5 * 1024 * 1024, 1);
  const parts: { number: number; etag: string }[] = [];
  for (let number = 1; number <= 34; number++) {
    const body = number === 34 ? Buffer.from('end') : part;
    parts.push({ number, etag: await bucket.uploadPart('key', upload, number, { body }) });
  }
  const { size, etag } = await bucket.completeUpload('key', upload, parts);
  assert.deepEqual([size, etag.slice(-3)], [33 * part.length + 3, '-34']);
  const content = await bucket.get('key', {});
  await bucket.put('key', { body: Buffer.from('new') }, {});
  host.tick();
  let read = 0;
  for await (const chunk of (content as ObjectContent).body as AsyncIterable<Buffer>) read += chunk.length;
  assert.equal(read, size);
});

test('list: with a delimiter every page goes on where the last ended', async (t) => {
  const { bucket } = setUp(t);
  const keys = ['a', 'a/', 'a/1', 'a/2', 'b/c/1', 'b/c/2', 'b/d', 'c', '\u{10ffff}/1', '\u{10ffff}/2', '\uffff'];
  for (const key of keys) await bucket.put(key, { body: Buffer.alloc(0) }, {});
  for (const limit of [1, 2, 3, 100]) {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ delimiter: '/', limit, ...(cursor !== undefined && { cursor }) });
      found.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      cursor = page.cursor;
      assert.equal(page.truncated, cursor !== undefined);
    } while (cursor !== undefined);
    assert.deepEqual(found.sort(), ['a', 'a/', 'b/', 'c', '\uffff', '\u{10ffff}/'].sort(), `pages of ${limit}`);
  }
});

test('successor: greater than all that begin with a text, and than nothing else', () => {
  assert.equal(successor('a'), 'b');
  assert.equal(successor(''), undefined);
  assert.equal(successor('a\u{10ffff}'), 'b');
  assert.equal(successor('\ud7ff'), '\ue000');
  assert.equal(successor('\u{10ffff}'), undefined);
});

test('buckets: exist from their first object or by being made, until they are removed', async (t) => {
  const { root, host, bucket } = setUp(t);
  const buckets = new DiskBuckets({ stores: host, root, fsync: 'normal', group: 'default' });
  const names = async (): Promise<string[]> => (await buckets.list()).map(({ name }) => name);
  assert.deepEqual(await names(), []);
  await bucket.put('key', { body: Buffer.from('x') }, {});
  assert.equal(await buckets.create('other'), true);
  assert.equal(await buckets.create('other'), false);
  assert.deepEqual(await names(), ['bucket', 'other']);
  assert.equal(await buckets.remove('bucket'), 'notEmpty');
  await bucket.delete(['key']);
  assert.equal(await buckets.remove('bucket'), 'removed');
  assert.equal(await buckets.remove('bucket'), 'missing');
  assert.equal(await buckets.find('bucket'), undefined);
  await bucket.put('key', { body: Buffer.from('x') }, {});
  assert.deepEqual(await names(), ['bucket', 'other']);
  for (const name of ['', 'NO', '../x', 'a', '-ab']) await assert.rejects(buckets.create(name), { name: 'BucketError' });
});

test('uploads: a part of no bytes leaves no file to be removed', async (t) => {
  const { bucket, host } = setUp(t);
  const upload = await bucket.createUpload('empty', {});
  const etag = await bucket.uploadPart('empty', upload, 1, { body: new Uint8Array(0) });
  assert.equal((await bucket.completeUpload('empty', upload, [{ number: 1, etag }])).size, 0);
  const { garbage } = (await host.call(ADDRESS, 'delete', [['empty']])) as { garbage: string[] };
  assert.deepEqual(garbage, []);
  await assert.rejects(bucket.uploadPart('empty', upload, 1, { body: new Uint8Array(0) }), { error: 'noSuchUpload' });
});

test('list: refuses texts that no key can begin with or stand behind', async (t) => {
  const { bucket } = setUp(t);
  const long = 'x'.repeat(1025);
  for (const options of [{ prefix: long }, { delimiter: long }, { startAfter: long }])
    await assert.rejects(bucket.list(options), { error: 'invalidObjectName' });
  await assert.rejects(bucket.list({ cursor: 'x'.repeat(2049) }), { error: 'invalidArgument' });
});

test('put: refuses HTTP metadata that no header could bring', async (t) => {
  const { bucket } = setUp(t);
  const body = new Uint8Array(1);
  await assert.rejects(bucket.put('key', { body }, { http: { contentType: 'x'.repeat(9000) } }), { error: 'metadataTooLarge' });
  await assert.rejects(bucket.createUpload('key', { storageClass: 'x'.repeat(9000) }), { error: 'metadataTooLarge' });
});

test('get: an object that is replaced between its row and its pieces is read anew', async (t) => {
  const { bucket, root } = setUp(t);
  const parts = async (fill: string): Promise<void> => {
    const upload = await bucket.createUpload('key', {});
    const etag = await bucket.uploadPart('key', upload, 1, { body: Buffer.from(fill) });
    await bucket.completeUpload('key', upload, [{ number: 1, etag }]);
  };
  const readers = new StoreReaders(root);
  t.after(() => readers.close());
  await parts('old');
  const db = readers.database(ADDRESS, r2Product.migrations.length) as Database;
  let stale: unknown;
  const recorder = { get: (sql: string, ...args: string[]) => (stale = db.get(sql, ...args)), all: db.all.bind(db) };
  assert.equal((readObject(recorder as unknown as Database, 'key', undefined, undefined) as Found).object.size, 3);
  await parts('newer');
  const late = { get: (sql: string, ...args: string[]) => [stale, (stale = undefined)][0] ?? db.get(sql, ...args), all: db.all.bind(db) };
  const { object, pieces } = readObject(late as unknown as Database, 'key', undefined, undefined) as Found;
  assert.deepEqual([object.size, pieces?.map(({ length }) => length)], [5, [5]]);
});

test('get: by part, also one of no bytes', async (t) => {
  const { bucket } = setUp(t);
  const upload = await bucket.createUpload('key', {});
  const bodies = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.alloc(0)];
  const parts = [];
  for (const [at, body] of bodies.entries()) parts.push({ number: at + 1, etag: await bucket.uploadPart('key', upload, at + 1, { body }) });
  await bucket.completeUpload('key', upload, parts);
  for (const [at, body] of bodies.entries()) {
    const found = (await bucket.get('key', { range: { part: at + 1 } })) as ObjectContent;
    assert.deepEqual([found.object.range, found.object.parts], [{ offset: at * 5 * 1024 * 1024, length: body.length }, 2]);
    assert.ok(body.equals(await bytesOf(found)));
  }
  for (const part of [0, 3]) await assert.rejects(bucket.get('key', { range: { part } }), { error: 'invalidRange' });
  for (const part of [-1, 0.5, 10_001]) await assert.rejects(bucket.get('key', { range: { part } }), /Invalid call/);
});
