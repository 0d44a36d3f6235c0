/** What the admin port says an app has used: each figure against what the app was made to use. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, suite, test } from 'node:test';
import type { AppUsage } from '../../src/control/admin-server.ts';
import { answering, folder, put } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const MB = 1024 * 1024;
const APP = `const kept = [];
const actions = {
  '/burn': () => { const from = performance.now(); while (performance.now() - from < 300); },
  '/loop': () => { for (;;); },
  '/heap': () => { for (let i = 0; i < 20_000; i++) kept.push(new Array(100).fill(i)); },
  '/buffers': () => { kept.push(new Uint8Array(8 << 20).fill(1)); },
  '/wasm': () => { const memory = new WebAssembly.Memory({ initial: 128 }); new Uint8Array(memory.buffer).fill(1); kept.push(memory); },
  '/intl': () => { for (let i = 0; i < 300; i++) kept.push(new Intl.DateTimeFormat('de', { dateStyle: 'full' })); },
  '/fetch': async (url) => { for (let i = 0; i < 3; i++) await (await fetch(url.searchParams.get('to'))).text(); },
  '/many': async (url) => { for (let i = 0; i < 6; i++) await (await fetch(url.searchParams.get('to'))).text(); },
  '/throw': () => { throw new Error('thrown'); },
  '/lose': () => { new Array(2 ** 27).fill({}); },
  '/flood': () => { for (;;) kept.push(new Array(1000).fill(0)); },
};
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (request.body !== null) return new Response(String((await request.text()).length));
    await actions[url.pathname]?.(url);
    return new Response('x'.repeat(1000));
  },
};
`;

const wrangler = (name: string, cpu_ms: number): string =>
  JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-10-01', limits: { cpu_ms }, nano: { limits: { memory_mb: 64, subrequests: 5 } } });

suite('usage', () => {
  const owner = suiteOwner();
  let server: TestServer;
  let upstream: Server;
  let to: string;
  before(async () => {
    upstream = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    to = `?to=http://127.0.0.1:${(upstream.address() as { port: number }).port}/`;
    const dir = folder({ 'quiet.js': answering('quiet'), 'nano.jsonc': '{ "timers": "precise", "egress": { "allow": ["127.0.0.1"] } }' });
    for (const name of ['cpu', 'bytes', 'memory', 'fetching', 'failing', 'losing', 'flooding'])
      put(dir, { [`${name}/index.js`]: APP, [`${name}/wrangler.json`]: wrangler(name, name === 'losing' ? 50 : 1000) });
    server = await serve(owner, dir, ['--log-level', 'debug']);
  });
  after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  const usage = async (app: string): Promise<AppUsage> => JSON.parse((await server.admin(`/apps/${app}/usage`)).text) as AppUsage;
  /** Memory and CPU are sampled once a second: asks until the figure is as expected, or the test's time is over. */
  const until = async (app: string, holds: (usage: AppUsage) => boolean): Promise<AppUsage> => {
    for (let last = await usage(app), left = 40; ; left--, last = await usage(app)) {
      if (holds(last)) return last;
      assert.ok(left > 0, JSON.stringify(last));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };

  test('an app that was never asked has used nothing', async () => {
    assert.deepEqual(await usage('quiet'), {
      name: 'quiet',
      cpuSeconds: 0,
      isolates: 0,
      heapBytes: 0,
      externalBytes: 0,
      wasmBytes: 0,
      requests: {},
      subrequests: {},
      bytesIn: 0,
      bytesOut: 0,
      exceptions: 0,
      storage: { bytes: {}, limit: 10 * 1024 * MB },
      limitHits: {},
      engineDeaths: 0,
    });
    assert.equal((await server.admin('/apps/nobody/usage')).status, 404);
  });

  test('CPU time is what the code ran', async () => {
    await server.get('cpu', '/burn');
    await server.get('cpu', '/burn');
    const { cpuSeconds } = await until('cpu', (used) => used.cpuSeconds > 0.3);
    assert.ok(cpuSeconds > 0.3 && cpuSeconds < 0.9, String(cpuSeconds));
  });

  test('CPU time counts where a limit ended the isolate', async () => {
    const before = (await usage('cpu')).cpuSeconds;
    assert.equal((await server.get('cpu', '/loop')).text, 'error code: 1102');
    const { cpuSeconds, limitHits } = await until('cpu', (used) => used.cpuSeconds - before > 0.2);
    assert.ok(cpuSeconds - before < 1.5, String(cpuSeconds - before));
    assert.deepEqual(limitHits, { cpu: 1 });
  });

  test('requests and bytes are counted in both directions', async () => {
    for (let i = 0; i < 3; i++) await server.get('bytes');
    assert.equal((await server.get('bytes', '/', { method: 'POST', body: 'y'.repeat(5000) })).text, '5000');
    const { requests, bytesIn, bytesOut } = await usage('bytes');
    assert.deepEqual(requests, { '2xx': 4 });
    assert.equal(bytesOut, 3004);
    // With the heads of four requests.
    assert.ok(bytesIn > 5000 && bytesIn < 6000, String(bytesIn));
  });

  test('memory is told apart: heap, array buffers, WebAssembly', async () => {
    await server.get('memory');
    const start = await until('memory', ({ heapBytes }) => heapBytes > 0);
    await server.get('memory', '/heap');
    await until('memory', ({ heapBytes }) => heapBytes - start.heapBytes > 12 * MB);
    await server.get('memory', '/buffers');
    const { externalBytes } = await until('memory', (used) => used.externalBytes - start.externalBytes > 7.9 * MB);
    assert.ok(externalBytes < 12 * MB, String(externalBytes));
    await server.get('memory', '/wasm');
    const last = await until('memory', ({ wasmBytes }) => wasmBytes >= 8 * MB);
    assert.equal(last.wasmBytes, 8 * MB);
    assert.equal(last.isolates, 1);
    assert.deepEqual(last.limitHits, {});
  });

  test('subrequests are counted by outcome, and their limit', async () => {
    assert.equal((await server.get('fetching', `/fetch${to}`)).status, 200);
    assert.deepEqual((await usage('fetching')).subrequests, { ok: 3 });
    assert.equal((await server.get('fetching', `/many${to}`)).status, 500);
    const { subrequests, limitHits, exceptions } = await usage('fetching');
    assert.equal(subrequests['ok'], 8);
    assert.deepEqual([limitHits, exceptions], [{ subrequests: 1 }, 1]);
  });

  test('exceptions and refused requests are counted', async () => {
    await server.get('failing', '/throw');
    const { exceptions, requests } = await usage('failing');
    assert.deepEqual([exceptions, requests], [1, { '5xx': 1 }]);
  });

  test('a flood of memory is a hit of its limit, and nothing of it is held any more', async () => {
    assert.equal((await server.get('flooding', '/flood')).text, 'error code: 1102');
    const { limitHits, heapBytes, isolates, engineDeaths } = await usage('flooding');
    assert.deepEqual([limitHits, heapBytes, isolates, engineDeaths], [{ memory: 1 }, 0, 0, 0]);
  });

  test('an engine that an app has cost is put down to it alone, and what it had counted is not lost', async () => {
    await server.get('quiet');
    const mark = server.mark;
    await server.get('losing', '/lose').catch(() => {});
    await server.line({ level: 'error', app: 'losing', msg: /taken a thread/ }, mark);
    const { engineDeaths } = await usage('losing');
    assert.equal(engineDeaths, 1);
    const quiet = await usage('quiet');
    assert.deepEqual([quiet.engineDeaths, quiet.requests], [0, { '2xx': 1 }]);
    assert.deepEqual((await usage('bytes')).requests, { '2xx': 4 });
  });
});
