import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Blobs, blobPath } from '../../storage/blobs.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { makeCacheProduct, type NewEntry } from './store.ts';

const address = { product: 'cache', group: 'default', id: 'app' };

type Setup = { call(method: string, ...args: unknown[]): Promise<unknown>; host: StoreHost; clock: { now: number }; dir: string };

function setUp(t: TestContext, mostBytes = 1e9): Setup {
  const root = mkdtempSync(join(tmpdir(), 'nano-test-'));
  const clock = { now: 1_000_000 };
  const host = new StoreHost({ root, fsync: 'normal', products: [makeCacheProduct(mostBytes)], now: () => clock.now });
  t.after(() => {
    host.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { host, clock, dir: placeOf(root, address).dir, call: (method, ...args) => host.call(address, method, args) };
}

const entry = (changes: Partial<NewEntry> = {}): NewEntry => ({
  expires: 2_000_000,
  status: 200,
  headers: '',
  encoded: 0,
  size: 3,
  blob: null,
  value: Buffer.from('abc'),
  ...changes,
});
const found = async ({ call }: Setup, ...keys: string[]): Promise<string> => {
  const there: string[] = [];
  for (const key of keys) if ((await call('match', '', key)) !== null) there.push(key);
  return there.join(' ');
};

test('store: an entry until it expires', async (t) => {
  const setup = setUp(t);
  await setup.call('put', '', 'a', entry({ expires: 1_000_010 }));
  setup.clock.now = 1_000_009;
  assert.equal(await found(setup, 'a'), 'a');
  setup.clock.now = 1_000_010;
  assert.equal(await found(setup, 'a'), '');
  assert.equal(await setup.call('delete', '', 'a'), false);
});

test('store: caches of different names are apart', async (t) => {
  const { call } = setUp(t);
  await call('put', ':one', 'a', entry());
  assert.equal(await call('match', '', 'a'), null);
  assert.equal(await call('delete', ':two', 'a'), false);
  assert.equal(await call('delete', ':one', 'a'), true);
});

test('store: what was used longest ago goes when there is too much', async (t) => {
  const setup = setUp(t, 30 * 1000);
  for (let i = 0; i < 29; i++) {
    setup.clock.now++;
    await setup.call('put', '', `${i}`, entry({ size: 790, value: Buffer.alloc(790) }));
  }
  assert.equal(await found(setup, '0', '28'), '0 28');
  setup.clock.now++;
  const first = (await setup.call('match', '', '0')) as { id: number };
  await setup.call('touch', [first.id]);
  for (let i = 29; i < 40; i++) {
    setup.clock.now++;
    await setup.call('put', '', `${i}`, entry({ size: 790, value: Buffer.alloc(790) }));
  }
  assert.equal(await found(setup, '0', '1', '2', '39'), '0 39');
});

test('store: an entry that is larger than all there may be is not kept, and neither is the rest harmed for long', async (t) => {
  const setup = setUp(t, 1000);
  await setup.call('put', '', 'huge', entry({ size: 5000, value: Buffer.alloc(5000) }));
  assert.equal(await found(setup, 'huge'), '');
  await setup.call('put', '', 'small', entry());
  assert.equal(await found(setup, 'small'), 'small');
});

test('store: replacing counts once', async (t) => {
  const setup = setUp(t, 2000);
  await setup.call('put', '', 'other', entry());
  for (let i = 0; i < 50; i++) await setup.call('put', '', 'a', entry({ size: 500, value: Buffer.alloc(500) }));
  assert.equal(await found(setup, 'a', 'other'), 'a other');
});

test('store: the file of what was replaced, deleted or has expired is removed', async (t) => {
  const setup = setUp(t);
  const blobs = new Blobs(setup.dir, 'normal');
  const names: string[] = [];
  for (const key of ['replaced', 'deleted', 'expired', 'kept']) {
    const { name } = await blobs.write([Buffer.alloc(10)], [], 100, () => new Error());
    names.push(blobPath(setup.dir, name));
    await setup.call('put', '', key, entry({ blob: name, value: null, size: 10, expires: key === 'expired' ? 1_000_001 : 2_000_000 }));
  }
  await setup.call('put', '', 'replaced', entry());
  await setup.call('delete', '', 'deleted');
  setup.clock.now = 1_500_000;
  setup.host.tick();
  while (names.filter((path) => existsSync(path)).length > 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    names.map((path) => existsSync(path)),
    [false, false, false, true],
  );
});
