/** Content-Encoding: whoever coded a body, and whichever way it went, a client gets it coded once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { folder } from '../support/folder.ts';
import { RawClient } from '../support/request.ts';
import { serve } from '../support/server.ts';

const TEXT = 'hello '.repeat(5000);
const SHARED = `
const TEXT = 'hello '.repeat(5000);
const headers = (coding) => ({ 'content-encoding': coding, 'cache-control': 'max-age=60' });
const stream = (text) => new Response(text).body;
const gzip = () => stream(TEXT).pipeThrough(new CompressionStream('gzip'));
`;
const BACK = `${SHARED}
export default { async fetch(request) {
  switch (new URL(request.url).pathname) {
    case '/text': return new Response(TEXT, { headers: headers('gzip') });
    case '/stream': return new Response(stream(TEXT), { headers: headers('br') });
    case '/manual': return new Response(gzip(), { headers: headers('gzip'), encodeBody: 'manual' });
    case '/manual-bytes': return new Response(await new Response(gzip()).arrayBuffer(), { headers: headers('gzip'), encodeBody: 'manual' });
    case '/pass': return new Response(request.body, { headers: headers('gzip') });
    case '/other': return new Response(TEXT, { headers: headers('identity') });
    case '/drip': {
      const { readable, writable } = new TransformStream();
      writable.getWriter().write(new TextEncoder().encode('first'));
      // It could go on: a body that nothing can go on with is broken off.
      setTimeout(() => {}, 60_000);
      return new Response(readable, { headers: headers('gzip') });
    }
  }
} };`;
const FRONT = `${SHARED}
export default { async fetch(request, env, ctx) {
  const { pathname, search } = new URL(request.url);
  const url = 'http://back' + pathname;
  if (search === '?read') return new Response(await (await env.BACK.fetch(url)).text());
  if (search === '?cached') {
    const key = 'http://cache' + pathname;
    await caches.default.put(key, await env.BACK.fetch(url));
    return caches.default.match(key);
  }
  if (search === '?own-cached') {
    await caches.default.put(url, new Response(gzip(), { headers: headers('gzip'), encodeBody: 'manual' }));
    return caches.default.match(url);
  }
  return env.BACK.fetch(url, request);
} };`;

test('content-encoding: every way leads to one coding', async (t) => {
  const config = { compatibility_date: '2026-01-01', main: 'i.js' };
  const dir = folder({
    'back/wrangler.json': JSON.stringify({ name: 'back', ...config }),
    'back/i.js': BACK,
    'front/wrangler.json': JSON.stringify({ name: 'front', ...config, services: [{ binding: 'BACK', service: 'back' }] }),
    'front/i.js': FRONT,
  });
  const server = await serve(t, dir, ['--data', folder()]);
  const decode = { gzip: gunzipSync, br: brotliDecompressSync, identity: (bytes: Buffer) => bytes };
  for (const [path, coding] of [
    ['/text', 'gzip'],
    ['/stream', 'br'],
    ['/manual', 'gzip'],
    ['/manual-bytes', 'gzip'],
    ['/other', 'identity'],
  ] as const) {
    for (const [app, search] of [
      ['back', ''],
      ['front', ''],
      ['front', '?cached'],
      ['front', '?own-cached'],
    ] as const) {
      const { headers, bytes } = await server.get(app, path + search);
      const expected = search === '?own-cached' ? 'gzip' : coding;
      assert.equal(headers['content-encoding'], expected, `${app} ${path}${search}: ${bytes}`);
      assert.equal(decode[expected](bytes).toString(), TEXT, `${app} ${path}${search}`);
    }
    assert.equal((await server.get('front', `${path}?read`)).text, TEXT);
  }
  assert.equal(gunzipSync((await server.get('back', '/pass', { body: TEXT })).bytes).toString(), TEXT);
  const head = await server.get('back', '/text', { method: 'HEAD' });
  assert.deepEqual([head.headers['content-encoding'], head.headers['content-length'], head.text], ['gzip', undefined, '']);

  const drip = new RawClient(server.port);
  t.after(() => drip.socket.destroy());
  drip.write('GET /drip HTTP/1.1\r\nHost: back.localhost\r\n\r\n');
  // What is written comes out at once, ended by an empty block, while the stream is still open.
  await drip.until(/\r\n\r\n[\s\S]*\0\0\xff\xff/);
});
