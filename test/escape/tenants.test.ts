/** What one tenant tries to learn of another, to leave for it, or to do in its name. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { rawRequest, send } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const VICTIM = `export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/cached') return (await caches.default.match(request)) ?? new Response('nothing cached');
    if (url.pathname === '/keep') { await caches.default.put('http://shared.example/page', new Response('of the victim', { headers: { 'cache-control': 'max-age=60' } })); await env.KV.put('card', '4111'); return new Response('kept'); }
    if (url.pathname === '/card') return new Response(await env.KV.get('card'));
    console.log('secret is', env.TOKEN);
    return new Response('victim at ' + url.host);
  },
};`;

const ATTACKER = `
const attempt = async (run) => { try { return String(await run()); } catch (error) { return error.name + ': ' + error.message; } };
const specifiers = ['/etc/passwd', 'file:///etc/passwd', 'node:fs', 'fs', '../victim/index.js', './../../victim/index.js', '/proc/self/environ',
  'http://127.0.0.1/x.js', 'data:text/javascript,export default 1', 'blob:x', 'isolated-vm', '..%2fvictim%2findex.js', '\\0', 'victim', ''];
const attacks = {
  '/modules': async () => { const told = []; for (const name of specifiers) told.push(await attempt(() => import(name))); return told; },
  '/poison': async () => {
    const evil = () => new Response('poison', { headers: { 'cache-control': 'max-age=600', 'content-location': 'http://victim.localhost/cached' } });
    for (const url of ['http://victim.localhost/cached', 'http://VICTIM.localhost:80/cached', 'http://victim.localhost/cached?']) await attempt(() => caches.default.put(url, evil()));
    for (const name of ['victim', 'default', '../victim', '']) await attempt(async () => (await caches.open(name)).put('http://victim.localhost/cached', evil()));
  },
  '/pry': async (env) => [
    await attempt(async () => (await caches.default.match('http://shared.example/page'))?.text()),
    await attempt(() => env.KV.get('card')),
    JSON.stringify(Object.keys(env)),
    await attempt(() => env.TOKEN),
    await attempt(() => globalThis.process?.env),
  ],
  '/split': async () => [
    await attempt(() => new Response('', { headers: { 'x-a': 'a\\r\\nset-cookie: session=stolen' } })),
    await attempt(() => new Response('', { headers: { 'x-a\\r\\nset-cookie': 'a' } })),
    await attempt(() => new Response('', { statusText: 'OK\\r\\nset-cookie: a' })),
    await attempt(() => Response.redirect('http://a/\\r\\nset-cookie: a').headers.get('location')),
    await attempt(() => new Headers([['x', 'a\\0b']])),
  ],
  '/forge': async () => {
    console.log('\\u009b2J\\u202e');
    console.log('x\\n{"level":"error","app":"victim","msg":"forged"}\\r\\n\\u2028\\u001b[2J');
    throw Object.assign(new Error('y\\n{"level":"error","app":"victim","msg":"forged too"}'), { name: 'a\\nb', stack: 'at\\n{"app":"victim"}' });
  },
};
export default { fetch: async (request, env) => Response.json((await attacks[new URL(request.url).pathname]?.(env)) ?? 'attacker at ' + new URL(request.url).host) };`;

/** The source map of a bundle is the tenant's to write, too. */
const MAPPED = `export default { fetch() { throw new Error('mapped'); } };
//# sourceMappingURL=data:application/json;base64,${Buffer.from(
  JSON.stringify({ version: 3, sources: ['../../../../../../etc/passwd', 'file:///etc/shadow'], sourceRoot: '/etc', names: [], mappings: 'AAAA;AACA;AAAA' }),
).toString('base64')}
`;

const kv = (): unknown => [{ binding: 'KV', id: 'notes' }];
const config = (name: string, more: object = {}): string =>
  JSON.stringify({ name, main: 'index.js', no_bundle: true, compatibility_date: '2026-10-01', ...more });

