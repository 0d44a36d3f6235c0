/** KV beside Miniflare: what one warm app with one namespace gets done. */
import { typical } from '../kit/contest.ts';
import { type Duel, duel } from '../kit/duel.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import type { Question, Row } from '../question.ts';

const KEYS = 1000;
const GETS = 50;

const APP = `
const value = 'a value of about a hundred characters, as a session or a redirect may have it, with some JSON {"a":1}';
let ready;
const prepare = async (kv) => {
  for (let at = 0; at < ${KEYS}; at += 100) await Promise.all(Array.from({ length: 100 }, (_, more) => kv.put('key ' + (at + more), value)));
};
let at = 0;
const next = () => 'key ' + (at++ % ${KEYS});
export default {
  async fetch(request, { KV }) {
    switch (new URL(request.url).pathname) {
      case '/get':
        return new Response(await KV.get(next()));
      case '/put':
        await KV.put(next(), value);
        return new Response('put');
      case '/gets':
        for (let i = 0; i < ${GETS}; i++) await KV.get(next());
        return new Response('got');
      case '/nothing':
        return new Response(value);
      default:
        await (ready ??= prepare(KV));
        return new Response('ok');
    }
  },
};
`;

const WRANGLER = JSON.stringify({ name: 'kv', main: 'index.js', compatibility_date: '2026-01-01', kv_namespaces: [{ binding: 'KV', id: 'bench' }] });
const FILES = { 'kv/index.js': APP, 'kv/wrangler.json': WRANGLER };

const LOADS = [
  { path: '/get', what: 'get', connections: 64, gets: 1 },
  { path: '/put', what: 'put', connections: 64, gets: 0 },
  { path: '/gets', what: `${GETS} gets, one after the other`, connections: 8, gets: GETS },
] as const;

export const kv: Question = {
  name: 'kv',
  title: 'KV: one warm app, one namespace',
  method: `A request makes one call of KV, or ${GETS}, on ${KEYS} keys with values of 100 bytes; \`nano serve\` with one engine, Miniflare with its data on the same disk; wrk with 64 connections, 8 for many gets. NANO's rows are with "fsync": "normal", which is what workerd does; those with "full", the default, wait for the disk. What a get costs is processor time of all processes, less that of the same answer without one.`,
  run: async (effort) => {
    const rows: Row[] = [];
    const nano = (): ReturnType<typeof startNano> => startNano({ files: FILES, config: { storage: { fsync: 'normal' } } });
    const miniflare = (): ReturnType<typeof startMiniflare> => startMiniflare(APP, (dir) => ({ kvNamespaces: { KV: 'bench' }, kvPersist: dir }));
    for (const { path, what, connections, gets } of LOADS) {
      const full = gets === 0 ? () => startNano({ files: FILES }) : undefined;
      const beside: Duel['beside'] = gets === 0 ? {} : { nothing: { start: nano, load: { path: '/nothing', connections } } };
      const duelled = await duel(effort, { what, load: { path, connections }, contestants: { nano, full, miniflare }, figures: ['p50', 'p99'], beside });
      rows.push(...duelled.rows);
      const cpu = (name: string): number => typical(duelled.turns, name, 'cpuUs');
      if (gets > 0) rows.push({ what: `${what}: what one get costs NANO`, value: (cpu('nano') - cpu('nothing')) / gets, unit: 'µs' });
    }
    return rows;
  },
};
