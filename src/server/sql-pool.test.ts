import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import { databaseFile } from '../bindings/d1/runner.ts';
import { openSqlPool, QUERY_MS, type SqlPoolOptions } from './sql-pool.ts';

type Answer = { error?: string; results?: unknown[][] };
type Trouble = { message: string } & Record<string, unknown>;
type Pool = {
  root: string;
  troubles: Trouble[];
  ask(database: string, sql: string | readonly string[], app?: string): Promise<Answer>;
  busyPids(): readonly number[];
  /** Lets the time of queries pass that are under way. */
  pass(): void;
};

const ENDLESS = 'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';

async function open(t: TestContext, options: Partial<SqlPoolOptions> = {}): Promise<Pool> {
  const root = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const troubles: Trouble[] = [];
  let passed = 0;
  const pool = openSqlPool({
    now: () => performance.now() + passed,
    root,
    fsync: 'normal',
    onTrouble: (message, fields) => troubles.push({ message, ...fields }),
    ...options,
  });
  t.after(async () => {
    pool.close();
    await rm(root, { recursive: true, force: true, maxRetries: 20 });
  });
  const ask: Pool['ask'] = (database, sql, app = 'app') => {
    const request = JSON.stringify([sql].flat().map((text) => [text, []]));
    return new Promise((resolve) =>
      pool.call(app, JSON.stringify(['default', database]), Buffer.from(request), (answer) => resolve(JSON.parse(String(answer)) as Answer)),
    );
  };
  return { root, troubles, ask, busyPids: () => pool.busyPids, pass: () => void (passed += QUERY_MS + 1) };
}

const rows = ({ error, results }: Answer): unknown[][] => {
  assert.equal(error, undefined);
  return (results?.at(-1)?.[8] ?? []) as unknown[][];
};

test('an endless query: is ended, and nobody else waits for it', async (t) => {
  const { ask, troubles, pass } = await open(t);
  rows(await ask('slow', ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)']));
  let isOver = false;
  const endless = ask('slow', ENDLESS).then((answer) => {
    isOver = true;
    return answer;
  });
  for (let count = 0; count < 5; count++) assert.deepEqual(rows(await ask('other', 'SELECT 1', 'another app')), [[1]]);
  assert.equal(isOver, false);
  pass();
  assert.equal((await endless).error, D1_TEXTS.timeout);
  assert.deepEqual(rows(await ask('slow', 'SELECT a FROM t')), [[1]]);
  // A process that was about to start when the time passed was given up as well.
  assert.ok(troubles.some(({ message }) => /took too long/.test(message)));
});

test('an app with endless queries in many databases: another app is served', async (t) => {
  const { ask, pass } = await open(t, { most: 2 });
  const all = ['a', 'b', 'c'].map((name) => ask(name, ENDLESS, 'hog'));
  assert.deepEqual(rows(await ask('mine', 'SELECT 2', 'small')), [[2]]);
  pass();
  assert.equal((await (all[0] as Promise<Answer>)).error, D1_TEXTS.timeout);
});

test('a query that takes too much memory: is ended, and its database is whole', async (t) => {
  const { ask } = await open(t, { memoryBytes: 200 * 1024 * 1024 });
  rows(await ask('large', ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)']));
  const sql = 'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 10000000) SELECT count(DISTINCT n || hex(zeroblob(2000))) FROM c';
  assert.equal((await ask('large', sql)).error, D1_TEXTS.memory);
  assert.deepEqual(rows(await ask('large', 'SELECT a FROM t')), [[1]]);
});

test('kill -9 in the midst of writes: nothing answered is lost, no batch is half there', async (t) => {
  const { ask, busyPids, root } = await open(t);
  rows(await ask('kept', ['CREATE TABLE one (id INTEGER PRIMARY KEY)', 'CREATE TABLE pair (id INTEGER, half INTEGER)']));
  const answered = new Set<number>();
  let next = 0;
  for (let kills = 0; kills < 8; kills++) {
    const writes = Array.from({ length: 40 }, async () => {
      const id = next++;
      const isPair = id % 2 === 0;
      const answer = await ask(
        'kept',
        isPair ? [`INSERT INTO pair VALUES (${id}, 1)`, `INSERT INTO pair VALUES (${id}, 2)`] : `INSERT INTO one VALUES (${id})`,
      );
      if (answer.error === undefined) answered.add(id);
      // At the first, the tenth, the twentieth… answer of this turn.
      if (id % 40 === kills * 5) for (const pid of busyPids()) process.kill(pid, 'SIGKILL');
    });
    await Promise.all(writes);
  }
  const here = rows(await ask('kept', 'SELECT id FROM one UNION ALL SELECT id FROM pair'));
  const ids = here.map(([id]) => Number(id));
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  assert.ok(answered.size > 0);
  for (const id of answered) assert.equal(counts.get(id), id % 2 === 0 ? 2 : 1, `number ${id} was answered`);
  for (const [id, count] of counts) assert.equal(count, id % 2 === 0 ? 2 : 1, `number ${id} is there ${count} times`);
  const db = new DatabaseSync(databaseFile(root, 'default', 'kept'));
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  db.close();
});

test('a damaged database: is set aside and reported by name, and others go on', async (t) => {
  const { ask, root, troubles } = await open(t);
  const file = databaseFile(root, 'default', 'broken');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'no database, but long enough to be looked at as if it were one. '.repeat(200));
  assert.equal((await ask('broken', 'SELECT 1')).error, D1_TEXTS.damaged);
  assert.deepEqual(rows(await ask('fine', 'SELECT 1')), [[1]]);
  assert.deepEqual(rows(await ask('broken', 'SELECT 2')), [[2]]);
  assert.ok(troubles.some(({ message, database }) => message.includes('set aside') && database === 'broken'));
  assert.ok(readdirSync(dirname(file)).some((name) => name.startsWith('broken.sqlite.damaged-')));
});

test('a page that was overwritten: its database is set aside when it is met', async (t) => {
  const { ask, root } = await open(t, { most: 1 });
  const values = Array.from({ length: 200 }, (_, at) => `(${at}, '${'x'.repeat(200)}')`).join();
  rows(await ask('torn', ['CREATE TABLE t (id INTEGER PRIMARY KEY, v)', `INSERT INTO t VALUES ${values}`]));
  const file = databaseFile(root, 'default', 'torn');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  // Another process has it open no more, once it has made room for others.
  for (let at = 0; at < 32; at++) rows(await ask(`other${at}`, 'SELECT 1'));
  const bytes = new Uint8Array(4096).fill(0xff);
  const fd = openSync(file, 'r+');
  for (let page = 2; page < 8; page++) writeSync(fd, bytes, 0, bytes.length, page * 4096);
  closeSync(fd);
  assert.equal((await ask('torn', 'SELECT sum(length(v)) FROM t')).error, D1_TEXTS.damaged);
  assert.deepEqual(rows(await ask('torn', 'SELECT 1')), [[1]]);
});
