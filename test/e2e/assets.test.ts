/** Static assets as they are served: live, whole, and nothing beside them. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { folder, put } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { RawClient } from '../support/request.ts';
import { dev, serve } from '../support/server.ts';

const CONFIG = '{ "name": "site", "compatibility_date": "2026-01-01", "assets": { "directory": "public" } }';
const WORKER = "export default { fetch: (request) => new Response('worker ' + new URL(request.url).pathname) };";
const WITH_WORKER = '{ "name": "site", "main": "index.js", "compatibility_date": "2026-01-01", "assets": { "directory": "public" } }';

test('assets: an app without code is served, and a change is live', async (t) => {
  const dir = folder({ 'wrangler.jsonc': CONFIG, 'public/index.html': 'one', 'public/.well-known/x': 'x' });
  const server = await dev(t, dir);
  assert.equal((await server.get('site')).text, 'one');
  assert.equal((await server.get('site', '/new')).status, 404);
  const change = async (change: () => void): Promise<void> => {
    const { mark } = server;
    change();
    await server.line({ msg: 'reloaded' }, mark);
  };
  await change(() => put(dir, { 'public/index.html': 'two' }));
  assert.equal((await server.get('site')).text, 'two');
  await change(() => put(dir, { 'public/new/page.html': 'new' }));
  assert.equal((await server.get('site', '/new/page')).text, 'new');
  await change(() => put(dir, { 'public/.assetsignore': 'new' }));
  assert.equal((await server.get('site', '/new/page')).status, 404);
  await change(() => put(dir, { 'public/_headers': '/\n  X-Rule: yes' }));
  assert.equal((await server.get('site')).headers['x-rule'], 'yes');
  await change(() => {
    rmSync(join(dir, 'public'), { recursive: true });
    put(dir, { 'public/index.html': 'three' });
  });
  assert.equal((await server.get('site')).text, 'three');
});

test('assets: a folder that a build makes, hidden or elsewhere, is watched', async (t) => {
  const dir = folder({ 'app/wrangler.jsonc': CONFIG.replace('public', '.output/public'), 'app/.output/public/index.html': 'one' });
  const server = await dev(t, join(dir, 'app'));
  assert.equal((await server.get('site')).text, 'one');
  put(dir, { 'app/.output/public/index.html': 'two' });
  await server.line({ msg: 'reloaded' });
  assert.equal((await server.get('site')).text, 'two');
  const { mark } = server;
  put(dir, { 'dist/index.html': 'elsewhere', 'app/wrangler.jsonc': CONFIG.replace('public', '../dist') });
  await server.line({ msg: 'reloaded' }, mark);
  assert.equal((await server.get('site')).text, 'elsewhere');
  const { mark: again } = server;
  put(dir, { 'dist/index.html': 'elsewhere, changed' });
  await server.line({ msg: 'reloaded' }, again);
  assert.equal((await server.get('site')).text, 'elsewhere, changed');
});

test('assets: a missing folder is told, and the app is served once it is there', async (t) => {
  const dir = folder({ 'site/wrangler.jsonc': CONFIG });
  const server = await serve(t, dir);
  await server.line({ level: 'error', msg: 'the build failed' });
  assert.equal((await server.get('site')).status, 503);
  put(dir, { 'site/public/index.html': 'there' });
  while ((await server.get('site')).text !== 'there');
});

test('assets: a deploy under load is the old version or the new, whole', async (t) => {
  const dir = folder({ 'site/wrangler.jsonc': CONFIG, 'site/public/index.html': 'a'.repeat(10_000) });
  const server = await serve(t, dir, ['--data', folder()]);
  const load = new Load(t, server.port, 'site.localhost');
  await load.next(`200 ${'a'.repeat(10_000)}`);
  for (const letter of ['b', 'c', 'd']) {
    const temporary = join(dir, 'site/public/index.html.tmp');
    writeFileSync(temporary, letter.repeat(10_000));
    renameSync(temporary, join(dir, 'site/public/index.html'));
    await load.next(`200 ${letter.repeat(10_000)}`);
  }
  const { answers, errors } = await load.stop();
  assert.deepEqual(errors, []);
  assert.deepEqual(
    [...answers.keys()].filter((answer) => !/^200 (.)\1{9999}$/.test(answer)),
    [],
  );
});

test('assets: after a restart the same version is there, from the data folder alone', async (t) => {
  const dir = folder({ 'site/wrangler.jsonc': CONFIG, 'site/public/index.html': 'kept' });
  const data = folder();
  const first = await serve(t, dir, ['--data', data]);
  const before = await first.get('site');
  await first.process.stop();
  const second = await serve(t, dir, ['--data', data]);
  const after = await second.get('site');
  assert.deepEqual([after.text, after.headers.etag], ['kept', before.headers.etag]);
});

test('assets: nothing beside the folder is ever served', async (t) => {
  const secret = folder({ 'secret.txt': 'SECRET' });
  const dir = folder({
    'wrangler.jsonc': WITH_WORKER,
    'index.js': WORKER,
    'secret.txt': 'SECRET',
    'public/index.html': 'home',
    'public/sub/a.txt': 'a',
    'public/.dev.vars': 'SECRET=SECRET',
    'public/node_modules/secret.js': 'SECRET',
    'public/.git/config': 'SECRET',
  });
  symlinkSync(join(secret, 'secret.txt'), join(dir, 'public/link.txt'));
  symlinkSync(secret, join(dir, 'public/linked'));
  mkdirSync(join(dir, 'public/empty'));
  const server = await dev(t, dir);
  const up = ['..', '%2e%2e', '.%2e', '%2E.', '..%00', '..;', '%252e%252e', '..%c0%af', '%c0%ae%c0%ae', '\u2025'];
  const slash = ['/', '%2f', '%5c', '\\', '//', '/./', '%2F%2f', '/;/', '%00/'];
  const targets = up.flatMap((dots) =>
    slash.flatMap((one) => [`/${dots}${one}secret.txt`, `/sub/${dots}${one}${dots}${one}secret.txt`, `/sub${one}${dots}${one}..${one}secret.txt`]),
  );
  targets.push(
    `/${secret}/secret.txt`,
    `//${secret}/secret.txt`,
    `/%2f${secret.slice(1)}%2fsecret.txt`,
    '/link.txt',
    '/linked/secret.txt',
    '/linked',
    '/.dev.vars',
    '/.DEV.VARS',
  );
  targets.push(
    '/node_modules/secret.js',
    '/.git/config',
    '/wrangler.jsonc',
    '/../wrangler.jsonc',
    '/index.js',
    '/sub',
    '/empty',
    '/empty/',
    '/sub/',
    '/assets.json',
    '/manifest.json',
    '/__proto__',
    '/constructor',
  );
  for (const target of targets) {
    const client = new RawClient(server.port);
    client.write(`GET ${target} HTTP/1.1\r\nhost: site.localhost\r\nconnection: close\r\n\r\n`);
    await client.closed;
    assert.match(client.received, /^HTTP\/1\.1 (?:200|307|400|404)/, target);
    assert.doesNotMatch(client.received, /SECRET|compatibility_date/, target);
  }
});

test('assets: compressed by nano serve for those who take it, small and large files alike', async (t) => {
  const text = 'a line of text\n'.repeat(200_000);
  const dir = folder({
    'site/wrangler.jsonc': CONFIG,
    'site/public/large.txt': text,
    'site/public/app.js': text.slice(0, 50_000),
    'site/public/raw.bin': text.slice(0, 2_000_000),
  });
  const server = await serve(t, dir, ['--data', folder()]);
  const get = (path: string, accepted: string, more: Record<string, string> = {}): ReturnType<typeof server.get> =>
    server.get('site', path, { headers: { 'accept-encoding': accepted, ...more } });
  const brotli = await get('/app.js', 'gzip, br');
  assert.deepEqual([brotli.headers['content-encoding'], brotliDecompressSync(brotli.bytes).length], ['br', 50_000]);
  const gzip = await get('/large.txt', 'gzip');
  assert.deepEqual([gzip.headers['content-encoding'], gunzipSync(gzip.bytes).toString() === text], ['gzip', true]);
  const plain = await get('/large.txt', 'identity');
  assert.deepEqual([plain.headers['content-encoding'], plain.headers['content-length'], plain.text === text], [undefined, String(text.length), true]);
  assert.equal((await get('/raw.bin', 'br')).bytes.length, 2_000_000);
  const part = await get('/raw.bin', 'br', { range: 'bytes=1999990-' });
  assert.deepEqual([part.status, part.headers['content-length'], part.text], [206, '10', text.slice(1_999_990, 2_000_000)]);
  const head = await server.get('site', '/large.txt', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, String(text.length), 0]);
});

test('assets: a request with a body is answered without it being read', async (t) => {
  const dir = folder({ 'wrangler.jsonc': WITH_WORKER, 'index.js': WORKER, 'public/index.html': 'home' });
  const server = await dev(t, dir);
  assert.equal((await server.get('site', '/', { body: 'x'.repeat(100_000) })).status, 405);
  assert.equal((await server.get('site', '/other', { body: 'x' })).text, 'worker /other');
});

test('assets: calls from other apps find them, uncompressed and after redirects', async (t) => {
  const caller = `export default { async fetch(request, { SITE }) {
    const { pathname } = new URL(request.url);
    const response = await SITE.fetch('http://any' + pathname, { headers: { 'accept-encoding': 'br' } });
    return new Response(response.status + ' ' + response.headers.get('content-encoding') + ' ' + (await response.text()).slice(0, 5));
  } };`;
  const dir = folder({
    'site/wrangler.jsonc': CONFIG,
    'site/public/index.html': 'home!',
    'site/public/app.js': 'words '.repeat(1000),
    'caller/wrangler.jsonc':
      '{ "name": "caller", "main": "index.js", "compatibility_date": "2026-01-01", "services": [{ "binding": "SITE", "service": "site" }] }',
    'caller/index.js': caller,
  });
  const server = await serve(t, dir, ['--data', folder()]);
  const texts = await Promise.all(['/', '/index.html', '/app.js', '/none'].map(async (path) => (await server.get('caller', path)).text));
  assert.deepEqual(texts, ['200 null home!', '200 null home!', '200 null words', '404 null ']);
  assert.equal((await server.get('site', '/app.js', { headers: { 'accept-encoding': 'br' } })).headers['content-encoding'], 'br');
});
