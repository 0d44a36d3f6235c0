import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { StoreProduct } from '../../storage/product.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { StoreReaders } from '../../storage/store-readers.ts';
import { Namespace } from './namespace.ts';
import { kvProduct } from './store.ts';

const START = 1_800_000_000_000;
const LARGE = 200_000;

type Setting = { namespace: Namespace; byReader: Namespace; host: StoreHost; root: string; clock: { ms: number }; open(group: string, id: string): Namespace };

async function setUp(t: TestContext, product: StoreProduct = kvProduct): Promise<Setting> {
  const root = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const clock = { ms: START };
  const now = (): number => clock.ms;
  const host = new StoreHost({ root, fsync: 'normal', products: [product], now });
  const readers = new StoreReaders(root);
  t.after(async () => {
    host.close();
    readers.close();
    await rm(root, { recursive: true, force: true });
  });
  const options = { stores: host, storageDir: root, fsync: 'normal', now } as const;
  const open = (group: string, id: string): Namespace => new Namespace(options, group, id);
  return { namespace: open('default', 'test'), byReader: new Namespace({ ...options, readers }, 'default', 'test'), host, root, clock, open };
}

/** The files of large values. */
function blobs(root: string): string[] {
  return (readdirSync(root, { recursive: true }) as string[]).filter((name) => /[0-9a-f]{32}$/.test(name));
}

async function removed(root: string, left: number): Promise<void> {
  while (blobs(root).length > left) await new Promise(setImmediate);
}

const text = async (namespace: Namespace, key: string): Promise<string | undefined> => (await namespace.text(key))?.value;
const none = {};

test('get: a reader sees what was put before, and what takes its place', async (t) => {
  const { namespace, byReader } = await setUp(t);
  assert.equal(await byReader.text('a'), null);
  for (const value of ['one', 'two', 'l'.repeat(LARGE), 'three']) {
    await namespace.put('a', value, undefined, none);
    assert.equal(await text(byReader, 'a'), value);
  }
  await namespace.delete('a');
  assert.equal(byReader.text('a'), null);
});

test('get: an expired value is gone at once, and does not come back', async (t) => {
  const { namespace, byReader, clock } = await setUp(t);
  await namespace.put('a', 'short', undefined, { expirationTtl: 60 });
  await namespace.put('b', 'l'.repeat(LARGE), undefined, { expiration: START / 1000 + 61 });
  clock.ms += 59_999;
  assert.equal(await text(byReader, 'a'), 'short');
  clock.ms += 1;
  assert.deepEqual([await namespace.text('a'), await byReader.text('a')], [null, null]);
  assert.deepEqual(
    (await namespace.list()).keys.map(({ name }) => name),
    ['b'],
  );
  clock.ms += 1000;
  assert.equal(await namespace.text('b'), null);
  assert.deepEqual(await namespace.texts(['a', 'b']), [null, null]);
  assert.deepEqual((await namespace.list()).keys, []);
});

test('tick: what has expired is cleared away, with its file', async (t) => {
  const { namespace, host, root, clock } = await setUp(t);
  await namespace.put('large', 'l'.repeat(LARGE), undefined, { expirationTtl: 60 });
  await namespace.put('stays', 's'.repeat(LARGE), undefined, none);
  assert.equal(blobs(root).length, 2);
  clock.ms += 60_000;
  host.tick();
  await removed(root, 1);
  assert.equal(await text(namespace, 'stays'), 's'.repeat(LARGE));
});

test('put: the file of a value that was replaced or deleted goes', async (t) => {
  const { namespace, root } = await setUp(t);
  await namespace.put('a', 'l'.repeat(LARGE), undefined, none);
  await namespace.put('a', Readable.from([Buffer.alloc(LARGE, 'm')]), undefined, none);
  await removed(root, 1);
  assert.equal(await text(namespace, 'a'), 'm'.repeat(LARGE));
  await namespace.delete('a');
  await removed(root, 0);
});

test('put: a stream that breaks off leaves the old value and no file', async (t) => {
  const { namespace, root } = await setUp(t);
  await namespace.put('a', 'old', undefined, none);
  const breaking = Readable.from(
    (function* () {
      yield Buffer.alloc(LARGE);
      throw new Error('broken');
    })(),
  );
  await assert.rejects(namespace.put('a', breaking, undefined, none), { message: 'broken' });
  assert.equal(await text(namespace, 'a'), 'old');
  assert.deepEqual(blobs(root), []);
});

test('stream: a value is read to its end though it is replaced meanwhile', async (t) => {
  const { namespace, root } = await setUp(t);
  await namespace.put('a', 'l'.repeat(LARGE), undefined, none);
  const found = await namespace.stream('a');
  await namespace.delete('a');
  await removed(root, 0);
  assert.ok(found !== null && found.value instanceof Readable);
  let size = 0;
  for await (const chunk of found.value) size += (chunk as Buffer).length;
  assert.equal(size, LARGE);
});

