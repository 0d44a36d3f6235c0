import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Database } from './database.ts';
import { placeOf } from './paths.ts';
import { StoreReaders } from './store-readers.ts';

const MIGRATIONS = ['CREATE TABLE things (name TEXT)'];
const address = { product: 'things', group: 'default', id: 'one' };

async function setUp(t: TestContext): Promise<{ readers: StoreReaders; file: string; write(): Database }> {
  const root = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const readers = new StoreReaders(root);
  const { file } = placeOf(root, address);
  const opened: Database[] = [];
  t.after(async () => {
    readers.close();
    for (const database of opened) database.close();
    await rm(root, { recursive: true, force: true });
  });
  const write = (): Database => {
    const database = new Database(file, { fsync: 'normal', migrations: MIGRATIONS });
    opened.push(database);
    return database;
  };
  return { readers, file, write };
}

const count = (database: Database | undefined): unknown => database?.get('SELECT count(*) AS count FROM things')?.['count'];

test('database: nothing where there is none yet, then every commit', async (t) => {
  const { readers, write } = await setUp(t);
  assert.equal(readers.database(address, 1), undefined);
  const writer = write();
  assert.equal(count(readers.database(address, 1)), 0);
  writer.run("INSERT INTO things VALUES ('a')");
  assert.equal(count(readers.database(address, 1)), 1);
  writer.transaction(() => {
    writer.run("INSERT INTO things VALUES ('b')");
    assert.equal(count(readers.database(address, 1)), 1);
  });
  assert.equal(count(readers.database(address, 1)), 2);
});

test('database: nothing where the schema is another or the file is damaged', async (t) => {
  const { readers, file, write } = await setUp(t);
  write();
  assert.equal(readers.database(address, 2), undefined);
  const broken = { ...address, id: 'broken' };
  await writeFile(join(dirname(file), 'broken.sqlite'), 'no database at all '.repeat(500));
  assert.equal(readers.database(broken, 1), undefined);
});

test('database: another file in its place is noticed', async (t) => {
  const { readers, file, write } = await setUp(t);
  const first = write();
  first.run("INSERT INTO things VALUES ('a')");
  assert.equal(count(readers.database(address, 1)), 1);
  for (const ending of ['', '-wal', '-shm']) await rename(file + ending, `${file}.aside${ending}`);
  write();
  t.mock.method(performance, 'now', () => 1e12);
  assert.equal(count(readers.database(address, 1)), 0);
});

test('database: cannot be written through a reader', async (t) => {
  const { readers, write } = await setUp(t);
  write();
  const reader = readers.database(address, 1);
  assert.ok(reader !== undefined);
  assert.throws(() => reader.run("INSERT INTO things VALUES ('a')"), /readonly/);
});
