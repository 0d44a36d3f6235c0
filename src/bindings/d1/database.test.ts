import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { D1Database } from './database.ts';
import { D1_TEXTS } from './errors.ts';

type Answer = { error?: string; results?: unknown[][]; bookmark?: string };
type Call = readonly string[];

async function open(t: TestContext, mostBytes?: number): Promise<{ file: string; run(...calls: Call[]): Answer[]; committed(): number }> {
  const dir = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const file = join(dir, 'db.sqlite');
  const database = new D1Database(file, { fsync: 'normal', ...(mostBytes === undefined ? {} : { mostBytes }) });
  t.after(async () => {
    database.close();
    await rm(dir, { recursive: true, force: true });
  });
  let commits = 0;
  return {
    file,
    committed: () => commits,
    run: (...calls) =>
      database
        .run(
          calls.map((call) => JSON.stringify(call.map((sql) => [sql, []]))),
          () => void commits++,
        )
        .map((answer) => JSON.parse(answer) as Answer),
  };
}

const rows = (answer: Answer | undefined): unknown => answer?.results?.at(-1)?.[8] ?? answer?.error;

test('run: calls that come together share a commit, and one that fails takes no other with it', async (t) => {
  const { run, committed } = await open(t);
  run(['CREATE TABLE t (id INTEGER PRIMARY KEY)']);
  const answers = run(
    ['INSERT INTO t VALUES (1)'],
    ['INSERT INTO t VALUES (2)', 'INSERT INTO t VALUES (1)'],
    ['SELECT id FROM t'],
    ['INSERT INTO t VALUES (3)'],
  );
  assert.equal(committed(), 1);
  assert.deepEqual(
    answers.map(({ error }) => error?.split(':')[0]),
    [undefined, 'UNIQUE constraint failed', undefined, undefined],
  );
  assert.deepEqual(rows(answers[2]), [[1]]);
  assert.deepEqual(rows(run(['SELECT id FROM t'])[0]), [[1], [3]]);
});

test('run: a deferred constraint fails its own call only', async (t) => {
  const { run } = await open(t);
  run(['CREATE TABLE p (id INTEGER PRIMARY KEY)'], ['CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)']);
  const answers = run(['INSERT INTO p VALUES (1)'], ['INSERT INTO c VALUES (7)'], ['INSERT INTO c VALUES (1)']);
  assert.match(String(answers[1]?.error), /^FOREIGN KEY constraint failed/);
  assert.deepEqual([answers[0]?.error, answers[2]?.error], [undefined, undefined]);
  assert.deepEqual(rows(run(['SELECT p FROM c'])[0]), [[1]]);
});

test('run: reads that come together commit nothing', async (t) => {
  const { run, committed } = await open(t);
  assert.deepEqual(run(['SELECT 1'], ['SELECT 2']).map(rows), [[[1]], [[2]]]);
  assert.equal(committed(), 0);
});

test('run: several statements in a text are one transaction, also when the first reads', async (t) => {
  const { run } = await open(t);
  run(['CREATE TABLE t (a)']);
  for (let times = 0; times < 2; times++) assert.match(String(run(['SELECT 1; INSERT INTO t VALUES (1); SELECT * FROM nowhere'])[0]?.error), /no such table/);
  assert.deepEqual(rows(run(['SELECT * FROM t'])[0]), []);
});

test('run: what another connection changes of the schema is seen', async (t) => {
  const { run, file } = await open(t);
  run(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)']);
  const columns = (): unknown => run(['SELECT * FROM t'])[0]?.results?.[0]?.[7];
  assert.deepEqual(columns(), ['a']);
  const other = new D1Database(file, { fsync: 'normal' });
  other.query([{ sql: 'ALTER TABLE t RENAME COLUMN a TO b', params: [] }]);
  other.close();
  assert.deepEqual(columns(), ['b']);
});

test('run: a database grows to its bound, and lives on', async (t) => {
  const { run } = await open(t, 64 * 1024);
  run(['CREATE TABLE t (a)']);
  const grow = 'INSERT INTO t VALUES (zeroblob(20000))';
  const answers = Array.from({ length: 5 }, () => run([grow], [grow])).flat();
  assert.equal(answers.at(-1)?.error, D1_TEXTS.size);
  assert.deepEqual(rows(run(['DELETE FROM t', 'SELECT count(*) FROM t'])[0]), [[0]]);
  assert.equal(run([grow])[0]?.error, undefined);
});

test('run: a result that no app could hold is refused', async (t) => {
  const { run } = await open(t);
  const sql = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT printf('%.*c', 1000000, 'x') FROM c";
  assert.equal(run([sql])[0]?.error, D1_TEXTS.memory);
  assert.deepEqual(rows(run(['SELECT 1'])[0]), [[1]]);
});

test('run: a request of any form is answered', async (t) => {
  const database = new D1Database((await open(t)).file, { fsync: 'normal' });
  t.after(() => database.close());
  for (const request of ['', '{', 'null', '{}', '[1]', '[[1,[]]]', '[["SELECT 1"]]', '[["SELECT ?",[{}]]]', `[["SELECT ?",[[{}]]]]`, '[["SELECT 1",[],3]]'])
    for (const batch of [[request], [request, request]]) assert.equal(database.run(batch).length, batch.length);
});

test('run: a text of nothing but line ends is told at once', async (t) => {
  const { run } = await open(t);
  assert.equal(run(['\n'.repeat(2_000_000)])[0]?.error, D1_TEXTS.noStatements);
});

