import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { folder } from '../../test/support/folder.ts';
import { storageDir } from '../storage/paths.ts';
import { openAnalytics } from './analytics-query.ts';
import { admin, BROKEN, isGone, ODD, type Post, SILENT, standIn } from './once.fixture.ts';

const SQL = '/analytics_engine/sql?group=mine';

type Running = { post: Post; dir: string; troubles: string[] };

/** An admin server whose queries are a stand-in; without one they are real. */
async function start(t: TestContext, body?: string): Promise<Running> {
  const dataDir = folder();
  const dir = storageDir(dataDir);
  mkdirSync(dir);
  const troubles: string[] = [];
  const route = openAnalytics({
    dataDir,
    onTrouble: (message, fields) => troubles.push(`${message} ${JSON.stringify(fields)}`),
    ...(body !== undefined && { file: standIn(dir, body) }),
  });
  return { post: (await admin(t, route)).post, dir, troubles };
}

const WAS_ODD = 'the process of a query over analytics said what is no answer, and was ended {"group":"mine"}';

for (const [what, body] of Object.entries({ ...ODD, 'a stream, which no query has': "say({ type: 'stream' }); for (;;) write(' '.repeat(65536));" }))
  test(`odd words: ${what}: the process is killed, and whoever asked hears it`, async (t) => {
    const { post, dir, troubles } = await start(t, body);
    const { status, text } = await post(SQL, 'SELECT 1');
    assert.deepEqual([status, text], [422, 'the query was ended: what its process said is no answer; the log of the server tells of it\n']);
    await isGone(dir);
    assert.deepEqual(troubles, [WAS_ODD]);
  });

for (const [what, body] of Object.entries(SILENT))
  test(`no answer: ${what}: the process is gone, and whoever asked hears it`, async (t) => {
    const { post, dir, troubles } = await start(t, body);
    const { status, text } = await post(SQL, 'SELECT 1');
    assert.deepEqual([status, text], [422, 'the query was ended: it may have needed too much memory\n']);
    await isGone(dir);
    assert.deepEqual(troubles, []);
  });

for (const [what, body] of Object.entries(BROKEN))
  test(`a broken answer: ${what}: the process is gone, and whoever asked hears it`, async (t) => {
    const { post, dir } = await start(t, body);
    const { status, text } = await post(SQL, 'SELECT 1');
    assert.deepEqual([status, text], [422, 'the query was ended before it had answered\n']);
    await isGone(dir);
  });

test('after many that were odd there is room for others', async (t) => {
  const { post } = await start(t, ODD['no JSON']);
  for (let round = 0; round < 6; round++) assert.match((await post(SQL, 'SELECT 1')).text, /is no answer/);
});

test('an answer: comes as it is, unread; the process that lives on is killed', async (t) => {
  const { post, dir } = await start(t, "write('[no JSON'); say({ type: 'value', bytes: 8 }); live();");
  const { status, text, headers } = await post(SQL, 'SELECT 1');
  assert.deepEqual([status, text, headers['content-type']], [200, '[no JSON', 'application/json']);
  await isGone(dir);
});

test('queries: columns and rows, on lines of their own where that is wanted', async (t) => {
  const { post } = await start(t);
  const sql = `SELECT 1 AS one, 1.5 AS half, 'ä"' AS text, NULL AS empty, 9e999 AS most, x'01ff' AS bytes UNION ALL SELECT 2, 2, '', 1, 1, 1`;
  const row = '{"one":1,"half":1.5,"text":"ä\\"","empty":null,"most":null,"bytes":{"0":1,"1":255}}';
  const last = '{"one":2,"half":2,"text":"","empty":1,"most":1,"bytes":1}';
  const types = { one: 'Int64', half: 'Float64', text: 'String', empty: 'Int64', most: 'Float64', bytes: 'Int64' };
  const meta = Object.entries(types).map(([name, type]) => ({ name, type }));
  const counts = '"rows":2,"rows_before_limit_at_least":2';
  assert.equal((await post(SQL, sql)).text, `{"meta":${JSON.stringify(meta)},"data":[${row},${last}],${counts}}`);
  const lines = await post(SQL, `${sql} FORMAT JSONEachRow`);
  assert.deepEqual([lines.text, lines.headers['content-type']], [`${row}\n${last}\n`, 'application/x-ndjson']);
  assert.equal(
    (await post(SQL, 'SELECT 1 AS one WHERE 0')).text,
    '{"meta":[{"name":"one","type":"String"}],"data":[],"rows":0,"rows_before_limit_at_least":0}',
  );
  assert.equal((await post(SQL, 'SELECT 1 AS one WHERE 0 FORMAT JSONEachRow')).text, '');
});

test('queries: what is too much is refused', async (t) => {
  const { post } = await start(t);
  const refused = async (sql: string): Promise<string> => {
    const { status, text } = await post(SQL, sql);
    assert.equal(status, 422, sql);
    return text;
  };
  // Cells that are short, and a name that each row has again.
  const numbers = `(VALUES ${Array.from({ length: 40 }, (_, at) => `(${at})`).join()})`;
  assert.equal(await refused(`SELECT 1 AS "${'x'.repeat(50_000)}" FROM ${numbers}, ${numbers}`), 'the answer is too large: select less\n');
  assert.equal(await refused('SELECT hex(zeroblob(9000000)) AS text'), 'the answer is too large: select less\n');
});
