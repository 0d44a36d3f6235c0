/** Data points from an app to the answer of a query. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { type Answer, send } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const WORKER = `export default {
  async fetch(request, env) {
    const tried = (point) => { try { return env.VISITS.writeDataPoint(point) ?? 'written'; } catch (error) { return error.name + ': ' + error.message; } };
    if (new URL(request.url).pathname === '/wrong') return Response.json([
      tried({ indexes: ['a', 'b'] }), tried({ indexes: ['x'.repeat(97)] }), tried({ blobs: Array(21).fill('') }), tried({ blobs: ['x'.repeat(16001)] }),
      tried({ doubles: Array(21).fill(0) }), tried({ doubles: 5 }), tried(5), tried(), tried(null),
    ]);
    if (new URL(request.url).pathname === '/many') { for (let i = 0; i < 300; i++) env.MANY.writeDataPoint({ doubles: [i] }); return new Response('ok'); }
    for (const [page, ms] of [['/a', 10], ['/b', 30], ['/a', 20]]) env.VISITS.writeDataPoint({ indexes: ['site'], blobs: [page, null, new TextEncoder().encode('bytes')], doubles: [ms, Infinity] });
    return new Response('ok');
  },
};`;
const CONFIG = {
  name: 'app',
  main: 'index.js',
  compatibility_date: '2026-01-01',
  analytics_engine_datasets: [{ binding: 'VISITS', dataset: 'visits' }, { binding: 'MANY' }],
};

const query = (server: TestServer, sql: string): Promise<Answer> =>
  send(server.adminPort, {
    path: '/analytics_engine/sql',
    method: 'POST',
    body: sql,
    headers: { host: 'localhost', 'content-length': String(Buffer.byteLength(sql)) },
  });

/** Points are written a moment later: asks until there are some. */
async function until(server: TestServer, sql: string, rows: number): Promise<{ meta: unknown; data: Record<string, unknown>[] }> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await query(server, sql);
    if (answer.status === 200) {
      const parsed = JSON.parse(answer.text) as { meta: unknown; data: Record<string, unknown>[] };
      if (parsed.data.length >= rows) return parsed;
    }
  }
  throw new Error('no points came');
}

test('analytics: points are written, and queries answer as on Cloudflare', async (t) => {
  const server = await serve(t, folder({ 'app/index.js': WORKER, 'app/wrangler.jsonc': JSON.stringify(CONFIG) }));
  await server.get('app');
  await until(server, 'SELECT blob1 FROM visits', 3);
  const sums = await query(
    server,
    "SELECT blob1 AS page, SUM(_sample_interval * double1) AS ms, count() AS visits FROM visits WHERE timestamp > NOW() - INTERVAL '1' DAY AND index1 = 'site' GROUP BY page ORDER BY page FORMAT JSON",
  );
  assert.deepEqual(JSON.parse(sums.text), {
    meta: [
      { name: 'page', type: 'String' },
      { name: 'ms', type: 'Int64' },
      { name: 'visits', type: 'Int64' },
    ],
    data: [
      { page: '/a', ms: 30, visits: 2 },
      { page: '/b', ms: 30, visits: 1 },
    ],
    rows: 2,
    rows_before_limit_at_least: 2,
  });
  const one = JSON.parse((await query(server, 'SELECT * FROM visits LIMIT 1')).text) as { data: Record<string, unknown>[] };
  assert.match(String(one.data[0]?.['timestamp']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual([one.data[0]?.['blob2'], one.data[0]?.['blob3'], one.data[0]?.['double2'], one.data[0]?.['dataset']], ['', 'bytes', 0, 'visits']);
  assert.equal((await query(server, 'SELECT 1 AS one FROM visits LIMIT 2 FORMAT JSONEachRow')).text, '{"one":1}\n{"one":1}\n');
});

test('analytics: what is no point is refused, and an event writes 250 at most', async (t) => {
  const server = await serve(t, folder({ 'app/index.js': WORKER, 'app/wrangler.jsonc': JSON.stringify(CONFIG) }));
  assert.deepEqual(JSON.parse((await server.get('app', '/wrong')).text), [
    'TypeError: writeDataPoint(): Maximum of 1 indexes supported.',
    'TypeError: writeDataPoint(): Size of indexes[0] exceeds 96 bytes).',
    'TypeError: writeDataPoint(): Maximum of 20 blobs supported.',
    'TypeError: writeDataPoint(): Cumulative size of blobs exceeds 16000 bytes).',
    'TypeError: writeDataPoint(): Maximum of 20 doubles supported.',
    "TypeError: Incorrect type for the 'doubles' field on 'AnalyticsEngineEvent': the provided value is not of type 'Array'.",
    "TypeError: Failed to execute 'writeDataPoint' on 'AnalyticsEngine': parameter 1 is not of type 'AnalyticsEngineEvent'.",
    'written',
    'written',
  ]);
  await server.get('app', '/many');
  await until(server, 'SELECT double1 FROM MANY', 250);
  assert.equal(JSON.parse((await query(server, 'SELECT max(double1) AS last FROM MANY')).text).data[0].last, 249);
});

test('analytics: queries do nothing but read, and see nothing else', async (t) => {
  const server = await serve(t, folder({ 'app/index.js': WORKER, 'app/wrangler.jsonc': JSON.stringify(CONFIG) }));
  await server.get('app');
  await until(server, 'SELECT 1 AS one FROM visits', 3);
  for (const sql of [
    'DELETE FROM set0.points -- visits',
    'INSERT INTO set0.points (timestamp) SELECT 1 FROM visits',
    'DROP TABLE set0.points -- visits',
    'CREATE TABLE visits2 AS SELECT * FROM visits',
    "ATTACH '/etc/passwd' AS x -- visits",
    'PRAGMA query_only = OFF',
    "SELECT load_extension('x') FROM visits",
    'SELECT * FROM nobody',
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
    'nonsense',
    '',
  ])
    assert.equal((await query(server, sql)).status, 422, sql);
  assert.equal(JSON.parse((await query(server, 'SELECT count() AS n FROM visits')).text).data[0].n, 3);
  assert.equal((await query(server, 'x'.repeat(100_000))).status, 413);
  // Crossed with itself it would go on for ever: it is ended.
  const long = await query(server, `SELECT count() FROM ${Array.from({ length: 40 }, (_, i) => `visits v${i}`).join(', ')}`);
  assert.match(long.text, /took more than 10 seconds/);
});
