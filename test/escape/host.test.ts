/** Floods of what lies on the host's side: logs, timers, fetches, crypto, codecs, bodies. The host lives, and the neighbour answers. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const FLOODS = `const settled = async (work) => { const results = await Promise.allSettled(work); return new Response(results.filter(({ status }) => status === 'fulfilled').length + ' of ' + results.length); };
const many = (count, make) => settled(Array.from({ length: count }, async (_, i) => make(i)));
const handlers = {
  '/logs': () => { for (let i = 0; i < 1e5; i++) console.log('x'.repeat(1000), i); return new Response('done'); },
  '/large-logs': () => { for (let i = 0; i < 100; i++) console.error('x'.repeat(1e6)); return new Response('done'); },
  '/timers': () => { for (let i = 0; i < 1e5; i++) setTimeout(() => {}, 1e6); return new Response('done'); },
  '/digests': () => many(500, () => crypto.subtle.digest('SHA-512', new Uint8Array(1 << 18))),
  '/keys': () => many(500, () => crypto.subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['encrypt', 'decrypt'])),
  '/pbkdf2': async () => { const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'PBKDF2', false, ['deriveBits']); return many(200, () => crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(16), iterations: 100_000 }, key, 512)); },
  '/codecs': () => many(500, async () => { const s = new CompressionStream('brotli'); const w = s.writable.getWriter(); await w.write(new Uint8Array(1 << 16)); return new Promise((resolve) => setTimeout(resolve, 10)); }),
  '/bomb': async () => { let s = new Blob([new Uint8Array(1 << 20)]).stream(); for (let i = 0; i < 3; i++) s = s.pipeThrough(new CompressionStream('gzip')); for (let i = 0; i < 3; i++) s = s.pipeThrough(new DecompressionStream('gzip')); let n = 0; for await (const c of s) n += c.length; return new Response(String(n)); },
  '/fetches': (url) => many(3000, () => fetch(url.searchParams.get('to')).then((r) => r.text())),
  '/pending': (url) => { for (let i = 0; i < 1000; i++) fetch(url.searchParams.get('to') + '?hang').catch(() => {}); return new Response('done'); },
  '/unread': (url) => many(90, () => fetch(url.searchParams.get('to') + '?large')),
  '/sockets': () => many(1000, (i) => new WebSocket('wss://127.0.0.1:' + (i + 1))),
  '/pairs': () => { for (let i = 0; i < 1e3; i++) { const [a, b] = Object.values(new WebSocketPair()); a.accept(); b.accept(); for (let j = 0; j < 10; j++) a.send('x'.repeat(100)); } return new Response('done'); },
  '/endless': (url, context) => { context.waitUntil(new Promise(() => {})); return new Response('done'); },
  '/random': () => { for (let i = 0; i < 1e5; i++) crypto.getRandomValues(new Uint8Array(1024)); return new Response('done'); },
  '/uuids': () => { for (let i = 0; i < 1e6; i++) crypto.randomUUID(); return new Response('done'); },
  '/decoding': () => { const bytes = new Uint8Array(1 << 20).fill(0x81); for (let i = 0; i < 100; i++) new TextDecoder('gb18030').decode(bytes); return new Response('done'); },
};
export default { async fetch(request, env, context) { const url = new URL(request.url); return (handlers[url.pathname] ?? (() => new Response('ok')))(url, context); } };
`;

const PATHS = [...FLOODS.matchAll(/^ {2}'(\/[\w-]+)'/gm)].map(([, path]) => String(path));

suite('host', () => {
  const owner = suiteOwner();
  let upstream: Server;
  let server: TestServer;
  let to: string;
  before(async () => {
    upstream = createServer((request, response) => {
      if (request.url?.includes('hang') === true) return;
      response.end(request.url?.includes('large') === true ? 'x'.repeat(5_000_000) : 'ok');
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    to = `http://127.0.0.1:${(upstream.address() as { port: number }).port}/`;
    const config = { name: 'floods', main: 'index.js', compatibility_date: '2026-10-01', limits: { cpu_ms: 1000 }, nano: { limits: { memory_mb: 64 } } };
    const storm = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`cold-${i}.js`, answering(`cold ${i}`)]));
    const dir = folder({
      ...storm,
      'floods/index.js': FLOODS,
      'floods/wrangler.jsonc': JSON.stringify(config),
      'neighbour.js': answering('fine'),
      'nano.jsonc': '{ "egress": { "allow": ["127.0.0.1"] }, "limits": { "defaults": { "wait_until_ms": 200 } } }',
    });
    server = await serve(owner, dir);
  });
  after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  for (const path of PATHS) {
    test(`${path} harms nobody`, async (t) => {
      const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
      const { text } = await server.get('floods', `${path}?to=${encodeURIComponent(to)}`);
      assert.match(text, /^(?:done|\d+ of \d+|\d+|error code: 110[12])$/);
      assert.equal((await server.get('floods')).text, 'ok');
      const { errors, answers } = await neighbour.stop();
      assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    });
  }

  test('a storm of cold starts is answered', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, i) => (await server.get(`cold-${i}`)).text));
    assert.deepEqual(
      answers,
      Array.from({ length: 40 }, (_, i) => `cold ${i}`),
    );
  });

  test('no engine was lost, and none has grown beyond measure', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
    assert.ok((await server.metric('nano_engine_resident_bytes')) < 1.5e9);
  });
});
