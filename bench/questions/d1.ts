/** D1 beside Miniflare: what one warm app with one database gets done. */
import { typical, underLoad } from '../kit/contest.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import type { Question, Row } from '../question.ts';

const ROWS = 1000;
const BATCH = 100;

const APP = `
let ready;
const prepare = async (db) => {
  await db.batch([db.prepare('CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT NOT NULL)'), db.prepare('CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)')]);
  const insert = db.prepare('INSERT OR IGNORE INTO users VALUES (?, ?, ?)');
  await db.batch(Array.from({ length: ${ROWS} }, (_, at) => insert.bind(at, 'user ' + at, 'user' + at + '@example.com')));
};
let at = 0;
export default {
  async fetch(request, env) {
    await (ready ??= prepare(env.DB));
    switch (new URL(request.url).pathname) {
      case '/select':
        return Response.json(await env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(at++ % ${ROWS}).first());
      case '/insert':
        return Response.json((await env.DB.prepare('INSERT INTO notes (text) VALUES (?)').bind('a note of some length').run()).meta.last_row_id);
      case '/batch': {
        const insert = env.DB.prepare('INSERT INTO notes (text) VALUES (?)');
        return Response.json((await env.DB.batch(Array.from({ length: ${BATCH} }, () => insert.bind('a note of some length')))).length);
      }
      default:
        return new Response('ok');
    }
  },
};
`;

const WRANGLER = JSON.stringify({ name: 'd1', main: 'index.js', compatibility_date: '2026-01-01', d1_databases: [{ binding: 'DB', database_id: 'bench' }] });
const FILES = { 'd1/index.js': APP, 'd1/wrangler.json': WRANGLER };

const LOADS = [
  { path: '/select', what: 'point select', connections: 64 },
  { path: '/insert', what: 'insert', connections: 64 },
  { path: '/batch', what: `batch of ${BATCH} inserts`, connections: 8 },
] as const;

export const d1: Question = {
  name: 'd1',
  title: 'D1: one warm app, one database',
  method:
    'A request makes one call of D1; `nano serve` with one engine, Miniflare with its data on the same disk; wrk with 64 connections, 8 for batches. Each NANO row is with `"storage": { "fsync": "normal" }`, which is what workerd does: a commit waits for the operating system. The rows with "full", the default, wait for the disk.',
  run: async (effort) => {
    const rows: Row[] = [];
    for (const { path, what, connections } of LOADS) {
      const load = { path, connections };
      const results = await rounds(effort, {
        nano: () => underLoad(effort, () => startNano({ files: FILES, config: { storage: { fsync: 'normal' } } }), load),
        full: () => underLoad(effort, () => startNano({ files: FILES }), load),
        miniflare: () => underLoad(effort, () => startMiniflare(APP, (dir) => ({ d1Databases: { DB: 'bench' }, d1Persist: dir })), load),
      });
      const rate = (name: string): number => typical(results, name, 'requestsPerSecond');
      rows.push(
        { what: `${what}: NANO`, value: rate('nano'), unit: 'req/s' },
        { what: `${what}: NANO, waiting for the disk`, value: rate('full'), unit: 'req/s' },
        { what: `${what}: Miniflare`, value: rate('miniflare'), unit: 'req/s' },
        { what: `${what}: NANO to Miniflare`, value: rate('nano') / rate('miniflare'), unit: '×', goal: { atLeast: 3 } },
        ...(['nano', 'full', 'miniflare'] as const).flatMap((name): Row[] => {
          const who = { nano: 'NANO', full: 'NANO, waiting for the disk', miniflare: 'Miniflare' }[name];
          return [
            { what: `${what}: ${who}, p50`, value: typical(results, name, 'p50'), unit: 'ms' },
            { what: `${what}: ${who}, p99`, value: typical(results, name, 'p99'), unit: 'ms' },
            { what: `${what}: ${who}, CPU time of a request, all processes`, value: typical(results, name, 'cpuUs'), unit: 'µs' },
          ];
        }),
      );
    }
    return rows;
  },
};
