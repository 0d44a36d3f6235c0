/**
 * An app that is good for hundreds of requests, so that its turns are watched no more one by one, and then is not: each attack ends
 * at the limit, is told of once, and the neighbour answers all the while.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { AppUsage } from '../../src/control/admin-server.ts';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const GOOD_TURNS = 150;

const TURNING = `
const digest = () => crypto.subtle.digest('SHA-1', new Uint8Array(1)).catch(() => {});
const kept = [];
const handlers = {
  '/loop': () => { for (;;); },
  '/after-a-call': () => { setTimeout(() => {}, 1e6); for (;;); },
  '/to-and-fro': () => { for (;;) clearTimeout(setTimeout(() => {}, 1e6)); },
  '/to-and-fro-awaiting': async () => { for (;;) { const timer = setTimeout(() => {}, 1e6); await 0; clearTimeout(timer); } },
  '/random': () => { for (;;) crypto.getRandomValues(new Uint8Array(65536)); },
  '/answered': async () => { await digest(); for (;;); },
  '/answers-behind': () => { for (;;) { digest(); for (let i = 0; i < 1e5; i++); } },
  '/recursion': async () => { await digest(); const f = () => f() + 1; for (;;) try { f(); } catch {} },
  '/memory': async () => { await digest(); for (;;) kept.push(new Array(1000).fill(kept.length)); },
  '/stray': async () => { await digest(); Promise.reject(new Error('stray')); for (;;); },
  '/wait-until': (context) => { context.waitUntil(digest().then(() => { for (;;); })); return new Response('answered'); },
};
export default { fetch: async (request, env, context) => (await handlers[new URL(request.url).pathname]?.(context)) ?? new Response('ok') };
`;

const PATHS = [...TURNING.matchAll(/^ {2}'(\/[\w-]+)'/gm)].map(([, path]) => String(path));

suite('light turns', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const config = { name: 'turning', main: 'index.js', compatibility_date: '2026-10-01', limits: { cpu_ms: 100 }, nano: { limits: { memory_mb: 64 } } };
    server = await serve(owner, folder({ 'turning/index.js': TURNING, 'turning/wrangler.jsonc': JSON.stringify(config), 'neighbour.js': answering('fine') }));
  });

  for (const path of PATHS) {
    test(`${path} is stopped, once, and the next request is answered`, async (t) => {
      for (let i = 0; i < GOOD_TURNS; i++) assert.equal((await server.get('turning')).text, 'ok');
      const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
      const mark = server.mark;
      const hits = async (): Promise<number> => {
        const { limitHits } = JSON.parse((await server.admin('/apps/turning/usage')).text) as AppUsage;
        return Object.values(limitHits).reduce((sum, count) => sum + count, 0);
      };
      const before = await hits();
      assert.match((await server.get('turning', path)).text, path === '/wait-until' ? /^answered$/ : /^error code: 1102$/);
      await server.line({ event: 'limit', app: 'turning' }, mark);
      assert.equal((await server.get('turning')).text, 'ok');
      const told = server.process.lines.slice(mark).filter(({ event }) => event === 'limit');
      assert.equal(told.length, 1, JSON.stringify(told));
      assert.equal((await hits()) - before, 1);
      const { errors, answers } = await neighbour.stop();
      assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    });
  }

  test('no engine was lost', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
