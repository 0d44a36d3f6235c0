/** Secrets from the command line to a running server. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { NanoProcess, type RunResult } from '../support/nano-process.ts';
import { dev, serve } from '../support/server.ts';

const APP = 'export default { fetch: (request, env) => (console.log("it is " + env.TOKEN), Response.json(env)) };';

const nano = (dir: string, args: readonly string[], input = ''): Promise<RunResult> =>
  new NanoProcess(['secret', ...args, '--data', `${dir}/.nano`], { cwd: dir, input }).ended;

test('secret: put, live in a running server, masked in its logs, deleted', async (t) => {
  const dir = folder({ 'app/index.js': APP });
  const server = await serve(t, dir);
  assert.deepEqual(JSON.parse((await server.get('app')).text), {});
  let mark = server.mark;
  const put = await nano(dir, ['put', 'TOKEN', '--app', 'app'], 'hunter2-hunter2\n');
  assert.deepEqual([put.code, put.stdout], [0, 'app: stored the secret TOKEN\n']);
  await server.line({ msg: 'new version live' }, mark);
  assert.deepEqual(JSON.parse((await server.get('app')).text), { TOKEN: 'hunter2-hunter2' });
  await server.line({ event: 'console' }, mark);
  assert.ok(!server.process.stdout.slice(-5000).includes('it is hunter2-hunter2'));
  assert.equal((await nano(dir, ['list', '--app', 'app'])).stdout, `${JSON.stringify([{ name: 'TOKEN', type: 'secret_text' }], undefined, 2)}\n`);
  assert.equal((await nano(dir, ['rotate-key'])).code, 0);
  assert.deepEqual(JSON.parse((await server.get('app')).text), { TOKEN: 'hunter2-hunter2' });
  mark = server.mark;
  assert.equal((await nano(dir, ['delete', 'TOKEN', '--app', 'app'])).code, 0);
  await server.line({ msg: 'new version live' }, mark);
  assert.deepEqual(JSON.parse((await server.get('app')).text), {});
  assert.equal((await nano(dir, ['delete', 'TOKEN', '--app', 'app'])).code, 1);
});

test('secret: bulk stores all or none, of JSON and of lines', async () => {
  const dir = folder({ 'app/index.js': APP });
  assert.equal((await nano(dir, ['bulk', '--app', './app'], '{"A":"one","B":"two","Z":"old"}')).stdout, 'app: stored 3 secrets\n');
  assert.equal((await nano(dir, ['bulk', '--app', './app'], '{"C":"three","Z":null,"X":null}')).stdout, 'app: stored 1 secret, deleted 1\n');
  assert.equal((await nano(dir, ['bulk', '--app', './app'], 'C=three\n')).code, 0);
  const wrong = await nano(dir, ['bulk', '--app', './app'], '{"D":"secret-value","E":5}');
  assert.equal(wrong.code, 1);
  assert.ok(!wrong.stderr.includes('secret-value'));
  assert.match((await nano(dir, ['list', '--app', 'app'])).stdout, /"A".*"B".*"C"/s);
  assert.doesNotMatch((await nano(dir, ['list', '--app', 'app'])).stdout, /"D"/);
});

test('secret: names of variables and bindings are taken, and other names are none', async () => {
  const config = JSON.stringify({ name: 'shop', main: 'index.js', compatibility_date: '2026-01-01', vars: { MODE: 'x' }, kv_namespaces: [{ binding: 'KV' }] });
  const dir = folder({ 'app/index.js': APP, 'app/wrangler.jsonc': config });
  for (const name of ['MODE', 'KV']) assert.match((await nano(dir, ['put', name, '--app', 'app'], 'x')).stderr, /already in use/);
  for (const name of ['__proto__', '1A', 'A-B']) assert.equal((await nano(dir, ['put', name, '--app', 'app'], 'x')).code, 2);
  assert.match((await nano(dir, ['put', 'A', '--app', 'app'], '\n')).stderr, /is empty/);
  assert.equal((await nano(dir, ['put', 'A', '--app', 'app'], 'x')).stdout, 'shop: stored the secret A\n');
});

test('secret: no value is in the data folder as it stands, and a wrong key breaks only the app', async (t) => {
  const dir = folder({ 'app/index.js': APP, 'other/index.js': 'export default { fetch: () => new Response("fine") };' });
  await nano(dir, ['put', 'TOKEN', '--app', 'app'], 'hunter2-hunter2');
  const data = join(dir, '.nano');
  for (const name of readdirSync(data, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()))
    assert.ok(!readFileSync(join(name.parentPath, name.name)).includes('hunter2'), name.name);
  const server = await serve(t, dir, [], { env: { NANO_SECRETS_KEY: 'ab'.repeat(32) } });
  assert.equal((await server.get('app')).status, 503);
  assert.equal((await server.get('other')).text, 'fine');
  assert.match(String((await server.line({ level: 'error' }))['frame']), /the key [0-9a-f]{8}, which the secret app\/TOKEN was encrypted with, is not there/);
});

test('secret store: shared by the apps of a trust group, live, masked, encrypted', async (t) => {
  const config = (name: string, more: object = {}): string =>
    JSON.stringify({
      name,
      main: 'index.js',
      compatibility_date: '2026-01-01',
      secrets_store_secrets: [{ binding: 'KEY', store_id: 'shared', secret_name: 'api-key' }],
      ...more,
    });
  const code =
    'export default { fetch: async (request, env) => { const value = await env.KEY.get().catch((error) => error.message); console.log(`it is ${value}`); return new Response(value); } };';
  const dir = folder({
    'one/index.js': code,
    'one/wrangler.jsonc': config('one'),
    'two/index.js': code,
    'two/wrangler.jsonc': config('two'),
    'guest/index.js': code,
    'guest/wrangler.jsonc': config('guest', { trust_group: 'guests' }),
  });
  const store = (args: readonly string[], input = ''): Promise<RunResult> => nano(dir, ['store', ...args], input);
  const server = await serve(t, dir);
  assert.equal((await server.get('one')).text, 'Secret "api-key" not found');
  const mark = server.mark;
  assert.deepEqual((await store(['put', 'shared', 'api-key'], 'hunter2-hunter2\n')).stdout, 'shared: stored the secret api-key\n');
  for (const app of ['one', 'two']) {
    await server.line({ msg: 'new version live', app }, mark);
    assert.equal((await server.get(app)).text, 'hunter2-hunter2');
  }
  assert.equal((await server.get('guest')).text, 'Secret "api-key" not found');
  await server.line({ event: 'console', app: 'two' }, mark);
  assert.ok(!server.process.stdout.includes('it is hunter2-hunter2'));
  assert.deepEqual(JSON.parse((await store(['list', 'shared'])).stdout), [{ name: 'api-key' }]);
  for (const name of readdirSync(join(dir, '.nano/secrets'))) assert.ok(!readFileSync(join(dir, '.nano/secrets', name)).includes('hunter2'));
  assert.equal((await store(['delete', 'shared', 'none'])).code, 1);
  assert.equal((await store(['put', 'sh ared', 'x'], 'y')).code, 2);
  const later = server.mark;
  assert.equal((await store(['delete', 'shared', 'api-key'])).code, 0);
  await server.line({ msg: 'new version live', app: 'one' }, later);
  assert.equal((await server.get('one')).text, 'Secret "api-key" not found');
});

test('secrets: what a loaded worker was given is masked in what its tails hear', async (t) => {
  const main = `import { WorkerEntrypoint } from 'cloudflare:workers';
    export class Watch extends WorkerEntrypoint {
      tail(events) { console.log('TOLD ' + [...events[0].logs[0].message[0]].join('-')); }
    }
    export default {
      fetch(request, env, ctx) {
        const code = 'export default { fetch(request, env) { console.log("has " + env.KEY); return new Response("ran"); } };';
        const loaded = { compatibilityDate: '2026-01-01', mainModule: 'm.js', modules: { 'm.js': code }, env: { KEY: env.KEY }, tails: [ctx.exports.Watch()] };
        return env.LOADER.load(loaded).getEntrypoint().fetch(request);
      },
    };`;
  const config = { name: 'app', main: 'index.js', compatibility_date: '2026-01-20', worker_loaders: [{ binding: 'LOADER' }] };
  const server = await dev(t, folder({ 'index.js': main, 'wrangler.json': JSON.stringify(config), '.dev.vars': 'KEY=very-secret' }));
  assert.equal((await server.get('app')).text, 'ran');
  const { msg } = await server.line({ event: 'console', msg: /^TOLD/ });
  assert.equal(msg, 'TOLD h-a-s- -*-*-*');
});
