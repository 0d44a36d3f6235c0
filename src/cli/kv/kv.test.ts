import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import { type RunResult, runNano } from '../../../test/support/nano-process.ts';
import { dev } from '../../../test/support/server.ts';

const WRANGLER = JSON.stringify({
  name: 'shop',
  main: 'worker.js',
  compatibility_date: '2026-01-01',
  kv_namespaces: [{ binding: 'KV', id: 'Goods' }],
});
const WORKER = `export default {
  async fetch(request, { KV }) {
    if (request.method === 'PUT') await KV.put('from the app', request.body);
    return Response.json([await KV.get('from outside'), await KV.getWithMetadata('from outside')]);
  },
};
`;

const project = (): string => folder({ 'wrangler.json': WRANGLER, 'worker.js': WORKER });

async function kv(cwd: string, ...args: string[]): Promise<RunResult> {
  return runNano(['kv', ...args], { cwd });
}

test('kv key: puts, gets, lists and deletes', async () => {
  const dir = project();
  const on = ['--binding', 'KV'];
  assert.equal((await kv(dir, 'key', 'put', 'a', 'one', ...on)).code, 0);
  assert.equal((await kv(dir, 'key', 'put', 'b', 'two', ...on, '--metadata', '{"n": 2}', '--expiration', '2000000000')).code, 0);
  assert.equal((await kv(dir, 'key', 'get', 'a', ...on)).stdout, 'one');
  // The binding's id names the same namespace.
  const listed = await kv(dir, 'key', 'list', '--namespace-id', 'Goods');
  assert.deepEqual(JSON.parse(listed.stdout), [{ name: 'a' }, { name: 'b', expiration: 2_000_000_000, metadata: { n: 2 } }]);
  assert.equal((await kv(dir, 'key', 'delete', 'a', ...on)).code, 0);
  assert.deepEqual(JSON.parse((await kv(dir, 'key', 'list', '--prefix', 'a', ...on)).stdout), []);
  const missing = await kv(dir, 'key', 'get', 'a', ...on);
  assert.deepEqual([missing.code, missing.stderr], [1, 'nano: there is no key "a"\n']);
  const namespaces = JSON.parse((await kv(dir, 'namespace', 'list')).stdout) as unknown;
  assert.deepEqual(namespaces, [{ id: 'Goods', title: 'shop-KV', group: 'default' }]);
});

test("kv: wrangler's own options are taken", async () => {
  const dir = project();
  const on = ['--binding', 'KV', '--local', '--persist-to', 'elsewhere', '-c', 'wrangler.json'];
  writeFileSync(join(dir, 'names.json'), '["a"]');
  assert.equal((await kv(dir, 'key', 'put', 'a', 'one', ...on)).code, 0);
  assert.equal((await kv(dir, 'key', 'get', 'a', '--namespace-id', 'Goods', '--data', 'elsewhere')).stdout, 'one');
  assert.equal((await kv(dir, 'bulk', 'delete', 'names.json', '--force', ...on)).code, 0);
  assert.equal((await kv(dir, 'key', 'list', ...on)).stdout.trim(), '[]');
});

test('kv key: values from files come out as they went in', async () => {
  const dir = project();
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  writeFileSync(join(dir, 'value'), bytes);
  assert.equal((await kv(dir, 'key', 'put', 'file', '--path', 'value', '--namespace-id', 'any', '--data', 'data')).code, 0);
  writeFileSync(
    join(dir, 'pairs.json'),
    JSON.stringify([
      { key: 'x', value: bytes.subarray(0, 300).toString('base64'), base64: true, metadata: [1] },
      { key: 'y', value: 'text' },
    ]),
  );
  writeFileSync(join(dir, 'names.json'), JSON.stringify(['y', { name: 'z' }]));
  const on = ['--namespace-id', 'any', '--data', 'data'];
  assert.equal((await kv(dir, 'bulk', 'put', 'pairs.json', ...on)).code, 0);
  assert.deepEqual(JSON.parse((await kv(dir, 'bulk', 'get', 'names.json', ...on)).stdout), { y: 'text', z: null });
  assert.equal((await kv(dir, 'bulk', 'delete', 'names.json', ...on)).code, 0);
  assert.deepEqual(JSON.parse((await kv(dir, 'key', 'list', ...on)).stdout), [{ name: 'file' }, { name: 'x', metadata: [1] }]);
  assert.equal(readFileSync(join(dir, 'value')).equals(bytes), true);
});

test('kv: what is wrong is said, with the exit code', async () => {
  const dir = project();
  const on = ['--binding', 'KV'];
  const [noTarget, both, noBinding, noValue, noJson, ttl, noFile, group] = await Promise.all([
    kv(dir, 'key', 'get', 'a'),
    kv(dir, 'key', 'get', 'a', ...on, '--namespace-id', 'x'),
    kv(dir, 'key', 'get', 'a', '--binding', 'OTHER'),
    kv(dir, 'key', 'put', 'a', ...on),
    kv(dir, 'key', 'put', 'a', 'v', '--metadata', '{', ...on),
    kv(dir, 'key', 'put', 'a', 'v', '--ttl', '59', ...on),
    kv(dir, 'bulk', 'put', 'missing.json', ...on),
    kv(dir, 'key'),
  ]);
  assert.deepEqual(
    [noTarget, both, noBinding, noValue, noJson, ttl, noFile, group].map((run) => run?.code),
    [2, 2, 2, 2, 2, 1, 1, 2],
  );
  assert.match(String(noBinding?.stderr), /shop has no KV namespace "OTHER"/);
  assert.match(String(ttl?.stderr), /KV PUT failed: 400 Invalid expiration_ttl of 59/);
  assert.match(String(noFile?.stderr), /missing\.json: ENOENT/);
});

test('kv: works beside a running server, both ways', async (t) => {
  const dir = project();
  const server = await dev(t, dir);
  assert.deepEqual(JSON.parse((await server.get('shop')).text), [null, { value: null, metadata: null, cacheStatus: null }]);
  await kv(dir, 'key', 'put', 'from outside', 'hello', '--metadata', '1', '--binding', 'KV');
  assert.deepEqual(JSON.parse((await server.get('shop')).text), ['hello', { value: 'hello', metadata: 1, cacheStatus: null }]);
  await server.get('shop', '/', { method: 'PUT', body: 'x'.repeat(100_000) });
  assert.equal((await kv(dir, 'key', 'get', 'from the app', '--binding', 'KV')).stdout.length, 100_000);
});
