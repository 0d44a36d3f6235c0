/** Static assets over HTTP, on NANO and on Miniflare. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { readStaticRouting } from '../../src/config/assets.ts';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { type Ask, send } from '../support/request.ts';
import { dev } from '../support/server.ts';
import { FILES, PATHS, type Scenario, SCENARIOS } from './assets/scenarios.ts';

const WORKER = `export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.searchParams.has('asset')) return env.ASSETS.fetch(new Request(url.origin + url.searchParams.get('asset'), request));
    return new Response('worker: ' + request.method + ' ' + url.pathname + url.search);
  },
};
`;

type Seen = { status: number; statusText: string; headers: Record<string, unknown>; text: string };

for (const scenario of SCENARIOS) {
  describe(`static assets, beside Miniflare: ${scenario.name}`, () => {
    const owner = suiteOwner();
    let ports: { nano: number; peer: number };
    before(async () => {
      ports = await start(scenario, owner);
    });
    const same = async (what: string, ask: Ask): Promise<void> => {
      const [ours, theirs] = await Promise.all([see(ports.nano, ask), see(ports.peer, ask)]);
      assert.deepEqual(ours, theirs, what);
    };
    for (const path of PATHS) test(`GET ${path}`, () => same(path, { path }));
    for (const path of ['/page', '/page.html', '/nothing', '/api/one', '/old']) {
      for (const method of ['HEAD', 'POST', 'DELETE', 'OPTIONS']) test(`${method} ${path}`, () => same(path, { path, method }));
      test(`navigation to ${path}`, () => same(path, { path, headers: { 'sec-fetch-mode': 'navigate' } }));
      test(`${path} with authorization`, () => same(path, { path, headers: { authorization: 'Basic x' } }));
    }
    if (scenario.assets['binding'] !== undefined) {
      for (const path of PATHS) test(`env.ASSETS.fetch ${path}`, () => same(path, { path: `/worker?asset=${encodeURIComponent(path)}` }));
    }
    test('conditional requests', async () => {
      for (const path of scenario.assets['binding'] === undefined ? ['/app.js'] : ['/app.js', '/worker?asset=/app.js']) {
        const etags = await Promise.all([ports.nano, ports.peer].map(async (port) => (await send(port, { path, headers: HOST })).headers.etag));
        for (const form of [(tag: string) => tag, (tag: string) => `W/${tag}`, (tag: string) => `${tag}, "other"`, () => '"other"', () => '*']) {
          const [ours, theirs] = await Promise.all(
            [ports.nano, ports.peer].map((port, index) => see(port, { path, headers: { 'if-none-match': form(String(etags[index])) } })),
          );
          assert.deepEqual(ours, theirs);
        }
      }
    });
    test('a range', async () => {
      const [ours, theirs] = await Promise.all([ports.nano, ports.peer].map((port) => see(port, { path: '/app.js', headers: { range: 'bytes=0-2' } })));
      if (scenario.assets['run_worker_first'] === true) return assert.deepEqual(ours, theirs);
      assert.equal(theirs?.status, 200, 'Cloudflare answers ranges in front of the assets; Miniflare has nothing there');
      assert.deepEqual([ours?.status, ours?.text, ours?.headers['content-range']], [206, 'let', 'bytes 0-2/10']);
    });
  });
}

const HOST = { host: 'contract.localhost' };
/** Headers that have nothing to do with the assets, or are the server's own. */
const IGNORED = ['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'x-request-id', 'x-mf-additional-response-log'];

async function see(port: number, ask: Ask): Promise<Seen> {
  const { status, statusText, headers, text } = await send(port, { ...ask, headers: { ...HOST, ...ask.headers } });
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !IGNORED.includes(name)));
  if (kept['etag'] !== undefined) kept['etag'] = String(kept['etag']).replace(/[0-9a-f]{32}/, '…');
  return { status, statusText, headers: kept, text };
}

async function start(scenario: Scenario, owner: ReturnType<typeof suiteOwner>): Promise<{ nano: number; peer: number }> {
  const { assets, hasWorker, files, compatibilityDate = '2026-01-01' } = scenario;
  const project = folder({
    ...(hasWorker && { 'worker.js': WORKER }),
    'wrangler.jsonc': JSON.stringify({
      name: 'contract',
      compatibility_date: compatibilityDate,
      ...(hasWorker && { main: 'worker.js' }),
      assets: { directory: 'public', ...assets },
    }),
  });
  const directory = join(project, 'public');
  for (const [name, content] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const first = assets['run_worker_first'];
  const routing = Array.isArray(first) ? readStaticRouting(first as string[]) : undefined;
  assert.ok(typeof routing !== 'string');
  const peer = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: hasWorker ? WORKER : 'export default {};' }],
    compatibilityDate,
    assets: {
      directory,
      ...(assets['binding'] !== undefined && { binding: assets['binding'] }),
      routerConfig: {
        has_user_worker: hasWorker,
        ...(first === true && { invoke_user_worker_ahead_of_assets: true }),
        ...(routing !== undefined && { static_routing: { asset_worker: routing.assets, user_worker: routing.worker } }),
      },
      assetConfig: {
        html_handling: assets['html_handling'],
        not_found_handling: assets['not_found_handling'],
        has_static_routing: routing !== undefined,
        compatibility_date: compatibilityDate,
      },
    },
  } as unknown as ConstructorParameters<typeof Miniflare>[0]);
  owner.after(() => peer.dispose());
  const [nano, url] = await Promise.all([dev(owner, project), peer.ready]);
  return { nano: nano.port, peer: Number(url.port) };
}
