/** R2 beside Miniflare: what one warm app with one bucket gets done. */
import { startBare } from '../kit/bare.ts';
import { typical } from '../kit/contest.ts';
import { type Duel, duel } from '../kit/duel.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import type { Question, Row } from '../question.ts';

const LARGE = 10 * 1024 * 1024;
const KEYS = 900;
/** @param many objects of 10 MB, beside one */
const source = (many: number): string => `
const small = 'x'.repeat(1024);
const large = new Uint8Array(${LARGE}).fill(7);
let ready;
const prepare = async (bucket) => {
  await bucket.put('large', large);
  for (let at = 0; at < ${many}; at++) await bucket.put('one of many ' + at, large);
  for (let at = 0; at < ${KEYS}; at += 100) await Promise.all(Array.from({ length: 100 }, (_, more) => bucket.put('key ' + (at + more), small)));
};
let at = 0;
const next = () => 'key ' + (at++ % ${KEYS});
export default {
  async fetch(request, { BUCKET }) {
    switch (new URL(request.url).pathname) {
      case '/get':
        return new Response((await BUCKET.get(next())).body);
      case '/put':
        await BUCKET.put(next(), small);
        return new Response('put');
      case '/get-large':
        return new Response((await BUCKET.get('large')).body);
      case '/get-many':
        return new Response((await BUCKET.get('one of many ' + (at++ % ${many}))).body);
      case '/put-large':
        await BUCKET.put('large ' + (at++ % 8), large);
        return new Response('put');
      default:
        await (ready ??= prepare(BUCKET));
        return new Response('ok');
    }
  },
};
`;

const WRANGLER = JSON.stringify({ name: 'r2', main: 'index.js', compatibility_date: '2026-01-01', r2_buckets: [{ binding: 'BUCKET', bucket_name: 'bench' }] });

/** At most 256 MB of what is read again and again are in NANO's memory. */
const FEW = 12;
const MANY = 48;

type Load = { path: string; what: string; connections: number; writes: boolean; isSlow: boolean; many?: number };

/** What only reads comes first: the system goes on writing for a while when writes are over. */
const LOADS: readonly Load[] = [
  { path: '/get', what: 'get of 1 KB', connections: 64, writes: false, isSlow: false },
  { path: '/get-large', what: 'get of 10 MB', connections: 4, writes: false, isSlow: false },
  { path: '/get-many', what: `get of 10 MB, ${FEW} in turn`, connections: 4, writes: false, isSlow: false, many: FEW },
  { path: '/get-many', what: `get of 10 MB, ${MANY} in turn`, connections: 4, writes: false, isSlow: false, many: MANY },
  { path: '/put', what: 'put of 1 KB', connections: 64, writes: true, isSlow: false },
  { path: '/put-large', what: 'put of 10 MB', connections: 4, writes: true, isSlow: true },
];

export const r2: Question = {
  name: 'r2',
  title: 'R2: one warm app, one bucket',
  method:
    'A request makes one call of R2: on 900 objects of 1 KB, or of 10 MB, which the app has in memory to put and passes on to the client to get: one object again and again, which NANO has in memory soon, twelve in turn, for which there is room, too, on this machine, or 48 in turn, of which it has room for a half. `nano serve` with one engine, Miniflare with its data on the same disk; wrk with 64 connections, 4 for 10 MB; the get of one object of 10 MB in turns of one second, three times as many seconds in all, on servers that stay up. NANO\'s rows are with "fsync": "normal", which is what workerd does; those that wait for the disk are with "full", the default.',
  shortfall:
    "a get of 10 MB is bytes being copied: from the file into the engine, where they are not there yet, into the kernel, and out of it again into wrk. A server of node:http alone that answers with as much from memory, for nothing else, does hardly more, and at times less: both go at the speed of the machine's memory, which changes by the minute with what its neighbours do.",
  run: async (effort) => {
    const rows: Row[] = [];
    for (const { path, what, connections, writes, isSlow, many = 0 } of LOADS) {
      const app = source(many);
      const files = { 'r2/index.js': app, 'r2/wrangler.json': WRANGLER };
      const contestants = {
        nano: () => startNano({ files, config: { storage: { fsync: 'normal' } } }),
        full: writes ? () => startNano({ files }) : undefined,
        miniflare: () => startMiniflare(app, (dir) => ({ r2Buckets: { BUCKET: 'bench' }, r2Persist: dir })),
      };
      // Miniflare takes a second and more for one.
      const load = { path, connections, ...(isSlow && { seconds: effort.seconds * 4 }) };
      const isLargeGet = path === '/get-large';
      const beside: Duel['beside'] = isLargeGet ? { bare: { start: () => startBare(), load: { path: `/${LARGE}`, connections } } } : {};
      // It is close to the goal, and a few rounds of it say little on a machine that others use.
      const standingSeconds = isLargeGet ? effort.rounds * effort.seconds * 3 : undefined;
      const duelled = await duel(effort, { what, load, contestants, figures: ['p50', 'p99', 'cpuUs'], beside, ...(standingSeconds && { standingSeconds }) });
      rows.push(...duelled.rows);
      if (isLargeGet) rows.push({ what: `${what}: node:http alone, from memory`, value: typical(duelled.turns, 'bare', 'requestsPerSecond'), unit: 'req/s' });
    }
    return rows;
  },
};
