import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import { type RunResult, runNano } from '../../../test/support/nano-process.ts';

const WRANGLER = JSON.stringify({
  name: 'shop',
  main: 'worker.js',
  compatibility_date: '2026-01-01',
  d1_databases: [{ binding: 'DB', database_name: 'goods', database_id: 'Goods-1' }],
});

const project = (): string => folder({ 'wrangler.json': WRANGLER, 'worker.js': 'export default {};' });
const d1 = (cwd: string, ...args: string[]): Promise<RunResult> => runNano(['d1', ...args], { cwd });

async function rows(cwd: string, database: string, sql: string): Promise<unknown> {
  const { stdout, stderr } = await d1(cwd, 'execute', database, '--command', sql, '--json');
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as { results: unknown }[]).at(-1)?.results;
}

test('d1 migrations: are made, listed and applied once each, in order', async () => {
  const dir = project();
  assert.match((await d1(dir, 'migrations', 'create', 'goods', 'add the table')).stdout, /0001_add_the_table\.sql/);
  assert.match(readFileSync(join(dir, 'migrations/0001_add_the_table.sql'), 'utf8'), /^-- Migration number: 0001 \t \d{4}-/);
  writeFileSync(join(dir, 'migrations/0001_add_the_table.sql'), '-- first\nCREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT); -- done\n');
  writeFileSync(
    join(dir, 'migrations/0002_trigger.sql'),
    "CREATE TRIGGER t AFTER INSERT ON things BEGIN UPDATE things SET name = CASE WHEN name = ';' THEN 'semicolon' ELSE name END; END;\nINSERT INTO things (name) VALUES (';')",
  );
  assert.equal((await d1(dir, 'migrations', 'list', 'DB')).stdout, 'DB: to be applied\n  0001_add_the_table.sql\n  0002_trigger.sql\n');
  assert.equal((await d1(dir, 'migrations', 'apply', 'DB')).stdout, 'DB: 0001_add_the_table.sql was applied\nDB: 0002_trigger.sql was applied\n');
  assert.equal((await d1(dir, 'migrations', 'apply', 'Goods-1')).stdout, 'Goods-1: no migration is to be applied\n');
  assert.deepEqual(await rows(dir, 'goods', 'SELECT name FROM things'), [{ name: 'semicolon' }]);
  assert.deepEqual(await rows(dir, 'goods', 'SELECT id, name FROM d1_migrations'), [
    { id: 1, name: '0001_add_the_table.sql' },
    { id: 2, name: '0002_trigger.sql' },
  ]);
});

test('d1 migrations apply: the first that fails ends it, and leaves nothing', async () => {
  const dir = project();
  await d1(dir, 'migrations', 'create', 'goods', 'one');
  writeFileSync(join(dir, 'migrations/0001_one.sql'), 'CREATE TABLE a (x);');
  writeFileSync(join(dir, 'migrations/0002_two.sql'), 'CREATE TABLE b (x); CREATE TABLE a (x);');
  writeFileSync(join(dir, 'migrations/0003_three.sql'), 'CREATE TABLE c (x);');
  const { code, stderr } = await d1(dir, 'migrations', 'apply', 'goods');
  assert.equal(code, 1);
  assert.match(stderr, /goods: 0002_two\.sql was not applied: table a already exists/);
  assert.deepEqual(await rows(dir, 'goods', "SELECT name FROM sqlite_schema WHERE name IN ('a', 'b', 'c')"), [{ name: 'a' }]);
});

test('d1 export: what it writes makes the same database again', async () => {
  const dir = project();
  const sql = `CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, v, g AS (v || '!'));
    CREATE TABLE c (p REFERENCES p (id)) ; CREATE INDEX i ON p (v); CREATE VIEW w AS SELECT v FROM p;
    CREATE TRIGGER t AFTER INSERT ON c BEGIN UPDATE p SET v = v; END;
    INSERT INTO p (v) VALUES ('it''s'), (x'00ff'), (1.5), (9223372036854775807), (NULL), ('two
lines'), ('a' || char(0) || 'b'); INSERT INTO c VALUES (1), (2)`;
  assert.equal((await d1(dir, 'execute', 'goods', '--command', sql)).code, 0);
  assert.equal((await d1(dir, 'export', 'goods', '--output', 'out.sql')).code, 0);
  assert.equal((await d1(dir, 'execute', 'copy', '--file', 'out.sql')).code, 0);
  const all = 'SELECT id, hex(v) AS v, typeof(v) AS t, g FROM p';
  assert.deepEqual(await rows(dir, 'copy', all), await rows(dir, 'goods', all));
  const schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
  assert.deepEqual(await rows(dir, 'copy', schema), await rows(dir, 'goods', schema));
  assert.deepEqual(await rows(dir, 'copy', 'SELECT seq FROM sqlite_sequence'), [{ seq: 7 }]);
  const only = (await d1(dir, 'export', 'goods', '--output', '-', '--table', 'c', '--no-schema')).stdout;
  assert.equal(only, 'PRAGMA defer_foreign_keys=TRUE;\nINSERT INTO "c" ("p") VALUES(1);\nINSERT INTO "c" ("p") VALUES(2);\n');
});

