/** Disk quotas as an operator sees them: in the figures of an app, in the log, for S3 clients, after deaths and new versions. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { AwsClient } from 'aws4fetch';
import type { AppUsage } from '../../src/control/admin-server.ts';
import { folder, put } from '../support/folder.ts';
import { runNano, suiteOwner } from '../support/nano-process.ts';
import { processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const MB = 1024 * 1024;
const APP = `export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get('key') ?? 'key';
    const size = Number(searchParams.get('size') ?? 0);
    const actions = {
      '/kv': () => env.KV.put(key, new Uint8Array(size)),
      '/kv-get': async () => (await env.KV.get(key, 'arrayBuffer'))?.byteLength,
      '/kv-delete': () => env.KV.delete(key),
      '/r2': () => env.R2.put(key, new Uint8Array(size)),
      '/d1': async () => {
        await env.DB.exec('CREATE TABLE IF NOT EXISTS t (a)');
        await env.DB.prepare('INSERT INTO t VALUES (zeroblob(?))').bind(size).run();
      },
      '/queue': () => env.QUEUE.send('x'.repeat(size), { delaySeconds: 3600 }),
      '/points': () => env.POINTS.writeDataPoint({ blobs: ['x'.repeat(size)] }),
    };
    try {
      return new Response(String(await actions[pathname]()));
    } catch (error) {
      return new Response(error.message, { status: 507 });
    }
  },
};`;
const FULL = 'KV PUT failed: 507 This app has used up its disk quota (storage_mb).';

const wrangler = (storage_mb: number, kv = 'shop-kv'): string =>
  JSON.stringify({
    name: 'shop',
    main: 'index.js',
    compatibility_date: '2026-10-01',
    nano: { limits: { storage_mb } },
    kv_namespaces: [{ binding: 'KV', id: kv }],
    r2_buckets: [{ binding: 'R2', bucket_name: 'shop-bucket' }],
    d1_databases: [{ binding: 'DB', database_name: 'db', database_id: 'shop-db' }],
    queues: { producers: [{ binding: 'QUEUE', queue: 'shop-queue' }] },
    analytics_engine_datasets: [{ binding: 'POINTS', dataset: 'shop_points' }],
  });

suite('disk quotas', () => {
  const owner = suiteOwner();
  let dir: string;
  let server: TestServer;
  before(async () => {
    dir = folder({ 'shop/index.js': APP, 'shop/wrangler.json': wrangler(4) });
    server = await serve(owner, dir);
  });

  const shop = async (path: string): Promise<string> => (await server.get('shop', path)).text;
  const usage = async (): Promise<AppUsage> => JSON.parse((await server.admin('/apps/shop/usage')).text) as AppUsage;
  /** What processes tell comes a moment later: asks until it is as expected, or the test's time is over. */
  const until = async (holds: (usage: AppUsage) => boolean): Promise<AppUsage> => {
    for (let tries = 0; ; tries++) {
      const now = await usage();
      if (holds(now)) return now;
      assert.ok(tries < 400, JSON.stringify(now.storage));
      await server.admin('/metrics');
    }
  };
  const bytesOf = ({ storage: { bytes } }: AppUsage): number => Object.values(bytes).reduce((sum, one) => sum + one, 0);

  test('usage: bytes by product, and the limit', async () => {
    for (const path of ['/kv?size=200000', '/r2?size=300000', '/d1?size=100000', '/queue?size=50000', '/points?size=10000']) await shop(path);
    const { storage } = await until(({ storage: { bytes } }) => ['kv', 'r2', 'd1', 'queues', 'analytics'].every((product) => (bytes[product] ?? 0) > 10_000));
    assert.equal(storage.limit, 4 * MB);
    assert.ok((storage.bytes['kv'] ?? 0) > 200_000 && (storage.bytes['kv'] ?? 0) < 300_000);
    // The text as JSON, and what a message has about itself.
    assert.equal(storage.bytes['queues'], 50_258);
    assert.equal(await server.metric('nano_app_storage_bytes', { app: 'shop', product: 'queues' }), 50_258);
    assert.equal(await server.metric('nano_app_storage_limit_bytes', { app: 'shop' }), 4 * MB);
  });

  test('a write that there is no room for: is refused, told of and counted; deleting makes room', async () => {
    for (let i = 0; i < 3; i++) assert.equal(await shop(`/kv?key=large${i}&size=1000000`), 'undefined');
    assert.equal(await shop('/kv?key=last&size=1000000'), FULL);
    assert.equal(await shop('/r2?size=3000000'), 'put: This app has used up its disk quota (storage_mb). (10099)');
    // The SQL processes hear of it a moment later.
    await until(({ storage: { bytes } }) => (bytes['kv'] ?? 0) > 3_000_000);
    assert.equal(await shop('/d1?size=1900000'), 'D1_ERROR: Exceeded maximum DB size.');
    const line = await server.line({ event: 'limit', limit: 'storage', app: 'shop', product: 'kv' });
    assert.equal(line['most'], 4 * MB);
    assert.ok(((await until(({ limitHits }) => (limitHits['storage'] ?? 0) >= 3)).limitHits['storage'] ?? 0) >= 3);
    assert.ok((await server.metric('nano_limit_hits_total', { app: 'shop', limit: 'storage' })) >= 3);
    assert.equal(await shop('/kv-get?key=large0'), '1000000');
    assert.equal(await shop('/kv?key=large0&size=900000'), 'undefined');
    await shop('/kv-delete?key=large0');
    assert.equal(await shop('/kv?key=last&size=900000'), 'undefined');
    assert.equal(await shop('/kv?key=large0&size=900000'), FULL);
  });

  test('S3 clients: are refused, too, and may delete', async () => {
    const keys = JSON.parse((await runNano(['r2', 'token', 'create', '--json', '--data', '.nano'], { cwd: dir })).stdout) as {
      accessKeyId: string;
      secretAccessKey: string;
    };
    const client = new AwsClient({ ...keys, service: 's3', region: 'auto', retries: 0 });
    const url = (key: string): string => `http://127.0.0.1:${server.adminPort}/s3/shop-bucket/${key}`;
    const refused = await client.fetch(url('large'), { method: 'PUT', body: new Uint8Array(2 * MB) });
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /<Code>QuotaExceeded<\/Code>/);
    assert.equal((await client.fetch(url('key'), { method: 'DELETE' })).status, 204);
  });

  test('the store process dies: what is stored counts again', async () => {
    for (const program of ['store', 'sql'] as const) for (const pid of processesOf(server, program)) process.kill(pid, 'SIGKILL');
    await server.line({ msg: 'the store process ended and is started again' });
    let answer: string;
    // On a busy machine a new process takes longer than calls wait for one.
    do answer = await shop('/kv?key=large0&size=1500000');
    while (answer.startsWith('Internal error'));
    assert.equal(answer, FULL);
    assert.equal(await shop('/kv-get?key=last'), '900000');
    await until(({ storage: { bytes } }) => (bytes['kv'] ?? 0) > 3_000_000 && (bytes['d1'] ?? 0) > 100_000);
  });

  test('the server is killed and started again: what was stored counts, whatever the app names now', async () => {
    server.process.signal('SIGKILL');
    await server.process.ended;
    server = await serve(owner, dir);
    const before = await until((now) => bytesOf(now) > 2.5 * MB);
    assert.ok((before.storage.bytes['d1'] ?? 0) > 100_000);
    assert.equal(await shop('/kv?key=large0&size=1500000'), FULL);
    put(dir, { 'shop/wrangler.json': wrangler(4, 'another-kv') });
    await server.line({ msg: 'new version live', app: 'shop' });
    assert.equal(await shop('/kv?key=large0&size=1500000'), FULL);
    assert.ok(bytesOf(await until((now) => bytesOf(now) > 2.5 * MB)) > 2.5 * MB);
  });

  test('the limit is raised: there is room at once', async () => {
    const mark = server.mark;
    put(dir, { 'shop/wrangler.json': wrangler(8, 'another-kv') });
    await server.line({ msg: 'new version live', app: 'shop' }, mark);
    assert.equal(await shop('/kv?key=large0&size=1500000'), 'undefined');
    assert.equal((await usage()).storage.limit, 8 * MB);
  });
});
