import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Accounts, diskBytes } from '../../storage/accounts.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { KV_MIGRATIONS } from './entries.ts';
import { Namespace } from './namespace.ts';
import { kvProduct } from './store.ts';

const MB = 1024 * 1024;
const ADDRESS = { product: 'kv', group: 'default', id: 'test' };
const FULL = { name: 'Error', message: 'KV PUT failed: 507 This app has used up its disk quota (storage_mb).' };

type Setup = { root: string; host: StoreHost; accounts: Accounts; namespace: Namespace; clock: { ms: number } };

function setUp(t: TestContext, limit: number, root: string = mkdtempSync(join(tmpdir(), 'nano-test-'))): Setup {
  const clock = { ms: 1_700_000_000_000 };
  const now = (): number => clock.ms;
  const accounts = new Accounts();
  accounts.set([{ app: 'app', limit, elsewhere: 0, stores: [ADDRESS] }]);
  const host = new StoreHost({ root, fsync: 'normal', products: [kvProduct], now, accounts });
  t.after(() => {
    host.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, host, accounts, clock, namespace: new Namespace({ stores: host, storageDir: root, fsync: 'normal', now }, 'default', 'test') };
}

const sizes = (root: string): number[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(({ name }) => /^[0-9a-f]{32}$/.test(name))
    // One may go while this is going on.
    .flatMap(({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? []);

/** What the database says its files take. */
function counted(root: string): number {
  const db = new DatabaseSync(placeOf(root, ADDRESS).file);
  const bytes = db.prepare('SELECT bytes FROM files').get()?.['bytes'];
  db.close();
  return Number(bytes);
}

/** Files go a moment after the commit. */
async function settled(root: string, files: number): Promise<void> {
  while (sizes(root).length > files) await new Promise(setImmediate);
}

const total = (root: string): number => sizes(root).reduce((sum, size) => sum + diskBytes(size), 0);

test('files: are counted as they come and go', async (t) => {
  const { root, host, namespace, clock } = setUp(t, 100 * MB);
  await namespace.put('a', 'a'.repeat(100_000), undefined, {});
  await namespace.put('b', Readable.from([Buffer.alloc(70_000), Buffer.alloc(70_001)]), undefined, {});
  await namespace.put('c', Buffer.alloc(200_000), undefined, { expirationTtl: 60 });
  assert.equal(counted(root), total(root));
  await namespace.put('a', Buffer.alloc(300_001), undefined, {});
  await namespace.put('b', 'small', undefined, {});
  await settled(root, 2);
  assert.equal(counted(root), total(root));
  clock.ms += 61_000;
  host.tick();
  await settled(root, 1);
  assert.equal(counted(root), total(root));
  await namespace.delete('a');
  assert.equal(counted(root), 0);
});

test('put: without room is refused and leaves nothing; less in the place of more is taken', async (t) => {
  const { root, namespace, accounts } = setUp(t, 2 * MB);
  await namespace.put('a', Buffer.alloc(MB), undefined, {});
  await namespace.put('b', Buffer.alloc(700_000), undefined, {});
  await assert.rejects(namespace.put('c', Buffer.alloc(700_000), undefined, {}), FULL);
  await assert.rejects(namespace.put('c', Readable.from([Buffer.alloc(100_000)]), undefined, {}), FULL);
  assert.equal(sizes(root).length, 2);
  await namespace.put('a', Buffer.alloc(MB - 4096), undefined, {});
  await namespace.put('a', 'less', undefined, {});
  await namespace.put('c', Buffer.alloc(700_000), undefined, {});
  assert.ok(accounts.free(ADDRESS) >= 0);
});

test('put: a body that breaks off, or is longer than was said, gives its room back', async (t) => {
  const { root, namespace, accounts } = setUp(t, 30 * MB);
  await namespace.put('a', 'a', undefined, {});
  const before = accounts.free(ADDRESS);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(100_000);
      throw new Error('broken off');
    })(),
  );
  await assert.rejects(namespace.put('a', broken, undefined, {}), { message: 'broken off' });
  await assert.rejects(namespace.put('a', Readable.from([Buffer.alloc(100_000), Buffer.alloc(100_000)]), 150_000, {}), /more than the 150000 bytes/);
  while (accounts.free(ADDRESS) !== before) await new Promise(setImmediate);
  await settled(root, 0);
});

test('a namespace from before files were counted: they are counted when it is opened', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'nano-test-'));
  const { file } = placeOf(root, ADDRESS);
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  db.exec(`${KV_MIGRATIONS[0]}; PRAGMA user_version = 1`);
  for (const size of [70_000, 100_000]) db.prepare('INSERT INTO entries (key, blob, size) VALUES (?, ?, ?)').run(`${size}`, `${size}`, size);
  db.close();
  const { namespace } = setUp(t, 100 * MB, root);
  await namespace.put('a', 'a', undefined, {});
  assert.equal(counted(root), diskBytes(70_000) + diskBytes(100_000));
});

/** Puts small values until there is no room, deletes them all, and has what became free given back, as a refusal does. */
async function fillAndClear({ namespace }: Setup, before?: () => void): Promise<void> {
  let count = 0;
  const fill = async (): Promise<void> => {
    for (; ; count++) await namespace.put(`key${count}`, 'v'.repeat(20_000), undefined, {});
  };
  await assert.rejects(fill, FULL);
  before?.();
  for (let i = 0; i < count; i++) await namespace.delete(`key${i}`);
  await assert.rejects(namespace.put('too much', Buffer.alloc(5 * MB), undefined, {}), FULL);
}

test('delete: room comes back when the disk has it', async (t) => {
  const setup = setUp(t, 4 * MB);
  const { file } = placeOf(setup.root, ADDRESS);
  await fillAndClear(setup);
  while (setup.accounts.free(ADDRESS) < 2 * MB) await new Promise(setImmediate);
  assert.ok(statSync(file).size <= 4 * MB - setup.accounts.free(ADDRESS), `${statSync(file).size} bytes are on the disk`);
});

test('delete: the disk has it once nobody reads what was there before', async (t) => {
  const setup = setUp(t, 4 * MB);
  const { file } = placeOf(setup.root, ADDRESS);
  const readers: DatabaseSync[] = [];
  await fillAndClear(setup, () => {
    const reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM entries');
    readers.push(reader);
  });
  while (setup.accounts.free(ADDRESS) < 2 * MB) await new Promise(setImmediate);
  assert.ok(statSync(file).size > 3 * MB);
  for (const reader of readers) reader.close();
  while (statSync(file).size > 2 * MB) await new Promise(setImmediate);
});
