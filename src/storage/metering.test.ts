import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StoreAddress } from '../ports/stores.ts';
import { Accounts } from './accounts.ts';
import type { StoreProduct } from './product.ts';
import { StoreHost } from './store-host.ts';

const KB = 1024;
const things: StoreProduct = {
  name: 'things',
  migrations: ['CREATE TABLE things (name TEXT PRIMARY KEY, value BLOB NOT NULL); CREATE TABLE files (bytes INTEGER NOT NULL); INSERT INTO files VALUES (0)'],
  writes: ['put', 'delete', 'record'],
  metered: { grows: ['put', 'record'], fileBytes: 'SELECT bytes FROM files' },
  open: ({ db, quota }) => ({
    methods: {
      put: (name: string, size: number) => db.run('INSERT OR REPLACE INTO things VALUES (?, zeroblob(?))', name, size),
      delete: () => db.run('DELETE FROM things'),
      count: () => db.get('SELECT count(*) AS count FROM things')?.['count'],
      reserve: (blob: string, size: number, replaced?: { name: string; bytes: number }) => quota.hold(blob, size, replaced),
      record: (blob: string, size: number) => {
        quota.release(blob);
        return db.run('UPDATE files SET bytes = bytes + ?', size);
      },
      abandon: (blob: string) => quota.release(blob),
    },
  }),
};
const one = { product: 'things', group: 'default', id: 'one' };
const two = { product: 'things', group: 'default', id: 'two' };
const FULL = { name: 'QuotaExceeded', message: 'This app has used up its disk quota (storage_mb).' };

type Setup = { accounts: Accounts; host: StoreHost; open(accounts: Accounts): StoreHost };

async function setUp(t: TestContext, limit: number): Promise<Setup> {
  const root = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const hosts: StoreHost[] = [];
  t.after(async () => {
    for (const host of hosts) host.close();
    await rm(root, { recursive: true, force: true });
  });
  const accounts = new Accounts();
  accounts.set([{ app: 'app', limit, elsewhere: 0, stores: [one, two] }]);
  const open = (used: Accounts): StoreHost => {
    const host = new StoreHost({ root, fsync: 'normal', products: [things], accounts: used });
    hosts.push(host);
    return host;
  };
  return { accounts, host: open(accounts), open };
}

const fill = async (host: StoreHost, address: StoreAddress, size: number): Promise<number> => {
  for (let count = 0; ; count++) {
    try {
      await host.call(address, 'put', [`${count}`, size]);
    } catch (error) {
      assert.equal((error as Error).name, FULL.name);
      return count;
    }
  }
};

test('a store that has no room: refuses what needs more, and nothing else', async (t) => {
  const { accounts, host } = await setUp(t, 500 * KB);
  const count = await fill(host, one, 20 * KB);
  assert.ok(count > 15 && count < 25, `${count} were put`);
  assert.ok(accounts.free(one) >= 0 && accounts.free(one) < 30 * KB);
  await assert.rejects(host.call(two, 'put', ['a', 40 * KB]), FULL);
  assert.equal(await host.call(one, 'count', []), count);
  await host.call(one, 'put', ['0', 10 * KB]);
  await host.call(one, 'delete', []);
  await host.call(one, 'put', ['after', 100 * KB]);
});

test('writes that come together: the last that there is room for is kept, the next refused', async (t) => {
  const { accounts, host } = await setUp(t, 500 * KB);
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => host.call(one, 'put', [`${i}`, 20 * KB])));
  const kept = outcomes.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(kept > 15 && kept < 25);
  assert.equal(await host.call(one, 'count', []), kept);
  assert.ok(accounts.free(one) >= 0);
});

test('what was deleted: is given back to the disk, so that another store may have it', async (t) => {
  const { host } = await setUp(t, 4000 * KB);
  await fill(host, one, 100 * KB);
  await assert.rejects(host.call(two, 'put', ['a', 1000 * KB]), FULL);
  await host.call(one, 'delete', []);
  // Pages are given back a little later, some at a time.
  for (;;) {
    const done = await host.call(two, 'put', ['a', 1000 * KB]).then(
      () => true,
      () => false,
    );
    if (done) break;
    await new Promise(setImmediate);
  }
});

test('files: room is kept before they are written, and given back when whoever writes is gone', async (t) => {
  const { accounts, host } = await setUp(t, 500 * KB);
  const somebody = { isFull: false, made: () => {} };
  const [writer, other] = [{ ...somebody }, { ...somebody }];
  await host.call(one, 'reserve', ['a', 200 * KB], writer);
  await host.call(one, 'reserve', ['b', 200 * KB], other);
  await assert.rejects(host.call(two, 'reserve', ['c', 200 * KB], writer), FULL);
  const free = accounts.free(one);
  host.gone(writer);
  assert.equal(accounts.free(one), free + 200 * KB);
  await host.call(one, 'record', ['b', 200 * KB]);
  assert.equal(accounts.free(one), free + 200 * KB);
});

test('files: one that takes the place of a larger one needs no room, but only one at a time', async (t) => {
  const { host } = await setUp(t, 500 * KB);
  await host.call(one, 'record', ['old', 400 * KB]);
  await host.call(one, 'reserve', ['a', 300 * KB, { name: 'key', bytes: 400 * KB }]);
  await assert.rejects(host.call(one, 'reserve', ['b', 300 * KB, { name: 'key', bytes: 400 * KB }]), FULL);
  await host.call(one, 'abandon', ['a']);
  await host.call(one, 'reserve', ['c', 300 * KB, { name: 'key', bytes: 400 * KB }]);
});

test('measure: finds what stores hold that an earlier process has left', async (t) => {
  const { accounts, host, open } = await setUp(t, 500 * KB);
  await fill(host, one, 20 * KB);
  host.close();
  const fresh = new Accounts();
  const unknown = fresh.set([{ app: 'app', limit: 500 * KB, elsewhere: 0, stores: [one, two] }]);
  await open(fresh).measure(unknown);
  assert.equal(fresh.free(two), accounts.free(two));
  await assert.rejects(open(fresh).call(two, 'put', ['a', 40 * KB]), FULL);
});