test('run: bookmarks grow with every change', async (t) => {
  const { run } = await open(t);
  const bookmarks = ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (2)'].map((sql) => String(run([sql])[0]?.bookmark));
  assert.deepEqual([...new Set(bookmarks)].sort(), bookmarks);
  assert.equal(run(['SELECT 1'])[0]?.bookmark, bookmarks.at(-1));
});

test('takeOver: a process that has the database next goes on as the last one would', async (t) => {
  const { file } = await open(t);
  const [first, second] = [0, 1].map(() => new D1Database(file, { fsync: 'normal' })) as [D1Database, D1Database];
  t.after(() => {
    for (const database of [first, second]) database.close();
  });
  const metaOf = (database: D1Database, sql: string): Record<string, unknown> => ({ ...database.query([{ sql, params: [] }]).at(-1)?.meta });
  const valuesOf = (database: D1Database, sql: string): unknown => database.query([{ sql, params: [] }])[0]?.results.rows;
  const COUNTS = 'SELECT changes(), last_insert_rowid()';
  // It has the database open, and a state of its own.
  first.query([{ sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v)', params: [] }]);
  second.takeOver(first.handover);
  second.query([{ sql: "INSERT INTO t VALUES (1000, 'x')", params: [] }]);
  first.takeOver(second.handover);
  assert.deepEqual(valuesOf(first, COUNTS), [[1, 1000]]);
  for (const [sql, counts] of [
    ["INSERT INTO t (v) VALUES ('a'), ('b'), ('c')", [3, 1003]],
    ["UPDATE t SET v = 'd' WHERE id = 5", [0, 1003]],
    ["INSERT INTO t (id, v) VALUES (-7, 'e')", [1, -7]],
    ['DELETE FROM t', [5, -7]],
    ["INSERT INTO t (id, v) VALUES (9223372036854775807, 'e')", [1, 2 ** 63]],
    ["INSERT INTO t (id, v) VALUES (-9223372036854775808, 'e')", [1, -(2 ** 63)]],
  ] as const) {
    metaOf(first, sql);
    second.takeOver(first.handover);
    assert.deepEqual(valuesOf(second, 'SELECT changes(), CAST(last_insert_rowid() AS REAL)'), [counts], sql);
    assert.equal(metaOf(second, 'SELECT 1')['last_row_id'], counts[1], sql);
    assert.equal(second.handover, first.handover);
  }
  assert.deepEqual(valuesOf(second, "SELECT name FROM pragma_table_list WHERE name LIKE '%cf%'"), []);
});

test('takeOver: settings that the rules let a tenant make come with it', async (t) => {
  const { file } = await open(t);
  const [first, second] = [0, 1].map(() => new D1Database(file, { fsync: 'normal' })) as [D1Database, D1Database];
  t.after(() => {
    for (const database of [first, second]) database.close();
  });
  const run = (database: D1Database, sql: string): unknown => database.query([{ sql, params: [] }])[0]?.results.rows;
  run(first, 'CREATE TABLE t (a CHECK (a > 0))');
  const like = "SELECT 'a' LIKE 'A'";
  for (const [setting, sql, isSet] of [
    ['case_sensitive_like', like, (rows: unknown) => assert.deepEqual(rows, [[0]])],
    ['recursive_triggers', 'PRAGMA recursive_triggers', (rows: unknown) => assert.deepEqual(rows, [[1]])],
    ['legacy_alter_table', 'PRAGMA legacy_alter_table', (rows: unknown) => assert.deepEqual(rows, [[1]])],
    ['reverse_unordered_selects', 'PRAGMA reverse_unordered_selects', (rows: unknown) => assert.deepEqual(rows, [[1]])],
    ['ignore_check_constraints', 'INSERT INTO t VALUES (0)', (rows: unknown) => assert.deepEqual(rows, [])],
  ] as const) {
    run(first, `PRAGMA ${setting} = on`);
    second.takeOver(first.handover);
    isSet(run(second, sql));
  }
  run(first, 'PRAGMA case_sensitive_like = off');
  second.takeOver(first.handover);
  assert.deepEqual(run(second, like), [[1]]);
  for (const nonsense of ['', 'x', '1', '1 2 3 4', '-1 0 0', '1 0 99', '0.5 0 0', '1e999 1 0', `${'9'.repeat(99)} 1 0`]) {
    second.takeOver(nonsense);
    assert.deepEqual(run(second, 'SELECT changes(), last_insert_rowid()'), [[0, 0]], nonsense);
    assert.deepEqual(run(second, 'PRAGMA recursive_triggers'), [[0]], nonsense);
  }
});

test('run: what another process writes is seen in the size and in the bookmark', async (t) => {
  const { run, file } = await open(t);
  run(['CREATE TABLE t (a)']);
  const before = run(['SELECT 1'])[0];
  const other = new D1Database(file, { fsync: 'normal' });
  t.after(() => other.close());
  other.query([{ sql: 'INSERT INTO t VALUES (zeroblob(100000))', params: [] }]);
  const after = run(['SELECT 1'])[0];
  const sizeOf = (answer: Answer | undefined): unknown => answer?.results?.[0]?.[4];
  assert.equal(sizeOf(after), other.size);
  assert.notEqual(sizeOf(after), sizeOf(before));
  assert.ok(String(after?.bookmark) > String(before?.bookmark));
});
