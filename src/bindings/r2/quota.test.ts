import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Accounts, diskBytes } from '../../storage/accounts.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { DiskBucket } from './bucket.ts';
import { DiskBuckets } from './buckets.ts';
import { r2Product } from './store.ts';
import { UPLOAD_MS } from './upload-store.ts';

const MB = 1024 * 1024;
const PART = 5 * MB;
const ADDRESS = { product: 'r2', group: 'default', id: 'bucket' };
const FULL = { name: 'BucketError', error: 'quotaExceeded' };

type Setup = { root: string; host: StoreHost; accounts: Accounts; bucket: DiskBucket; buckets: DiskBuckets; clock: { now: number }; check(): Promise<number> };

function setUp(t: TestContext, limit: number): Setup {
  const root = mkdtempSync(join(tmpdir(), 'nano-test-'));
  const clock = { now: Date.now() };
  const accounts = new Accounts();
  accounts.set([{ app: 'app', limit, elsewhere: 0, stores: [ADDRESS] }]);
  const host = new StoreHost({ root, fsync: 'normal', products: [r2Product], now: () => clock.now, accounts });
  t.after(() => {
    host.close();
    rmSync(root, { recursive: true, force: true });
  });
  const place = { stores: host, root, fsync: 'normal', group: 'default' } as const;
  /** What is counted is what is there, a moment later. @returns it */
  const check = async (): Promise<number> => {
    for (;;) {
      const files = filesIn(placeOf(root, ADDRESS).dir);
      const there = files.reduce((sum, size) => sum + diskBytes(size), 0);
      const counted = countedIn(placeOf(root, ADDRESS).file);
      assert.ok(there >= counted, `${there} bytes are there, ${counted} are counted`);
      if (there === counted) return counted;
      await new Promise(setImmediate);
    }
  };
  return { root, host, accounts, clock, bucket: new DiskBucket(place, 'bucket'), buckets: new DiskBuckets(place), check };
}

function filesIn(dir: string): number[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0);
}

function countedIn(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  const bytes = db.prepare('SELECT bytes FROM files').get()?.['bytes'];
  db.close();
  return Number(bytes);
}

const body = (size: number): { body: Uint8Array } => ({ body: Buffer.alloc(size) });

test('files: are counted as objects, parts and uploads come and go', async (t) => {
  const { bucket, buckets, check, clock, host } = setUp(t, 1000 * MB);
  await bucket.put('a', body(100_000), {});
  await bucket.put('small', body(1000), {});
  assert.equal(await check(), diskBytes(100_000));
  await bucket.put('a', body(200_000), {});
  await bucket.put('a', body(300_000), { onlyIf: { etagMatches: [{ value: 'none' }] } });
  assert.equal(await check(), diskBytes(200_000));
  const upload = await bucket.createUpload('a', {});
  const parts = [];
  for (const [number, size] of [PART, PART, 10].entries())
    parts.push({ number: number + 1, etag: await bucket.uploadPart('a', upload, number + 1, body(size)) });
  await bucket.uploadPart('a', upload, 9, body(10));
  await bucket.uploadPart('a', upload, 9, body(20));
  assert.equal(await check(), diskBytes(200_000) + 2 * PART + 2 * 4096);
  await bucket.completeUpload('a', upload, parts);
  assert.equal(await check(), 2 * PART + 4096);
  await bucket.delete(['a']);
  assert.equal(await check(), 0);
  const aborted = await bucket.createUpload('b', {});
  await bucket.uploadPart('b', aborted, 1, body(10));
  await bucket.abortUpload('b', aborted);
  assert.equal(await check(), 0);
  await bucket.uploadPart('c', await bucket.createUpload('c', {}), 1, body(10));
  clock.now += UPLOAD_MS + 1;
  host.tick();
  host.tick();
  assert.equal(await check(), 0);
  await bucket.delete(['small']);
  await bucket.uploadPart('c', await bucket.createUpload('c', {}), 1, body(10));
  await buckets.remove('bucket');
  host.tick();
  assert.equal(await check(), 0);
});

test('an object in many parts: its files count for as long as readers may need them', async (t) => {
  const { bucket, check, clock, host } = setUp(t, 1000 * MB);
  const upload = await bucket.createUpload('a', {});
  const parts = [];
  for (let number = 1; number <= 34; number++) parts.push({ number, etag: await bucket.uploadPart('a', upload, number, body(PART)) });
  await bucket.completeUpload('a', upload, parts);
  await bucket.put('a', body(10), {});
  assert.equal(await check(), 34 * PART);
  clock.now += 3600_001;
  host.tick();
  assert.equal(await check(), 0);
});

test('put: without room is refused and leaves nothing; deleting and less in the place of more always work', async (t) => {
  const { bucket, check, accounts } = setUp(t, 2 * MB);
  await bucket.put('a', body(MB), {});
  await bucket.put('b', { body: Readable.from([Buffer.alloc(700_000)]), length: 700_000 }, {});
  const before = await check();
  await assert.rejects(bucket.put('c', body(700_000), {}), FULL);
  const upload = await bucket.createUpload('d', {});
  await assert.rejects(bucket.uploadPart('d', upload, 1, body(700_000)), FULL);
  assert.equal(await check(), before);
  await bucket.put('a', body(MB - 4096), {});
  await bucket.delete(['b']);
  await bucket.put('c', body(700_000), {});
  assert.ok(accounts.free(ADDRESS) >= 0);
});

test('put: a body that breaks off gives its room back', async (t) => {
  const { bucket, accounts, check } = setUp(t, 2 * MB);
  await bucket.put('a', body(10), {});
  const before = accounts.free(ADDRESS);
  await assert.rejects(bucket.put('a', { body: Readable.from([Buffer.alloc(100_000)]), length: 500_000 }, {}));
  while (accounts.free(ADDRESS) !== before) await new Promise(setImmediate);
  assert.equal(await check(), 0);
});

test('uploads that are under way: their room is kept, and those who come too late are refused', async (t) => {
  const { bucket } = setUp(t, 2 * MB);
  const open = Array.from({ length: 5 }, () => new Readable({ read() {} }));
  /** After what was asked for before has been answered. */
  const later = async (): Promise<string> => {
    for (let count = 0; count < 3; count++) await bucket.list({});
    return 'open';
  };
  const puts = await Promise.all(
    open.map((source, at) => {
      const put = bucket.put(`${at}`, { body: source, length: 700_000 }, {}).then(
        () => 'put',
        (error: Error & { error?: string }) => error.error ?? 'broken off',
      );
      return Promise.race([put, later()]);
    }),
  );
  assert.deepEqual(puts.toSorted(), ['open', 'open', 'quotaExceeded', 'quotaExceeded', 'quotaExceeded']);
  for (const source of open) source.destroy();
});
