/** D1 under a running server: its processes are killed, the server is, and what was answered is there. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { type Program, processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `export default {
  async fetch(request, { DB }) {
    const url = new URL(request.url);
    try {
      const { results } = await DB.prepare(url.searchParams.get('sql')).bind(...url.searchParams.getAll('value')).run();
      return Response.json(results);
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
`;
const WRANGLER = JSON.stringify({ main: 'worker.js', compatibility_date: '2026-01-01', d1_databases: [{ binding: 'DB' }] });
const apps = (): string => folder({ 'one/worker.js': APP, 'one/wrangler.json': WRANGLER, 'two/worker.js': APP, 'two/wrangler.json': WRANGLER });

async function ask(server: TestServer, app: string, sql: string, ...values: unknown[]): Promise<unknown> {
  const query = new URLSearchParams([['sql', sql], ...values.map((value): [string, string] => ['value', String(value)])]);
  return JSON.parse((await server.get(app, `/?${query}`)).text) as unknown;
}

suite('D1', { skip: process.platform !== 'linux' }, () => {
  test('kill -9 of the server: what was answered is there afterwards', async (t) => {
    const root = apps();
    const data = folder();
    const first = await serve(t, root, ['--data', data]);
    await ask(first, 'one', 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
    for (let id = 0; id < 20; id++) assert.deepEqual(await ask(first, 'one', 'INSERT INTO t VALUES (?)', id), []);
    first.process.child.kill('SIGKILL');
    await first.process.ended;
    const second = await serve(t, root, ['--data', data]);
    assert.deepEqual(await ask(second, 'one', 'SELECT count(*) AS n FROM t'), [{ n: 20 }]);
  });

  test('kill -9 of the router and of its processes: D1 goes on by itself', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    await ask(server, 'one', 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
    let inserted = 0;
    for (const program of ['sql', 'sql-worker', 'sql'] satisfies Program[]) {
      const pids = processesOf(server, program);
      assert.ok(pids.length > 0, `${program} runs`);
      const writes = Array.from({ length: 10 }, (_, at) => ask(server, 'one', 'INSERT INTO t (id) VALUES (?) RETURNING id', inserted + at));
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const answers = await Promise.all(writes);
      const ids = (await ask(server, 'one', 'SELECT id FROM t')) as { id: number }[];
      for (const [at, answer] of answers.entries()) if (Array.isArray(answer)) assert.ok(ids.some(({ id }) => id === inserted + at));
      inserted += 10;
    }
    assert.deepEqual(await ask(server, 'two', 'SELECT 1 AS a'), [{ a: 1 }]);
  });

  test('kill -9 of its processes: for the app it is the same connection', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    await ask(server, 'one', 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await ask(server, 'one', 'PRAGMA case_sensitive_like = on');
    await ask(server, 'one', 'INSERT INTO t VALUES (40), (41), (42)');
    for (const pid of processesOf(server, 'sql-worker')) {
      process.kill(pid, 'SIGKILL');
      await server.line({ msg: 'a SQL process ended unexpectedly', pid });
    }
    const state = await ask(server, 'one', "SELECT changes() AS changes, last_insert_rowid() AS row, 'a' LIKE 'A' AS alike");
    assert.deepEqual(state, [{ changes: 3, row: 42, alike: 0 }]);
  });

  test('an endless query of one app: another app does not wait', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    await ask(server, 'two', 'SELECT 1');
    let isOver = false;
    const endless = ask(server, 'one', 'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c').then((answer) => {
      isOver = true;
      return answer;
    });
    for (let count = 0; count < 20; count++) assert.deepEqual(await ask(server, 'two', 'SELECT 1 AS a'), [{ a: 1 }]);
    assert.equal(isOver, false);
    // It need not come to its 30 s: whoever ends its process tells it the same way.
    for (const pid of processesOf(server, 'sql-worker')) process.kill(pid, 'SIGKILL');
    assert.match(JSON.stringify(await endless), /object to be reset/);
  });

  test('what no app should send: is answered, and the next query, too', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    const nasty = [
      "ATTACH '/etc/passwd' AS p",
      "VACUUM INTO '/tmp/out.sqlite'",
      "SELECT load_extension('/tmp/x.so')",
      'PRAGMA temp_store_directory',
      'PRAGMA writable_schema = 1',
      "SELECT writefile('/tmp/x', 'y')",
      'SELECT * FROM sqlite_dbpage',
      'SELECT * FROM dbstat',
      `SELECT ${'('.repeat(5000)}1`,
      'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT hex(zeroblob(1000000)) FROM c',
      'CREATE TABLE _cf_x (a)',
    ];
    for (const sql of nasty) assert.equal(typeof ((await ask(server, 'one', sql)) as { error?: string }).error, 'string', sql);
    assert.deepEqual(await ask(server, 'one', 'SELECT 1 AS a'), [{ a: 1 }]);
    assert.deepEqual(await ask(server, 'two', 'SELECT name FROM sqlite_schema'), []);
  });
});
