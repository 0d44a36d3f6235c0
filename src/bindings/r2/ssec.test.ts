import assert from 'node:assert/strict';
import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { ObjectContent } from '../../ports/buckets.ts';
import type { R2Metadata } from '../../protocol/r2.ts';
import { HotBlobs } from '../../storage/hot-blobs.ts';
import { bytesOf, files, setUp } from './r2.fixture.ts';

const SECRET = randomBytes(32);
const customerKey = createSecretKey(SECRET);
const otherKey = createSecretKey(randomBytes(32));
const MD5 = createHash('md5').update(SECRET).digest('base64');
const SMALL = Buffer.from('a small object that lies in the database');
const LARGE = Buffer.alloc(300_000, 'what nobody else may read ');
const MiB = 1024 * 1024;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** All that is on disk, database and files. */
function disk(root: string): Buffer {
  const all = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(all.map((entry) => readFileSync(join(entry.parentPath, entry.name))));
}

test('a customer key: small and large objects come back with it, and are nowhere in the clear, nor is the key', async (t) => {
  const calls: unknown[] = [];
  const { bucket, root } = setUp(t, (stores) => ({
    call: (address, method, args) => {
      calls.push(args);
      return stores.call(address, method, args);
    },
  }));
  for (const [key, bytes] of Object.entries({ small: SMALL, large: LARGE, empty: Buffer.alloc(0) })) {
    const put = (await bucket.put(key, { body: Readable.from([bytes]), length: bytes.length }, { customerKey })) as R2Metadata;
    assert.deepEqual([put.size, put.etag, put.ssecKeyMd5, put.checksums], [bytes.length, md5(bytes), MD5, { md5: md5(bytes) }]);
    assert.ok((await bytesOf(await bucket.get(key, { customerKey }))).equals(bytes));
    assert.equal((await bucket.head(key))?.ssecKeyMd5, MD5);
    const soon = bucket.getSoon(key, { customerKey });
    assert.equal(soon instanceof Promise, key === 'large');
    if (soon instanceof Promise) assert.ok((await bytesOf(await soon)).equals(bytes));
    else assert.deepEqual(Buffer.from((soon as ObjectContent).body as Uint8Array), bytes);
  }
  const { objects } = await bucket.list({});
  assert.deepEqual(
    objects.map(({ ssecKeyMd5 }) => ssecKeyMd5),
    [MD5, MD5, MD5],
  );
  const stored = disk(root);
  for (const secret of [SMALL, LARGE.subarray(0, 26), SECRET, Buffer.from(SECRET.toString('hex')), Buffer.from(SECRET.toString('base64'))])
    assert.equal(stored.indexOf(secret), -1);
  const said = inspect(calls, { depth: 9, maxStringLength: null, maxArrayLength: null });
  for (const secret of [SECRET.toString('hex'), SECRET.toString('base64'), 'KeyObject']) assert.ok(!said.includes(secret));
});

test('a customer key: without it, or with another, nothing is read, and an object that has none is not read with one', async (t) => {
  const { bucket } = setUp(t);
  await bucket.put('plain', { body: SMALL }, {});
  await assert.rejects(bucket.get('plain', { customerKey }), { error: 'notEncrypted' });
  for (const body of [SMALL, LARGE]) {
    const put = (await bucket.put('key', { body }, { customerKey })) as R2Metadata;
    await assert.rejects(bucket.get('key', {}), { error: 'keyMissing' });
    const wrong = await bucket.get('key', { customerKey: otherKey }).catch((error: unknown) => error as Error);
    assert.equal((wrong as { error?: string }).error, 'wrongKey');
    assert.ok(!inspect(wrong).includes(otherKey.export().toString('hex')));
    // A condition is answered with what head tells everybody.
    const refused = (await bucket.get('key', { onlyIf: { etagDoesNotMatch: [{ value: put.etag }] } })) as R2Metadata;
    assert.deepEqual([refused.etag, 'body' in refused], [put.etag, false]);
  }
  await bucket.put('key', { body: SMALL }, { customerKey: otherKey });
  assert.ok((await bytesOf(await bucket.get('key', { customerKey: otherKey }))).equals(SMALL));
  await bucket.put('key', { body: SMALL }, {});
  assert.equal((await bucket.head('key'))?.ssecKeyMd5, undefined);
  assert.ok((await bytesOf(await bucket.get('key', {}))).equals(SMALL));
});

test('a customer key: ranges', async (t) => {
  const { bucket } = setUp(t);
  for (const body of [SMALL, LARGE]) {
    await bucket.put('key', { body }, { customerKey });
    for (const range of [{ offset: 3, length: 5 }, { suffix: 7 }, { offset: body.length - 1 }, { header: 'bytes=10-19' }, { offset: 0 }]) {
      const got = (await bucket.get('key', { range, customerKey })) as ObjectContent;
      const { offset, length } = got.object.range as { offset: number; length: number };
      assert.ok((await bytesOf(got)).equals(body.subarray(offset, offset + length)), JSON.stringify(range));
    }
  }
  const across = (await bucket.get('key', { range: { offset: 65_530, length: 100_000 }, customerKey })) as ObjectContent;
  assert.ok((await bytesOf(across)).equals(LARGE.subarray(65_530, 165_530)));
});

