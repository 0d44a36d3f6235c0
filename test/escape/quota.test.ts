/** Apps that try to fill the disk: each way ends at the app's quota, on the disk itself, and a neighbour goes on writing. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { AppUsage } from '../../src/control/admin-server.ts';
import { folder, put } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const MB = 1024 * 1024;
const QUOTA = 8 * MB;

const APP = `
const bytes = (n) => crypto.getRandomValues(new Uint8Array(65536)).slice(0, n);
const big = (n) => { const all = new Uint8Array(n); for (let at = 0; at < n; at += 65536) all.set(bytes(Math.min(65536, n - at)), at); return all; };
/** Does it again and again, up to so many times. */
async function until(most, work) {
  for (let i = 0; i < most; i++) {
    try { await work(i); } catch (error) { return { at: i, error: error.message }; }
  }
  return { at: most, error: null };
}
const from = (url) => Number(url.searchParams.get('from') ?? 0);
const actions = {
  kv: (env) => until(300, (i) => env.KV.put('key' + i, big(60_000))),
  large: (env) => until(100, (i) => env.KV.put('large' + i, big(1_000_000))),
  unknown: (env) => until(30, (i) => {
    let left = 20;
    const body = new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(bytes(50_000)); else c.close(); } });
    return env.KV.put('stream' + i, body);
  }),
  tiny: (env, url) => until(900, (i) => env.KV.put('t' + (from(url) + i) + '-'.repeat(400), '', { metadata: 'm'.repeat(1000) })),
  spread: (env) => until(300, (i) => env['KV' + (i % 4)].put('key' + i, big(60_000))),
  objects: (env) => until(300, (i) => env.R2.put('key' + i, big(i % 2 === 0 ? 50_000 : 500_000))),
  parts: async (env) => {
    const upload = await env.R2.createMultipartUpload('never');
    return until(300, (i) => upload.uploadPart(i + 1, big(i % 2 === 0 ? 10 : 400_000)));
  },
  overwritten: async (env) => {
    const upload = await env.R2.createMultipartUpload('again');
    return until(60, () => upload.uploadPart(1, big(400_000)));
  },
  uploads: (env, url) => until(900, (i) => env.R2.createMultipartUpload('k'.repeat(1000) + from(url) + i, { customMetadata: { m: 'm'.repeat(2000) } })),
  held: async (env) => {
    const held = [];
    for (let i = 0; i < 20; i++) {
      const { readable, writable } = new FixedLengthStream(1_000_000);
      const writer = writable.getWriter();
      writer.write(bytes(65536)).catch(() => {});
      held.push({ writer, upload: env.R2.put('held' + i, readable).then(() => null, (error) => error.message) });
    }
    // Until each of them is under way or refused.
    for (let i = 0; i < 100; i++) await env.R2.list();
    for (const { writer } of held) writer.abort(new Error('enough')).catch(() => {});
    const errors = await Promise.all(held.map(({ upload }) => upload));
    const refused = errors.filter((error) => error?.includes('quota'));
    return { at: held.length - refused.length, error: refused[0] ?? null };
  },
  sql: async (env) => {
    await env.DB.exec('CREATE TABLE IF NOT EXISTS t (a)');
    return until(300, () => env.DB.prepare('INSERT INTO t VALUES (randomblob(100000))').run());
  },
  sqls: async (env) => {
    const all = await Promise.all([env.DB, env.DB2].map(async (db) => {
      await db.exec('CREATE TABLE IF NOT EXISTS t (a)');
      return until(300, () => db.prepare('INSERT INTO t VALUES (randomblob(100000))').run());
    }));
    return all[0];
  },
  statement: async (env) => {
    await env.DB.exec('CREATE TABLE IF NOT EXISTS t (a)');
    const sql = 'INSERT INTO t WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000) SELECT randomblob(100000) FROM c';
    return until(3, () => env.DB.prepare(sql).run());
  },
  queue: (env) => until(300, () => env.QUEUE.send(big(100_000), { contentType: 'bytes', delaySeconds: 86400 })),
  batches: (env) => until(300, () => env.QUEUE.sendBatch(Array.from({ length: 100 }, () => ({ body: '' })), { delaySeconds: 86400 })),
  points: (env) => until(250, () => env.POINTS.writeDataPoint({ blobs: ['b'.repeat(15_000)] })),
  mixed: (env) => until(200, async (i) => {
    await env.KV.put('key' + i, big(60_000));
    await env.R2.put('key' + i, big(60_000));
    await env.QUEUE.send(big(60_000), { contentType: 'bytes', delaySeconds: 86400 });
  }),
  churn: async (env) => {
    let last;
    for (let round = 0; round < 4; round++) {
      const store = env['KV' + round];
      last = await until(200, (i) => store.put('key' + i, big(60_000)));
      for (let i = 0; i < last.at; i++) await store.delete('key' + i);
    }
    return last;
  },
};
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const outcome = Promise.try(() => actions[url.pathname.slice(1)](env, url));
    return outcome.then(Response.json, (error) => new Response(String(error), { status: 500 }));
  },
};`;

const GOOD = `export default { async fetch(request, env) {
  await env.KV.put('count', String(Number((await env.KV.get('count')) ?? 0) + 1));
  await env.KV.put('large', new Uint8Array(200_000));
  await env.R2.put('object', new Uint8Array(200_000));
  await env.DB.exec('CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)');
  await env.QUEUE.send('hello', { delaySeconds: 3600 });
  return new Response(await env.KV.get('count'));
} };`;

const wrangler = (name: string, cpu_ms: number): string =>
  JSON.stringify({
    name,
    main: 'index.js',
    compatibility_date: '2026-10-01',
    limits: { cpu_ms },
    nano: { limits: { storage_mb: QUOTA / MB } },
    kv_namespaces: ['KV', 'KV0', 'KV1', 'KV2', 'KV3'].map((binding) => ({ binding, id: `${name}-${binding.toLowerCase()}` })),
    r2_buckets: [{ binding: 'R2', bucket_name: `${name}-bucket` }],
    d1_databases: ['DB', 'DB2'].map((binding) => ({ binding, database_name: binding, database_id: `${name}-${binding.toLowerCase()}` })),
    queues: { producers: [{ binding: 'QUEUE', queue: `${name}-queue` }] },
    analytics_engine_datasets: [{ binding: 'POINTS', dataset: `${name}_points` }],
  });

/** Each attack is made by an app of its own, and ends with these words. */
const KV_TEXT = 'KV PUT failed: 507 This app has used up its disk quota (storage_mb).';
const ATTACKS: Readonly<Record<string, string | null>> = {
  kv: KV_TEXT,
  large: KV_TEXT,
  // Room is kept for the longest value.
  unknown: KV_TEXT,
  tiny: KV_TEXT,
  spread: KV_TEXT,
  churn: KV_TEXT,
  objects: 'put: This app has used up its disk quota (storage_mb). (10099)',
  parts: 'uploadPart: This app has used up its disk quota (storage_mb). (10099)',
  uploads: 'createMultipartUpload: This app has used up its disk quota (storage_mb). (10099)',
  held: 'put: This app has used up its disk quota (storage_mb). (10099)',
  sql: 'D1_ERROR: Exceeded maximum DB size.',
  sqls: 'D1_ERROR: Exceeded maximum DB size.',
  statement: 'D1_ERROR: Exceeded maximum DB size.',
  queue: 'Queue send failed: Storage Limit Exceeded',
  batches: 'Queue sendBatch failed: Storage Limit Exceeded',
  // Nobody waits for points: they are dropped.
  points: null,
  // What takes the place of something else needs no more room.
  overwritten: null,
};

suite('filling the disk', () => {
  const owner = suiteOwner();
  let server: TestServer;
  let data: string;
  before(async () => {
    const dir = folder({ 'good/index.js': GOOD, 'good/wrangler.json': wrangler('good', 1000) });
    for (const name of [...Object.keys(ATTACKS), 'mixed']) put(dir, { [`${name}/index.js`]: APP, [`${name}/wrangler.json`]: wrangler(name, 30_000) });
    server = await serve(owner, dir);
    data = join(dir, '.nano');
  });

  const attack = async (name: string, query = ''): Promise<{ at: number; error: string | null }> => {
    const { status, text } = await server.get(name, `/${name}${query}`);
    assert.equal(status, 200, text);
    return JSON.parse(text) as { at: number; error: string | null };
  };
  const usage = async (app: string): Promise<AppUsage['storage']> => (JSON.parse((await server.admin(`/apps/${app}/usage`)).text) as AppUsage).storage;

  /** What an app has on the disk but for the write-ahead logs, which are cut back. */
  const onDisk = (app: string): number =>
    readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && `${entry.parentPath}/${entry.name}`.match(new RegExp(`/${app}[-_]`)) !== null && !/-(?:wal|shm)$/.test(entry.name))
      .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);

  /** Files that are to go do so a moment later. */
  const settled = async (holds: () => boolean): Promise<boolean> => {
    for (let tries = 0; tries < 2000; tries++) {
      if (holds()) return true;
      await server.admin('/healthz');
    }
    return false;
  };

  for (const [name, text] of Object.entries(ATTACKS)) {
    test(`${name}: ends at the quota, and the neighbour goes on`, async () => {
      let outcome = await attack(name);
      for (let from = 1; outcome.error === null && text !== null && from < 12; from++) outcome = await attack(name, `?from=${from * 1000}`);
      assert.equal(outcome.error, text);
      assert.ok(await settled(() => onDisk(name) <= QUOTA), `${onDisk(name)} bytes are on the disk`);
      assert.match((await server.get('good')).text, /^\d+$/);
    });
  }

  test('all products together end at the quota', async () => {
    const { error } = await attack('mixed');
    assert.ok(error !== null);
    for (let tries = 0; ; tries++) {
      const { bytes } = await usage('mixed');
      const total = Object.values(bytes).reduce((sum, one) => sum + one, 0);
      assert.ok(total <= QUOTA);
      if (total > QUOTA * 0.9 && (bytes['queues'] ?? 0) > MB && (bytes['r2'] ?? 0) > MB && (bytes['kv'] ?? 0) > MB) break;
      assert.ok(tries < 100, JSON.stringify(bytes));
    }
  });
});
