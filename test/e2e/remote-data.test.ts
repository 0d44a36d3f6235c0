/** `nano kv|d1|r2|queues … --to URL`: the same commands on a running server, through its admin port. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { type RunResult, runNano, suiteOwner } from '../support/nano-process.ts';
import { send } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `export default {
  async fetch(request, { KV, DB, BUCKET, JOBS }) {
    const { pathname } = new URL(request.url);
    if (pathname === '/kv') return new Response(await KV.get('from cli'));
    if (pathname === '/d1') return Response.json((await DB.prepare('SELECT name FROM things').all()).results);
    if (pathname === '/r2') return new Response((await BUCKET.get('a/b.bin'))?.body ?? 'none');
    await JOBS.send('job');
    return new Response('sent');
  },
};
`;
const WRANGLER = JSON.stringify({
  name: 'shop',
  main: 'worker.js',
  compatibility_date: '2026-01-01',
  kv_namespaces: [{ binding: 'KV', id: 'Links-1' }],
  d1_databases: [{ binding: 'DB', database_name: 'goods', database_id: 'Goods-1' }],
  r2_buckets: [{ binding: 'BUCKET', bucket_name: 'pictures' }],
  queues: { producers: [{ binding: 'JOBS', queue: 'jobs' }] },
});
const FILES = { 'shop/worker.js': APP, 'shop/wrangler.json': WRANGLER };
const LARGE = Buffer.alloc(3_000_000, 'large value ');

suite('--to', () => {
  const owner = suiteOwner();
  const apps = folder(FILES);
  const project = join(apps, 'shop');
  // A folder with nothing in it: what happens there happens nowhere near the server's data.
  const elsewhere = folder();
  let server: TestServer;
  let to: string;
  before(async () => {
    server = await serve(owner, apps, ['--data', folder()]);
    to = `http://127.0.0.1:${server.adminPort}`;
  });

  const nano = (args: readonly string[], cwd = project, input?: string): Promise<RunResult> =>
    runNano([...args, '--to', to], { cwd, ...(input !== undefined && { input }) });
  const ok = async (args: readonly string[], cwd?: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await nano(args, cwd, input);
    assert.equal(code, 0, `nano ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const refused = async (pattern: RegExp, args: readonly string[], cwd?: string): Promise<void> => {
    const { code, stderr } = await nano(args, cwd);
    assert.match(stderr, pattern);
    assert.equal(code, 1, stderr);
  };

  test('kv key: put, get, list and delete; large values from files and standard input', async () => {
    await ok(['kv', 'key', 'put', 'from cli', 'välue', '--binding', 'KV', '--metadata', '{"a":1}', '--ttl', '600']);
    assert.equal((await server.get('shop', '/kv')).text, 'välue');
    assert.equal(await ok(['kv', 'key', 'get', 'from cli', '--namespace-id', 'Links-1'], elsewhere), 'välue');
    assert.equal(await ok(['kv', 'key', 'get', 'from cli', '--binding', 'KV', '--app', 'shop'], elsewhere), 'välue');
    const file = join(folder(), 'large');
    writeFileSync(file, LARGE);
    await ok(['kv', 'key', 'put', 'large/../%2e?&', '--path', file, '--binding', 'KV']);
    await ok(['kv', 'key', 'put', 'piped', '--path', '-', '--binding', 'KV'], project, LARGE.toString());
    for (const key of ['large/../%2e?&', 'piped']) assert.equal((await ok(['kv', 'key', 'get', key, '--binding', 'KV'])) === LARGE.toString(), true, key);
    const rows = JSON.parse(await ok(['kv', 'key', 'list', '--binding', 'KV'])) as { name: string; metadata?: unknown; expiration?: number }[];
    assert.deepEqual(
      rows.map(({ name, metadata, expiration }) => [name, metadata, expiration !== undefined]),
      [
        ['from cli', { a: 1 }, true],
        ['large/../%2e?&', undefined, false],
        ['piped', undefined, false],
      ],
    );
    await ok(['kv', 'key', 'delete', 'piped', '--binding', 'KV']);
    await refused(/there is no key "piped"/, ['kv', 'key', 'get', 'piped', '--binding', 'KV']);
  });

  test('kv bulk and kv namespace list', async () => {
    const dir = folder();
    const pairs = Array.from({ length: 450 }, (_, at) => ({ key: `bulk-${at}`, value: Buffer.from(`v${at}`).toString('base64'), base64: true }));
    writeFileSync(join(dir, 'pairs.json'), JSON.stringify(pairs));
    writeFileSync(join(dir, 'names.json'), JSON.stringify(['bulk-7', 'bulk-449', 'nothing']));
    await ok(['kv', 'bulk', 'put', join(dir, 'pairs.json'), '--binding', 'KV']);
    const found: unknown = JSON.parse(await ok(['kv', 'bulk', 'get', join(dir, 'names.json'), '--binding', 'KV']));
    assert.deepEqual(found, { 'bulk-7': 'v7', 'bulk-449': 'v449', nothing: null });
    await ok(['kv', 'bulk', 'delete', join(dir, 'names.json'), '--binding', 'KV']);
    const rows = JSON.parse(await ok(['kv', 'key', 'list', '--prefix', 'bulk-', '--binding', 'KV'])) as unknown[];
    assert.equal(rows.length, 448);
    const namespaces = JSON.parse(await ok(['kv', 'namespace', 'list'])) as { id: string }[];
    assert.deepEqual(
      namespaces.map(({ id }) => id),
      ['Links-1'],
    );
  });

  test('d1: migrations, execute, export and list', async () => {
    await ok(['d1', 'migrations', 'create', 'goods', 'things']);
    writeFileSync(join(project, 'migrations/0001_things.sql'), 'CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT);');
    assert.match(await ok(['d1', 'migrations', 'list', 'goods']), /0001_things\.sql/);
    assert.match(await ok(['d1', 'migrations', 'apply', 'goods']), /0001_things\.sql was applied/);
    assert.match(await ok(['d1', 'migrations', 'apply', 'goods']), /no migration is to be applied/);
    await ok(['d1', 'execute', 'DB', '--command', "INSERT INTO things (name) VALUES ('one'), ('it''s')"]);
    assert.equal((await server.get('shop', '/d1')).text, JSON.stringify([{ name: 'one' }, { name: "it's" }]));
    const answer = JSON.parse(await ok(['d1', 'execute', 'goods', '--app', 'shop', '--json', '--command', 'SELECT count(*) AS n FROM things'], elsewhere)) as [
      { results: unknown },
    ];
    assert.deepEqual(answer[0].results, [{ n: 2 }]);
    const file = join(folder(), 'out.sql');
    await ok(['d1', 'export', 'goods', '--output', file, '--table', 'things']);
    assert.match(readFileSync(file, 'utf8'), /INSERT INTO "things" \("id","name"\) VALUES\(2,'it''s'\);\n$/);
    assert.match(await ok(['d1', 'list']), /Goods-1 +goods +DB +default +\d+/);
    assert.match(await ok(['d1', 'info', 'DB']), /Goods-1 +goods +default +2 +\d+/);
    assert.match(await ok(['d1', 'list', '--app', 'shop'], elsewhere), /Goods-1 +goods +DB +default +\d+/);
    assert.match(await ok(['d1', 'info', 'Goods-1', '--app', 'shop'], elsewhere), /Goods-1 +goods +default +2 +\d+/);
    await refused(/goods: no such table: nowhere: SQLITE_ERROR/, ['d1', 'execute', 'goods', '--command', 'SELECT * FROM nowhere']);
    await refused(/the server has no database "other"/, ['d1', 'export', 'other', '--output', file]);
    assert.match(readFileSync(file, 'utf8'), /it''s/, 'the file is as it was');
  });

  test('r2: buckets, objects of any size, keys of S3 clients', async () => {
    assert.match(await ok(['r2', 'bucket', 'create', 'pictures']), /is made/);
    const dir = folder();
    writeFileSync(join(dir, 'in'), LARGE);
    await ok(['r2', 'object', 'put', 'pictures/a/b.bin', '--file', join(dir, 'in'), '--content-type', 'x/y']);
    assert.equal((await server.get('shop', '/r2')).bytes.equals(LARGE), true);
    await ok(['r2', 'object', 'get', 'pictures/a/b.bin', '--file', join(dir, 'out')]);
    assert.equal(readFileSync(join(dir, 'out')).equals(LARGE), true);
    assert.match(await ok(['r2', 'object', 'list', 'pictures/a/']), /3000000 .* a\/b\.bin/);
    assert.match(await ok(['r2', 'bucket', 'info', 'pictures']), /^pictures .* 1 objects {2}3000000 bytes/);
    await refused(/pictures is not empty/, ['r2', 'bucket', 'delete', 'pictures']);
    await ok(['r2', 'object', 'delete', 'pictures/a/b.bin']);
    await refused(/there is no object a\/b\.bin/, ['r2', 'object', 'get', 'pictures/a/b.bin']);
    await refused(/there is no bucket nothing/, ['r2', 'object', 'put', 'nothing/x', '--file', join(dir, 'in')]);
    await ok(['r2', 'bucket', 'delete', 'pictures']);
    assert.equal(await ok(['r2', 'bucket', 'list', '--json']), '[]\n');
    const { accessKeyId } = JSON.parse(await ok(['r2', 'token', 'create', '--json'])) as { accessKeyId: string };
    assert.match(await ok(['r2', 'token', 'list']), new RegExp(accessKeyId));
    await ok(['r2', 'token', 'delete', accessKeyId]);
  });

  test('queues: list, info, purge, pause and resume', async () => {
    await server.get('shop', '/send');
    await server.get('shop', '/send');
    assert.match(await ok(['queues', 'list']), /^jobs {2}2 messages/);
    await ok(['queues', 'pause', 'jobs']);
    assert.match(await ok(['queues', 'info', 'jobs']), /^jobs \(paused\)\nmessages: 2/);
    assert.match(await ok(['queues', 'purge', 'jobs']), /^2 messages dropped/);
    await ok(['queues', 'resume', 'jobs']);
    assert.equal(await ok(['queues', 'pause-delivery', 'jobs']), 'jobs is paused\n');
    assert.equal(await ok(['queues', 'resume-delivery', 'jobs']), 'jobs goes on\n');
    await refused(/there is no queue jbos/, ['queues', 'pause', 'jbos']);
  });

  test('what is not there is said: server, NANO, app, namespace', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end('not here'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    owner.after(async () => void other.close());
    const { port } = other.address() as AddressInfo;
    const at = (address: string): Promise<RunResult> => runNano(['queues', 'list', '--to', address], { cwd: elsewhere });
    assert.match((await at(`http://127.0.0.1:${port}`)).stderr, /is not the admin port of a NANO server \(status 404\)/);
    assert.match((await at(`127.0.0.1:${server.port}`)).stderr, /is not the admin port of a NANO server/);
    assert.match((await at('http://127.0.0.1:1')).stderr, /no server answers at http:\/\/127\.0\.0\.1:1\/: /);
    assert.deepEqual([(await at('ftp://x')).code, (await at('http://user@host')).code], [2, 2]);
    assert.equal((await nano(['queues', 'list', '--data', 'x'])).code, 2);
    await refused(/the server has no app "nobody"/, ['kv', 'key', 'list', '--binding', 'KV', '--app', 'nobody'], elsewhere);
    await refused(/the server has no KV namespace "Links-2" in the trust group "default"/, ['kv', 'key', 'list', '--namespace-id', 'Links-2']);
    await refused(/in the trust group "nobody"/, ['kv', 'key', 'list', '--binding', 'KV', '--group', 'nobody']);
  });

  test('hostile requests: are refused, and nothing is done', async () => {
    const ask = (path: string, headers: Readonly<Record<string, string>> = {}, body = ''): ReturnType<typeof send> =>
      send(server.adminPort, { path, method: 'POST', body, headers: { host: 'localhost', ...headers } });
    const args = (value: unknown): string => `args=${encodeURIComponent(JSON.stringify(value))}`;
    const put = `/data/kv/put?group=default&${args({ id: 'Links-1', key: 'x' })}`;
    assert.equal((await ask(put, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await ask(put, { host: 'evil.example' })).status, 421);
    assert.equal((await ask(put, { 'x-forwarded-for': '192.0.2.1' })).status, 403);
    assert.equal((await send(server.adminPort, { path: put, headers: { host: 'localhost' } })).status, 405);
    assert.equal((await ask('/data/kv/constructor?group=default')).status, 404);
    assert.equal((await ask('/data/__proto__/toString?group=default')).status, 404);
    assert.equal((await ask('/data/kv/list?group=default&args={')).status, 400);
    assert.equal((await ask(`/data/kv/list?group=default&${args({ id: { $ne: 1 } })}`)).status, 400);
    assert.equal((await ask(`/data/kv/list?${args({ id: 'Links-1' })}`)).status, 400);
    assert.equal((await ask(`/data/kv/put?group=default&${args({ id: 'Links-1', key: 'x'.repeat(513) })}`)).status, 422);
    assert.equal((await ask(`/data/kv/put?group=default&${args({ id: 'Links-1', key: 'x', metadata: '{' })}`)).status, 400);
    assert.equal((await ask(`/data/kv/put-many?group=default&${args({ id: 'Links-1' })}`, {}, '[{"key":1}]')).status, 400);
    assert.equal((await ask(`/data/d1/script?group=default&${args({ id: 'Goods-1' })}`, {}, "ATTACH '/etc/passwd' AS x")).status, 422);
    const group = (await ask(`/data/kv/list?group=${encodeURIComponent('../../..')}&${args({ id: '../../x' })}`)).status;
    assert.equal(group, 404);
    assert.match((await nano(['kv', 'key', 'list', '--binding', 'KV'])).stdout, /from cli/);
  });
});

test('--token: a server with one wants it, also from this machine', async (t) => {
  const server = await serve(t, folder(FILES), ['--data', folder()], { env: { NANO_TOKEN: 'the secret' } });
  const ask = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
    runNano(['r2', 'bucket', 'list', '--json', '--to', `127.0.0.1:${server.adminPort}`, ...args], { env: { NANO_TOKEN: '', ...env } });
  assert.match((await ask([])).stderr, /the server wants its token/);
  assert.match((await ask(['--token', 'another'])).stderr, /the server wants its token/);
  assert.equal((await ask(['--token', 'the secret'])).stdout, '[]\n');
  assert.equal((await ask([], { NANO_TOKEN: 'the secret' })).stdout, '[]\n');
});
