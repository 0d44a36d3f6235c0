/** The Cache API beside Miniflare: what one warm app gets done. */
import { duel } from '../kit/duel.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import type { Question, Row } from '../question.ts';

const KEYS = 200;

const APP = `
const small = 'x'.repeat(1000);
const large = 'x'.repeat(1024 * 1024);
const headers = { 'cache-control': 'max-age=3600' };
let ready;
const prepare = async () => {
  for (let i = 0; i < ${KEYS}; i++) await caches.default.put('http://small/' + i, new Response(small, { headers }));
  await caches.default.put('http://large/', new Response(large, { headers }));
};
let at = 0;
export default {
  async fetch(request) {
    switch (new URL(request.url).pathname) {
      case '/match':
        return caches.default.match('http://small/' + (at++ % ${KEYS}));
      case '/miss':
        return new Response(String(await caches.default.match('http://none/')));
      case '/put':
        await caches.default.put('http://put/' + (at++ % ${KEYS}), new Response(small, { headers }));
        return new Response('put');
      case '/large':
        return caches.default.match('http://large/');
      default:
        await (ready ??= prepare());
        return new Response('ok');
    }
  },
};
`;

const WRANGLER = JSON.stringify({ name: 'cache', main: 'index.js', compatibility_date: '2026-01-01' });
const FILES = { 'cache/index.js': APP, 'cache/wrangler.json': WRANGLER };

const LOADS = [
  { path: '/match', what: 'match of 1 KB', connections: 64 },
  { path: '/miss', what: 'match of what is not there', connections: 64 },
  { path: '/put', what: 'put of 1 KB', connections: 64 },
  { path: '/large', what: 'match of 1 MB', connections: 16 },
] as const;

export const cache: Question = {
  name: 'cache',
  title: 'The Cache API: match and put',
  method: `A request makes one call of the cache, over ${KEYS} keys; \`nano serve\` with one engine, Miniflare with its data on the same disk; wrk with 64 connections, 16 for the large body.`,
  run: async (effort) => {
    const rows: Row[] = [];
    const contestants = {
      nano: () => startNano({ files: FILES }),
      miniflare: () => startMiniflare(APP, (dir) => ({ cache: true, cachePersist: dir })),
    };
    for (const { path, what, connections } of LOADS)
      rows.push(...(await duel(effort, { what, load: { path, connections }, contestants, figures: ['p99'] })).rows);
    return rows;
  },
};