suite('tenants', () => {
  const owner = suiteOwner();
  let server: TestServer;
  const attack = async (path: string): Promise<string[]> => JSON.parse((await server.get('attacker', path)).text) as string[];
  before(async () => {
    const dir = folder({
      'victim/index.js': VICTIM,
      'victim/wrangler.jsonc': config('victim', { kv_namespaces: kv() }),
      'victim/.dev.vars': 'TOKEN=very secret indeed\n',
      'attacker/index.js': ATTACKER,
      'attacker/wrangler.jsonc': config('attacker', { kv_namespaces: kv(), nano: { trust_group: 'guests' } }),
      'mapped/index.js': MAPPED,
      'mapped/wrangler.jsonc': config('mapped', { nano: { trust_group: 'guests' } }),
      'linked/index.js': "export default { fetch() { throw new Error('linked'); } };\n//# sourceMappingURL=../../../../../../../../etc/passwd\n",
      'linked/wrangler.jsonc': config('linked', { nano: { trust_group: 'guests' } }),
    });
    server = await serve(owner, dir);
    assert.equal((await server.get('victim', '/keep')).text, 'kept');
  });

  test('modules: no specifier leads out of the bundle', async () => {
    for (const answer of await attack('/modules')) assert.match(answer, /^\w*Error: /);
    assert.doesNotMatch(JSON.stringify(await attack('/modules')), /root:|victim at|\/work|node_modules/);
  });

  test('cache: what one app puts, however it is named, no other finds', async () => {
    await server.get('attacker', '/poison');
    assert.equal((await server.get('victim', '/cached')).text, 'nothing cached');
    assert.equal((await attack('/pry'))[0], 'undefined');
  });

  test('stores and secrets: the same id in another trust group is another store, and env is the app’s own', async () => {
    const [, card, names, token, environment] = await attack('/pry');
    assert.deepEqual([card, names, token, environment], ['null', '["KV"]', 'undefined', 'undefined']);
    assert.equal((await server.get('victim', '/card')).text, '4111');
  });

  test('responses: no header splits one', async () => {
    const [value, name, status, , zero] = await attack('/split');
    for (const answer of [value, name, status, zero]) assert.match(String(answer), /^TypeError|^RangeError/);
    assert.doesNotMatch(String((await attack('/split'))[3]), /\n/);
  });

  test('logs: an app writes lines of its own alone, and secrets are not in them', async () => {
    const mark = server.mark;
    await server.get('attacker', '/forge');
    await server.get('victim');
    await server.line({ event: 'console', app: 'victim' }, mark);
    await server.line({ event: 'console', app: 'attacker' }, mark);
    const lines = server.process.lines.slice(mark).map((line) => JSON.stringify(line));
    assert.equal(lines.filter((line) => line.includes('"msg":"forged')).length, 0);
    assert.equal(lines.filter((line) => line.includes('very secret')).length, 0);
    assert.doesNotMatch(server.process.stdout, /[\u007f-\u009f\u2028-\u202e]/);
  });

  test('source maps: no file of the host is read for one, or named as it stands', async () => {
    const mark = server.mark;
    for (const app of ['mapped', 'linked']) {
      const { text } = await server.get(app);
      assert.match(text, /^error code: 1101|^error code: 9503/);
    }
    assert.doesNotMatch(JSON.stringify(server.process.lines.slice(mark)), /root:x|root:\*|daemon:/);
  });

  test('hosts: whatever a request says of its host, the app that answers is the one it is for', async () => {
    const heads = [
      'GET http://victim.localhost/ HTTP/1.1\r\nHost: attacker.localhost',
      'GET / HTTP/1.1\r\nHost: attacker.localhost\r\nX-Forwarded-Host: victim.localhost\r\nForwarded: host=victim.localhost\r\nX-Original-URL: http://victim.localhost/\r\nX-Host: victim.localhost',
      'GET //victim.localhost/ HTTP/1.1\r\nHost: attacker.localhost',
      'GET / HTTP/1.1\r\nHost: victim.localhost@attacker.localhost',
      'GET / HTTP/1.1\r\nHost: attacker.localhost\r\nHost: victim.localhost',
      'GET / HTTP/1.1\r\nHost: attacker.localhost#victim.localhost',
      'GET / HTTP/1.1\r\nHost: attacker.localhost/victim.localhost',
      'GET / HTTP/1.1\r\nHost: attacker.localhost\tvictim.localhost',
      'GET http://victim.localhost@attacker.localhost/ HTTP/1.1\r\nHost: attacker.localhost',
      'GET / HTTP/1.1\r\nHost: ATTACKER.localhost.',
    ];
    for (const head of heads) {
      const answer = await rawRequest(server.port, `${head}\r\nConnection: close\r\n\r\n`);
      const [status = '', body = ''] = [answer.split('\r\n')[0], answer.slice(answer.indexOf('\r\n\r\n') + 4)];
      if (status.includes(' 200 ')) assert.match(body, /^victim at victim\.localhost|attacker at attacker\.localhost/i, head);
      else assert.match(status, / 4\d\d /, head);
    }
  });

  test('admin port: a name that points at it opens nothing', async () => {
    for (const host of ['rebound.example', '127.0.0.1.nip.io', 'localhost.evil.example', 'victim.localhost']) {
      const { status, text } = await send(server.adminPort, { path: '/apps', headers: { host } });
      assert.equal(status, 421, host);
      assert.doesNotMatch(text, /victim"|attacker"/);
    }
  });
});