test('d1 export: what cannot be exported is said, and leaves the file as it was', async () => {
  const dir = project();
  const sql = "CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('hello')";
  assert.equal((await d1(dir, 'execute', 'goods', '--command', sql)).code, 0);
  writeFileSync(join(dir, 'out.sql'), 'the backup of yesterday');
  const { code, stderr } = await d1(dir, 'export', 'goods', '--output', 'out.sql');
  assert.deepEqual([code, stderr], [1, 'nano: goods: D1 Export error: cannot export databases with Virtual Tables (fts5)\n']);
  assert.equal(readFileSync(join(dir, 'out.sql'), 'utf8'), 'the backup of yesterday');
  assert.equal((await d1(dir, 'export', 'goods', '--output', 'new.sql')).code, 1);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.startsWith('new.sql')),
    [],
  );
  assert.equal((await d1(dir, 'export', 'goods', '--output', 'out.sql', '--table', 'a', '--no-schema')).code, 0);
  assert.equal(readFileSync(join(dir, 'out.sql'), 'utf8'), 'PRAGMA defer_foreign_keys=TRUE;\nINSERT INTO "a" ("x") VALUES(1);\n');
});

test('d1 execute: rows as a table, and what is wrong as a message', async () => {
  const dir = project();
  assert.equal((await d1(dir, 'execute', 'DB', '--command', "SELECT 1 AS one, 'x' AS letter")).stdout, 'one  letter\n---  ------\n1    x\n');
  const wrong = await d1(dir, 'execute', 'DB', '--command', 'SELECT * FROM nowhere');
  assert.deepEqual([wrong.code, wrong.stderr], [1, 'nano: DB: no such table: nowhere: SQLITE_ERROR\n']);
  assert.equal((await d1(dir, 'execute', 'DB', '--command', "ATTACH 'x' AS y")).code, 1);
  assert.equal((await d1(dir, 'execute', 'DB')).code, 2);
});

test("d1: wrangler's own options are taken", async () => {
  const dir = project();
  const on = ['--local', '--persist-to', 'elsewhere', '--config', 'wrangler.json', '-y'];
  assert.equal((await d1(dir, 'execute', 'goods', '--command', 'CREATE TABLE t (a)', ...on)).code, 0);
  assert.equal((await d1(dir, 'execute', 'Goods-1', '--command', 'SELECT count(*) AS n FROM t', '--data', 'elsewhere')).stdout, 'n\n-\n0\n');
  await d1(dir, 'migrations', 'create', 'goods', 'first');
  assert.equal((await d1(dir, 'migrations', 'apply', 'goods', ...on)).code, 0);
});

test('d1 list: databases of bindings and of the data folder', async () => {
  const dir = project();
  await rows(dir, 'other', 'SELECT 1');
  await rows(dir, 'goods', 'SELECT 1');
  const listed = JSON.parse((await d1(dir, 'list', '--json')).stdout) as { id: string; binding: string; bytes: number }[];
  assert.deepEqual(listed.map(({ id, binding, bytes }) => [id, binding, bytes > 0]).sort(), [
    ['Goods-1', 'DB', true],
    ['other', '', true],
  ]);
});

test('d1 info: tells of a database that is there, and makes none', async () => {
  const dir = project();
  const before = await d1(dir, 'info', 'goods');
  assert.equal(before.code, 1);
  assert.match(before.stderr, /there is no database goods in .* yet/);
  assert.equal((await d1(dir, 'info', 'goods')).code, 1);
  await d1(dir, 'execute', 'goods', '--command', 'CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE b (y)');
  const { id, name, group, tables, bytes } = JSON.parse((await d1(dir, 'info', 'DB', '--json')).stdout) as Record<string, unknown>;
  assert.deepEqual([id, name, group, tables, Number(bytes) > 0], ['Goods-1', 'goods', 'default', 2, true]);
});

test('d1 info: says the name that d1 list says', async () => {
  const dir = project();
  const infos = async (...names: string[]): Promise<unknown[]> => {
    const told = await Promise.all(names.map((name) => d1(dir, 'info', name, '--json')));
    return told.map(({ stdout }) => (JSON.parse(stdout) as { name: unknown }).name);
  };
  // An id that no file is named by is listed by its file's name.
  for (const database of ['goods', 'other', 'Odd one']) await d1(dir, 'execute', database, '--command', 'CREATE TABLE a (x)');
  const listed = JSON.parse((await d1(dir, 'list', '--json')).stdout) as { name: string }[];
  const [goods, other, odd] = await infos('goods', 'other', 'Odd one');
  assert.deepEqual([goods, other], ['goods', 'other']);
  assert.deepEqual(listed.map(({ name }) => name).sort(), [goods, other, odd].sort());
  assert.deepEqual(await infos('DB', 'Goods-1'), [goods, goods]);
});
