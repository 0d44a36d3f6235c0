/** Processes that have as many files and connections open as the system lets them have: nothing dies, the log says so, and all is well again when some are free. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { suite, type TestContext, test } from 'node:test';
import { exhaust, HAS_PRLIMIT } from '../support/descriptors.ts';
import { answering, folder, put } from '../support/folder.ts';
import { until } from '../support/http.ts';
import { isWalled, only, processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `const LARGE = 'x'.repeat(200_000);
const acts = {
  kv: ({ KV }) => KV.get('large'),
  r2: async ({ BUCKET }) => (await BUCKET.get('large')).text(),
  asset: async ({ ASSETS }) => (await ASSETS.fetch('http://assets/large.txt')).text(),
  d1: async ({ DB }) => (await DB.prepare('SELECT v FROM t').first()).v,
  fetch: async () => (await fetch('http://127.0.0.1:8097/')).text(),
  small: async ({ KV }) => { await KV.put('small', 'small'); return KV.get('small'); },
  put: async ({ KV, BUCKET, DB }) => {
    await Promise.all([KV.put('large', LARGE), BUCKET.put('large', LARGE)]);
    await DB.batch([DB.prepare('CREATE TABLE t (v)'), DB.prepare('INSERT INTO t VALUES (?)').bind('row')]);
    return 'put';
  },
};
export default { async fetch(request, env) {
  try { return new Response(String(await acts[new URL(request.url).pathname.slice(1)](env)).slice(0, 100).replace(/x+$/, 'x')); }
  catch (error) { return new Response(error.message, { status: 500 }); }
} };`;
const app = (name: string, nano = {}): Record<string, string> => ({
  [`${name}/index.js`]: APP,
  [`${name}/public/large.txt`]: 'x'.repeat(2_000_000),
  [`${name}/wrangler.json`]: JSON.stringify({
    name,
    main: 'index.js',
    compatibility_date: '2026-01-01',
    assets: { directory: 'public', binding: 'ASSETS' },
    kv_namespaces: [{ binding: 'KV' }],
    r2_buckets: [{ binding: 'BUCKET' }],
    d1_databases: [{ binding: 'DB' }],
    nano,
  }),
});
const OPENED: Readonly<Record<string, string>> = { kv: 'x', r2: 'x', asset: 'x', d1: 'row', small: 'small' };
const NO_DESCRIPTOR = /no file descriptor is left/;

const supervisor = (server: TestServer): number => server.process.child.pid as number;

async function start(t: TestContext, files: Record<string, string>): Promise<TestServer> {
  const dir = folder({ ...files, 'nano.jsonc': '{ "egress": { "allow": ["127.0.0.1"] } }' });
  const server = await serve(t, dir);
  t.after(() => {
    const aside = readdirSync(dir, { recursive: true }).filter((name) => String(name).includes('damaged'));
    assert.deepEqual(aside, []);
    assert.equal(server.process.stderr, '');
  });
  assert.equal((await server.get('one', '/put')).text, 'put');
  return server;
}

async function isWhole(server: TestServer, names: readonly string[] = ['one']): Promise<void> {
  for (const name of names) {
    for (const [path, text] of Object.entries(OPENED)) assert.equal((await server.get(name, `/${path}`)).text, text, `${name} ${path}`);
  }
}

suite('no file descriptor is left', { skip: !HAS_PRLIMIT }, () => {
  test('engine: what needs one fails with words that say so, what needs none goes on, and clients that come are refused', async (t) => {
    const server = await start(t, { ...app('one'), 'cold.js': answering('cold') });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const ask = async (name: string, path: string): Promise<string> => (await server.get(name, path, { agent })).text;
    assert.equal(await ask('one', '/small'), 'small');
    const engine = only(server, 'engine');
    const restore = exhaust(engine, 0);
    const tooMany = 'Internal error: this server has too many files and connections open at the moment.';
    for (const path of ['/kv', '/r2', '/asset', '/fetch']) assert.equal(await ask('one', path), tooMany, path);
    assert.match(await ask('cold', '/'), /^error code: 9500/);
    assert.equal(await ask('one', '/d1'), 'row');
    await assert.rejects(server.get('one', '/small'));
    await server.line({ level: 'error', msg: NO_DESCRIPTOR, process: 'engine' });
    restore();
    await isWhole(server);
    assert.equal((await server.get('cold')).text, 'cold');
    assert.equal(only(server, 'engine'), engine);
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });

  test('front: is not replaced', async (t) => {
    const server = await start(t, { ...app('one'), ...app('two', { trust_group: 'others' }) });
    const front = only(server, 'front');
    const restore = exhaust(front, 0);
    await assert.rejects(server.get('one', '/small'));
    await server.line({ level: 'error', msg: NO_DESCRIPTOR, process: 'front' });
    restore();
    await isWhole(server);
    assert.equal(only(server, 'front'), front);
  });

  test('store process: databases that were not used for a while make room for one that is wanted', async (t) => {
    const server = await start(t, { ...app('one'), ...app('two') });
    const restore = exhaust(only(server, 'store'), 0);
    assert.equal((await server.get('two', '/small')).text, 'small');
    restore();
    await isWhole(server);
  });

  test('store process: a database that cannot be opened is not taken for a damaged one', async (t) => {
    const server = await start(t, { ...app('one'), ...app('two') });
    const restore = exhaust(only(server, 'store'));
    const { status, text } = await server.get('two', '/small');
    assert.deepEqual([status, text], [500, 'Internal error: the data of this binding cannot be used at the moment.']);
    await server.line({ msg: 'a store failed', error: NO_DESCRIPTOR });
    await server.line({ level: 'error', msg: NO_DESCRIPTOR, process: 'store' });
    restore();
    await isWhole(server);
  });

  test('SQL process: a database that cannot be opened is not taken for a damaged one', async (t) => {
    const server = await start(t, { ...app('one'), ...app('two') });
    // On a slow disk a second one has been started for the first round: it would end while it loads its code.
    await until(() => processesOf(server, 'sql-worker').every(isWalled));
    const restores = processesOf(server, 'sql-worker').map((pid) => exhaust(pid));
    assert.equal((await server.get('two', '/d1')).text, 'D1_ERROR: Internal error in D1 DB storage caused object to be reset.');
    await server.line({ msg: 'a D1 database failed', error: NO_DESCRIPTOR });
    for (const restore of restores) restore();
    await isWhole(server);
  });

  test('router of SQL processes: outlives that it can start none', async (t) => {
    const server = await start(t, app('one'));
    const router = only(server, 'sql');
    const restore = exhaust(router);
    for (const pid of processesOf(server, 'sql-worker')) {
      process.kill(pid, 'SIGKILL');
      await server.line({ msg: 'a SQL process ended unexpectedly', pid });
    }
    const answer = server.get('one', '/d1');
    await server.line({ msg: 'a SQL process cannot be started, and is tried again', error: /EMFILE/ });
    assert.equal((await server.get('one', '/small')).text, 'small');
    restore();
    assert.equal((await answer).text, 'row');
    await isWhole(server);
    assert.equal(only(server, 'sql'), router);
  });

  test('supervisor: outlives that it can start no process, and starts them when it can', async (t) => {
    const server = await start(t, app('one'));
    const restore = exhaust(supervisor(server));
    for (const program of ['store', 'sql', 'engine'] as const) for (const pid of processesOf(server, program)) process.kill(pid, 'SIGKILL');
    for (const program of ['the store process', 'the sql process', 'an engine'])
      await server.line({ msg: `${program} cannot be started, and is tried again`, error: /EMFILE/ });
    restore();
    await isWhole(server);
  });

  test('supervisor: a change that could not be built is built when it can be', async (t) => {
    const dir = folder({ 'one.js': answering('before'), 'nano.jsonc': '{}' });
    const first = await serve(t, dir);
    await first.process.stop();
    // What was built is remembered: esbuild does not run yet.
    const server = await serve(t, dir);
    const again = 'no file descriptor is left to build the app, which is tried again';
    for (const [spare, text] of [
      [0, 'without any'],
      [6, 'with too few for esbuild'],
    ] as const) {
      const restore = exhaust(supervisor(server), spare);
      const mark = server.mark;
      put(dir, { 'one.js': answering(text), [`new-${spare}.js`]: answering('new') });
      await server.line({ msg: `${again}; the last good version goes on`, app: 'one' }, mark);
      assert.equal((await server.get('one')).status, 200);
      restore();
      await server.line({ msg: 'new version live', app: 'one' }, mark);
      await server.line({ msg: 'live', app: `new-${spare}` }, mark);
      assert.equal((await server.get('one')).text, text);
    }
  });
});
