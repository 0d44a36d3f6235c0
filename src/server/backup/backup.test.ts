import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import { BackupError, type BackupManifest, backup, MANIFEST } from './backup.ts';
import { restore } from './restore.ts';

function dataFolder(): string {
  const dir = folder({
    'storage/default/r2/one/ab/cafe': 'a blob',
    'storage/default/r2/one/ab/half.tmp': '',
    'secrets/app.json': '{}',
    'secrets/lock': '1',
    'secrets.key': 'key',
    's3/keys.json': '{}',
    'bundles/app/1/manifest.json': '{}',
    'crons.json': '{}',
  });
  for (const path of ['storage/default/r2/one.sqlite', 'sql/default/d1.sqlite']) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    const db = new DatabaseSync(join(dir, path));
    db.exec("PRAGMA journal_mode = WAL; PRAGMA user_version = 7; CREATE TABLE t (v); INSERT INTO t VALUES ('x')");
    db.close();
  }
  return dir;
}

const make = (from: string, to: string, withKey = false): Promise<BackupManifest> => backup({ from, to, withKey, version: '1' });
const rows = (file: string): unknown => new DatabaseSync(file, { readOnly: true }).prepare('SELECT count(*) AS n FROM t').get()?.['n'];

test('backup: has the data and nothing else, and not the key', async () => {
  const to = join(folder(), 'out');
  const { files } = await make(dataFolder(), to);
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    'crons.json',
    's3/keys.json',
    'secrets/app.json',
    'sql/default/d1.sqlite',
    'storage/default/r2/one.sqlite',
    'storage/default/r2/one/ab/cafe',
  ]);
  assert.ok((await make(dataFolder(), join(folder(), 'out'), true)).files.some(({ path }) => path === 'secrets.key'));
});

test('backup: a database in use is copied as it is at one moment, with its version', async () => {
  const from = dataFolder();
  const writer = new DatabaseSync(join(from, 'sql/default/d1.sqlite'));
  writer.exec("INSERT INTO t VALUES ('in the journal'); BEGIN IMMEDIATE; INSERT INTO t VALUES ('not committed')");
  const to = join(folder(), 'out');
  await make(from, to);
  writer.exec('ROLLBACK');
  writer.close();
  const copy = join(to, 'sql/default/d1.sqlite');
  assert.equal(rows(copy), 2);
  assert.equal(new DatabaseSync(copy, { readOnly: true }).prepare('PRAGMA user_version').get()?.['user_version'], 7);
  assert.ok(!existsSync(`${copy}-wal`));
});

test('backup: every file that the copy of a database names is in the copy, however busy it is', async () => {
  const from = folder({ 'storage/default/r2/busy/first': '' });
  const file = join(from, 'storage/default/r2/busy.sqlite');
  const writer = new DatabaseSync(file, { timeout: 10_000 });
  writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE t (v)');
  const files = join(from, 'storage/default/r2/busy');
  let serial = 0;
  let isDone = false;
  const write = (): void => {
    if (isDone || serial >= 200) return;
    const name = `blob${serial++}`;
    writeFileSync(join(files, name), name);
    try {
      writer.prepare('INSERT INTO t VALUES (?)').run(name);
      // Some go again at once: first the row, then the file.
      if (serial % 3 === 0) writer.prepare('DELETE FROM t WHERE v = ?').run(name);
    } catch {
      // The backup holds it still: that is waited for in another process only.
    }
    setImmediate(write);
  };
  writer.exec('PRAGMA busy_timeout = 0');
  write();
  const to = join(folder(), 'out');
  await make(from, to);
  isDone = true;
  writer.close();
  const named = new DatabaseSync(join(to, 'storage/default/r2/busy.sqlite'), { readOnly: true }).prepare('SELECT v FROM t').all();
  const there = new Set(readdirSync(join(to, 'storage/default/r2/busy')));
  assert.deepEqual(
    named.filter((row) => !there.has(String(row['v']))),
    [],
  );
});

test('backup: a folder that is there, or has no data, is refused; what fails leaves nothing behind', async () => {
  const parent = folder({ 'taken/x': '' });
  await assert.rejects(make(dataFolder(), join(parent, 'taken')), BackupError);
  await assert.rejects(make(folder(), join(parent, 'out')), BackupError);
  const broken = folder({ 'storage/default/kv/a.sqlite': 'this is no database, but long enough to look like one'.repeat(100) });
  await assert.rejects(make(broken, join(parent, 'out')), /cannot be copied|not a database/);
  assert.deepEqual(readdirSync(parent), ['taken']);
});

test('restore: gives back what was copied', async () => {
  const parent = folder();
  await make(dataFolder(), join(parent, 'out'));
  const to = join(parent, 'data');
  const { old } = await restore({ from: join(parent, 'out'), to, force: false, now: 1 });
  assert.equal(old, undefined);
  assert.equal(readFileSync(join(to, 'storage/default/r2/one/ab/cafe'), 'utf8'), 'a blob');
  assert.equal(rows(join(to, 'sql/default/d1.sqlite')), 1);
});

test('restore: puts what is there aside, and only when told to', async () => {
  const parent = folder({ 'data/storage/default/kv/x': 'old' });
  await make(dataFolder(), join(parent, 'out'));
  const options = { from: join(parent, 'out'), to: join(parent, 'data'), now: 5 };
  await assert.rejects(restore({ ...options, force: false }), /--force/);
  assert.equal((await restore({ ...options, force: true })).old, join(parent, 'data.before-5'));
  assert.equal(readFileSync(join(parent, 'data.before-5/storage/default/kv/x'), 'utf8'), 'old');
});

test('restore: not under a running server', async () => {
  // The process of this test's parent is one that lives.
  const parent = folder({ [`data/run/${process.ppid}-1.ledger`]: '' });
  await make(dataFolder(), join(parent, 'out'));
  await assert.rejects(restore({ from: join(parent, 'out'), to: join(parent, 'data'), force: true, now: 1 }), /a server uses/);
});

test('restore: a damaged copy changes nothing', async () => {
  const parent = folder();
  const from = join(parent, 'out');
  const to = join(parent, 'data');
  await make(dataFolder(), from);
  const manifest = JSON.parse(readFileSync(join(from, MANIFEST), 'utf8')) as BackupManifest;
  writeFileSync(join(from, 'crons.json'), 'changed');
  await assert.rejects(restore({ from, to, force: false, now: 1 }), /is not what it was/);
  writeFileSync(join(from, MANIFEST), JSON.stringify({ ...manifest, files: [{ path: '../../etc/x', bytes: 1, sha256: '' }] }));
  await assert.rejects(restore({ from, to, force: false, now: 1 }), /leads out of it/);
  writeFileSync(join(from, MANIFEST), JSON.stringify({ ...manifest, format: 2 }));
  await assert.rejects(restore({ from, to, force: false, now: 1 }), /newer version/);
  await assert.rejects(restore({ from: parent, to, force: false, now: 1 }), /is not a backup/);
  assert.deepEqual(readdirSync(parent), ['out']);
});
