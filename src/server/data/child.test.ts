import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import { dataRoute } from '../../control/data-route.ts';
import { sqlDir } from '../../storage/paths.ts';
import { admin, BROKEN, hasBegun, isGone, ODD, type Post, SILENT, standIn } from '../once.fixture.ts';
import { ServedData } from './served.ts';

const SCRIPT = `/data/d1/script?group=default&args=${encodeURIComponent('{"id":"x"}')}`;

type Running = { post: Post; port: number; dir: string; troubles: string[] };

/** An admin server whose operations on D1 are a stand-in; without one they are real. */
async function start(t: TestContext, body?: string): Promise<Running> {
  const dataDir = folder();
  const troubles: string[] = [];
  const source = new ServedData({
    dataDir,
    port: { socket: '', badge: '' },
    fsync: 'normal',
    wakeStores: () => {},
    apps: () => [],
    onTrouble: (message, fields) => troubles.push(`${message} ${JSON.stringify(fields)}`),
    ...(body !== undefined && { childFile: standIn(sqlDir(dataDir), body) }),
  });
  t.after(() => source.close());
  const route = dataRoute({ source, onTrouble: (error) => troubles.push(String(error)) });
  return { ...(await admin(t, route)), dir: sqlDir(dataDir), troubles };
}

const WAS_ODD = 'the process of an operation on a D1 database said what is no answer, and was ended {"operation":"d1/script","group":"default"}';

for (const [what, body] of Object.entries(ODD))
  test(`odd words: ${what}: the process is killed, and whoever asked hears it`, async (t) => {
    const { post, dir, troubles } = await start(t, body);
    const { status, text } = await post(SCRIPT, 'SELECT 1');
    assert.deepEqual([status, text], [422, '{"error":"the operation was ended: what its process said is no answer; the log of the server tells of it"}']);
    await isGone(dir);
    assert.deepEqual(troubles, [WAS_ODD]);
  });

for (const [what, body] of Object.entries(SILENT))
  test(`no answer: ${what}: the process is gone, and whoever asked hears it`, async (t) => {
    const { post, dir, troubles } = await start(t, body);
    const { status, text } = await post(SCRIPT, 'SELECT 1');
    assert.deepEqual([status, text], [422, '{"error":"the operation was ended: it may have needed too much memory"}']);
    await isGone(dir);
    assert.deepEqual(troubles, []);
  });

const STREAMS: typeof BROKEN = {
  'a stream that is one, and another': "say({ type: 'stream' }, { type: 'stream' }); write('x'); live();",
  'a stream of a process that fails': "say({ type: 'stream' }); write('x'); process.exitCode = 1;",
};
for (const [what, body] of Object.entries({ ...BROKEN, ...STREAMS }))
  test(`a broken answer: ${what}: the process is gone, and the connection breaks off`, async (t) => {
    const { post, dir } = await start(t, body);
    await assert.rejects(post(SCRIPT, 'SELECT 1'), { code: 'ECONNRESET' });
    await isGone(dir);
  });

test('an error: its kind is the status; a fault of ours is for the log', async (t) => {
  const error = async (kind: string): Promise<[number, string, string[]]> => {
    const { post, troubles } = await start(t, `say({ type: 'error', kind: '${kind}', message: 'why' }); live();`);
    const { status, text } = await post(SCRIPT);
    return [status, text, troubles];
  };
  assert.deepEqual(await error('invalid'), [400, '{"error":"why"}', []]);
  assert.deepEqual(await error('missing'), [404, '{"error":"why"}', []]);
  assert.deepEqual(await error('failed'), [422, '{"error":"why"}', []]);
  assert.deepEqual(await error('fault'), [500, '{"error":"internal error: the log of the server tells more"}', ['Error: why']]);
});

test('a value: comes as it is, unread; the process that lives on is killed', async (t) => {
  const { post, dir } = await start(t, "write('[no JSON'); say({ type: 'value', bytes: 8 }); live();");
  const { status, text, headers } = await post(SCRIPT);
  assert.deepEqual([status, text, headers['content-type'], headers['content-length']], [200, '{"value":[no JSON}', 'application/json', '18']);
  await isGone(dir);
});

test('a stream: comes whole, also where its process has ended before anybody reads', async (t) => {
  const { post } = await start(t, "say({ type: 'stream' }); write('x'.repeat(50_000)); process.exit(0);");
  assert.equal((await post(SCRIPT)).text, 'x'.repeat(50_000));
});

for (const [what, body] of Object.entries({
  'writes for ever': "say({ type: 'stream' }); for (;;) write('x'.repeat(65536));",
  'has written for ever before it answers': "setImmediate(() => { for (;;) write('x'.repeat(65536)); }); say({ type: 'stream' });",
}))
  test(`a process that ${what} ends when whoever asked is gone`, async (t) => {
    const { port, dir } = await start(t, body);
    const asked = request({ port, host: '127.0.0.1', path: SCRIPT, method: 'POST', headers: { host: 'localhost' } }).end();
    const [response] = await once(asked, 'response');
    await once(response, 'data');
    asked.destroy();
    await isGone(dir);
  });

for (const [what, body] of Object.entries({
  'says nothing': 'live();',
  'announces a frame and never ends it': 'raw(Buffer.from([0, 0, 1, 0, 123])); live();',
  'writes without an answer': "for (;;) write('x'.repeat(65536));",
}))
  test(`a process that ${what} ends when whoever asked is gone`, async (t) => {
    const { dir, port } = await start(t, body);
    const asked = request({ port, host: '127.0.0.1', path: SCRIPT, method: 'POST', headers: { host: 'localhost' } });
    asked.on('error', () => {}).end();
    await hasBegun(dir);
    asked.destroy();
    await isGone(dir);
  });

test('a process that reads nothing of a long script: its answer is heard', async (t) => {
  const { post } = await start(t, "say({ type: 'error', kind: 'invalid', message: 'too long' });");
  const { status, text } = await post(SCRIPT, ' '.repeat(1_000_000));
  assert.deepEqual([status, text], [400, '{"error":"too long"}']);
});

test('after many that were odd there is room for others', async (t) => {
  const { post } = await start(t, ODD['no JSON']);
  for (let round = 0; round < 6; round++) assert.match((await post(SCRIPT)).text, /is no answer/);
});

test('scripts: values of every kind come as JSON', async (t) => {
  const { post } = await start(t);
  const script = `CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'00ff'), (1.5, 'ä"'), (NULL, 9007199254740993), (9e999, '');`;
  await post(SCRIPT, script);
  const { value } = JSON.parse((await post(SCRIPT, 'SELECT a, b FROM t')).text) as { value: { results: unknown }[] };
  assert.deepEqual(value[0]?.results, {
    columns: ['a', 'b'],
    rows: [
      [1, [0, 255]],
      [1.5, 'ä"'],
      [null, 9007199254740992],
      [null, ''],
    ],
  });
});

test('scripts: the answer of many statements comes whole', async (t) => {
  const { post } = await start(t);
  const { value } = JSON.parse((await post(SCRIPT, 'SELECT 1;'.repeat(20_000))).text) as { value: unknown[] };
  assert.equal(value.length, 20_000);
  assert.equal((await post(SCRIPT, '')).text, '{"value":[]}');
});