test('a customer key: parts of an upload, with the key alone', async (t) => {
  const { bucket, dir, host } = setUp(t);
  const id = await bucket.createUpload('key', { customerKey });
  const [first, last] = [Buffer.alloc(5 * MiB, 'part'), Buffer.from('the last')];
  const part = (number: number, body: Buffer, key = customerKey): Promise<string> =>
    bucket.uploadPart('key', id, number, { body }, undefined, { customerKey: key });
  await assert.rejects(bucket.uploadPart('key', id, 1, { body: first }), { error: 'keyMissing' });
  await assert.rejects(part(1, first, otherKey), { error: 'wrongKey' });
  assert.deepEqual(files(dir), [], 'what is refused is not even written');
  const parts = [
    { number: 1, etag: await part(1, first) },
    { number: 2, etag: await part(2, first) },
    { number: 3, etag: await part(3, last) },
  ];
  assert.equal(parts[0]?.etag, md5(first));
  const done = await bucket.completeUpload('key', id, parts);
  assert.deepEqual([done.ssecKeyMd5, done.size], [MD5, 10 * MiB + 8]);
  const whole = Buffer.concat([first, first, last]);
  assert.ok((await bytesOf(await bucket.get('key', { customerKey }))).equals(whole));
  const range = { offset: 5 * MiB - 70_000, length: 5 * MiB + 70_005 };
  assert.ok((await bytesOf(await bucket.get('key', { range, customerKey }))).equals(whole.subarray(range.offset, range.offset + range.length)));
  await assert.rejects(bucket.get('key', { range }), { error: 'keyMissing' });
  // Two parts with the same bytes are different files.
  const large = files(dir).map((name) => readFileSync(join(dir, name.slice(0, 2), name)));
  assert.equal(new Set(large.map(md5)).size, 3);
  const plain = await bucket.createUpload('plain', {});
  await assert.rejects(bucket.uploadPart('plain', plain, 1, { body: last }, undefined, { customerKey }), { error: 'notEncrypted' });
  await assert.rejects(bucket.uploadPart('plain', 'none', 1, { body: last }, undefined, { customerKey }), { error: 'noSuchUpload' });
  // The store does not take an engine's word for it.
  const address = { product: 'r2', group: 'default', id: 'bucket' };
  const secret = await bucket.createUpload('secret', { customerKey });
  const clear = { number: 1, size: 0, etag: md5(last), blob: '', isEncrypted: false };
  assert.deepEqual(await host.call(address, 'putPart', ['secret', secret, clear]), { answer: { error: 'keyMissing' }, garbage: [] });
});

test('a customer key: a body that breaks off, or has another length, leaves nothing', async (t) => {
  const { bucket, dir, host } = setUp(t);
  for (const length of [LARGE.length - 1, LARGE.length + 1, 3])
    await assert.rejects(bucket.put('key', { body: Readable.from([LARGE]), length }, { customerKey }), /bytes that were announced/);
  const broken = Readable.from(
    (async function* () {
      yield LARGE.subarray(0, 100_000);
      throw new Error('gone');
    })(),
  );
  await assert.rejects(bucket.put('key', { body: broken, length: LARGE.length }, { customerKey }), /gone/);
  const hash = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;
  await assert.rejects(bucket.put('key', { body: LARGE }, { customerKey, hash }), { error: 'badDigest' });
  assert.equal(await bucket.head('key'), null);
  // Files are removed behind the answer.
  host.tick();
  for (let round = 0; files(dir).length > 0 && round < 100; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(files(dir), []);
});

test('a customer key: a file that was changed breaks off where it was', async (t) => {
  const { bucket, dir } = setUp(t);
  await bucket.put('key', { body: LARGE }, { customerKey });
  const [name = ''] = files(dir);
  const path = join(dir, name.slice(0, 2), name);
  const bytes = readFileSync(path);
  bytes[200_000] = (bytes[200_000] as number) ^ 1;
  writeFileSync(path, bytes);
  await assert.rejects(bytesOf(await bucket.get('key', { customerKey })), /not those that were stored/);
  const start = await bucket.get('key', { range: { offset: 0, length: 100_000 }, customerKey });
  assert.ok((await bytesOf(start)).equals(LARGE.subarray(0, 100_000)));
});

test('a customer key: what is kept in memory stays encrypted, and is read as often as one likes', async (t) => {
  const hot = new HotBlobs(8 * MiB);
  const { bucket } = setUp(t, undefined, { hot });
  await bucket.put('key', { body: LARGE }, { customerKey });
  for (let time = 0; time < 6; time++) {
    assert.ok((await bytesOf(await bucket.get('key', { customerKey }))).equals(LARGE));
    await hot.filling;
  }
  assert.ok(hot.bytes > LARGE.length, 'with the tags of frames');
  await assert.rejects(bucket.get('key', {}), { error: 'keyMissing' });
});