test('get: a value that is replaced again and again is read as one of them', async (t) => {
  const { namespace, byReader } = await setUp(t);
  await namespace.put('a', 'a'.repeat(LARGE), undefined, none);
  let isOver = false;
  const writing = (async (): Promise<void> => {
    for (let at = 1; at < 60; at++) await namespace.put('a', String.fromCharCode(97 + (at % 26)).repeat(LARGE), undefined, none);
    isOver = true;
  })();
  while (!isOver) {
    const value = await text(byReader, 'a');
    assert.equal(value?.length, LARGE);
    assert.equal(value, value?.[0]?.repeat(LARGE));
  }
  await writing;
});

test('get: a file that was lost is an error, and nothing else suffers', async (t) => {
  const { namespace, root } = await setUp(t);
  await namespace.put('a', 'l'.repeat(LARGE), undefined, none);
  await namespace.put('b', 'small', undefined, none);
  for (const name of blobs(root)) rmSync(join(root, name));
  await assert.rejects(async () => namespace.text('a'), { message: 'Internal error: a value of this binding cannot be read.' });
  assert.equal(await text(namespace, 'b'), 'small');
});

test('put: a full disk is said, and what was acknowledged stays', async (t) => {
  const { namespace, byReader } = await setUp(t, {
    ...kvProduct,
    open: (context) => {
      context.db.exec('PRAGMA max_page_count = 60');
      return kvProduct.open(context);
    },
  });
  const acknowledged: string[] = [];
  let refused = 0;
  for (let at = 0; at < 100; at++) {
    await namespace.put(`key ${at}`, `${at} `.repeat(2000), undefined, none).then(
      () => acknowledged.push(`key ${at}`),
      (error: Error) => {
        refused++;
        assert.equal(error.message, 'Internal error: the storage of this server is full.');
      },
    );
  }
  assert.ok(acknowledged.length > 5 && refused > 5, `${acknowledged.length} acknowledged, ${refused} refused`);
  for (const key of acknowledged) assert.equal(await text(byReader, key), `${key.slice(4)} `.repeat(2000));
  assert.equal((await namespace.list()).keys.length, acknowledged.length);
  await namespace.delete(acknowledged[0]);
  await namespace.put('key again', 'v', undefined, none);
});

test('put: the file of a value whose row is refused goes', async (t) => {
  const { namespace, root } = await setUp(t, {
    ...kvProduct,
    open: (context) => {
      const store = kvProduct.open(context);
      const put = (): never => {
        throw new Error('no');
      };
      return { methods: { ...store.methods, put } };
    },
  });
  await assert.rejects(namespace.put('a', 'l'.repeat(LARGE), undefined, none), { message: /cannot be used at the moment/ });
  await removed(root, 0);
});

test('namespaces: of one group and id are one, others are apart', async (t) => {
  const { open } = await setUp(t);
  await open('g', 'id').put('a', 'v', undefined, none);
  assert.equal(await text(open('g', 'id'), 'a'), 'v');
  assert.deepEqual([await open('other', 'id').text('a'), await open('g', 'ID').text('a')], [null, null]);
});

test('list: a prefix takes as long as its keys, not as all', async (t) => {
  const { namespace } = await setUp(t);
  await Promise.all(Array.from({ length: 1500 }, (_, at) => namespace.put(`many ${at}`, 'v', undefined, none)));
  await namespace.put('few 1', 'v', undefined, { metadata: '{"a":1}' });
  assert.deepEqual({ ...(await namespace.list('few')).keys[0] }, { name: 'few 1', expiration: null, metadata: '{"a":1}' });
  const first = await namespace.list('many', 1000);
  const second = await namespace.list('many', 1000, first.cursor);
  assert.deepEqual([first.keys.length, second.keys.length, second.cursor], [1000, 500, undefined]);
});

test('arguments: anything may come of a tenant', async (t) => {
  const { namespace } = await setUp(t);
  for (const key of [undefined, null, 1, {}, []]) {
    await assert.rejects(async () => namespace.text(key), { name: 'TypeError' });
    await assert.rejects(namespace.put(key, 'v', undefined, none), { name: 'TypeError' });
  }
  await assert.rejects(namespace.put('k', 'v', undefined, { metadata: '{' }), { message: 'KV PUT failed: 500 Internal Server Error' });
  await assert.rejects(
    namespace.put('k', 'v', 26_214_401, none).then(() => Promise.reject(new Error('taken'))),
    { message: 'taken' },
  );
  await assert.rejects(namespace.put('k', Readable.from([]), 26_214_401, none), {
    message: 'KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.',
  });
  await assert.rejects(namespace.list('', Number.NaN), { message: /Invalid key_count_limit of NaN/ });
  assert.deepEqual(
    (await namespace.list('', 1, '¿')).keys.map(({ name }) => name),
    ['k'],
  );
});
