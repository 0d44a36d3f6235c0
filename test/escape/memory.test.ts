/** Floods of memory: each ends with the limit, and the neighbour answers all the while. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const FLOODS = `const kept = [];
const handlers = {
  '/arrays': () => { for (;;) kept.push(new Array(1000).fill(kept.length)); },
  '/strings': () => { for (;;) kept.push(('x' + kept.length).repeat(10_000).toUpperCase()); },
  '/objects': () => { for (;;) kept.push({ a: kept.length, b: [kept.length] }); },
  '/closures': () => { for (;;) { const big = new Array(100).fill(0); kept.push(() => big); } },
  '/maps': () => { const map = new Map(); for (let i = 0; ; i++) map.set(i, [i]); },
  '/buffers': () => { for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); },
  '/blobs': () => { for (;;) kept.push(new Blob([new Uint8Array(1 << 20)])); },
  '/promises': () => { for (;;) kept.push(new Promise(() => {})); },
  '/symbols': () => { for (;;) kept.push(Symbol('s' + kept.length)); },
  '/weak-refs': () => { for (;;) kept.push(new WeakRef({})); },
  '/regexes': () => { for (;;) { const r = new RegExp('a' + kept.length + '(b|c)*d{1,9}'); r.test('abcd'); kept.push(r); } },
  '/json': () => { for (;;) kept.push(JSON.parse('[' + '[1],'.repeat(10_000) + '1]')); },
  '/clones': () => { const value = Array.from({ length: 10_000 }, (_, i) => ({ i })); for (;;) kept.push(structuredClone(value)); },
  '/typed-arrays': () => { for (;;) kept.push(new Float64Array(1 << 17).fill(1)); },
  '/resizable': () => { for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 1 << 24 }); b.resize(1 << 24); new Uint8Array(b).fill(1); kept.push(b); } },
  '/concatenation': () => { let s = 'x'; for (;;) { s += s.slice(0, 1 << 20) + kept.length; kept.push(s.split('').join('')); } },
  '/streams': () => { for (;;) kept.push(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1 << 20).fill(1)); } })); },
  '/tee': async () => { const [a, b] = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 20).fill(1)); } }).tee(); for await (const chunk of a) kept.push(b); },
  '/headers': () => { const h = new Headers(); for (let i = 0; ; i++) h.append('x-' + i, 'v'.repeat(1000)); },
  '/form-data': () => { const f = new FormData(); for (let i = 0; ; i++) f.append('n' + i, 'v'.repeat(10_000)); },
  '/timers': () => { for (;;) setTimeout(() => {}, 1e6, new Array(100)); },
  '/listeners': () => { const t = new EventTarget(); for (let i = 0; ; i++) t.addEventListener('x' + i, () => i); },
  '/classes': () => { for (;;) kept.push(class { a = kept.length; m() { return this.a; } }); },
  '/wasm-grow': () => { const m = new WebAssembly.Memory({ initial: 1 }); for (;;) { m.grow(16); new Uint8Array(m.buffer).fill(1); } },
  '/wasm-many': () => { for (;;) { const m = new WebAssembly.Memory({ initial: 64 }); new Uint8Array(m.buffer).fill(1); kept.push(m); } },
  '/wasm-reserved': () => { for (;;) kept.push(new WebAssembly.Memory({ initial: 1, maximum: 65536 })); },
  '/wasm-tables': () => { for (;;) kept.push(new WebAssembly.Table({ initial: 100_000, element: 'externref' })); },
  '/views': () => { const b = new ArrayBuffer(1 << 20); for (;;) kept.push(new Uint8Array(b)); },
  '/big-ints': () => { let n = 3n; for (;;) { n = (n * n) % (1n << 100_000n) + 1n; kept.push(n); } },
  '/urls': () => { for (;;) kept.push(new URL('https://example.com/' + kept.length + '?' + 'q'.repeat(1000))); },
  '/intl': () => { for (;;) kept.push(new Intl.DateTimeFormat('de', { dateStyle: 'full' }), new Intl.Collator('sv'), new Intl.Segmenter('th', { granularity: 'word' })); },
  '/wasm-modules': () => { for (;;) kept.push(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,10,4,1,2,0,11]))); },
  '/generators': () => { for (;;) { const g = (function* () { const big = new Array(100).fill(0); for (;;) yield big; })(); g.next(); kept.push(g); } },
  '/reserved': () => { for (;;) kept.push(new ArrayBuffer(0, { maxByteLength: 2 ** 30 })); },
  '/recursion': () => { const f = (n) => [f(n + 1), new Array(1000).fill(n)]; try { f(0); } catch {} for (;;) kept.push(new Array(1000).fill(0)); },
};
export default { fetch: (request) => (handlers[new URL(request.url).pathname] ?? (() => new Response('ok')))() };
`;

const PATHS = [...FLOODS.matchAll(/^ {2}'(\/[\w-]+)'/gm)].map(([, path]) => String(path));

suite('floods', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dir = folder({
      'floods/index.js': FLOODS,
      'floods/wrangler.jsonc': '{ "name": "floods", "main": "index.js", "compatibility_date": "2026-10-01", "nano": { "limits": { "memory_mb": 32 } } }',
      'neighbour.js': answering('fine'),
    });
    server = await serve(owner, dir);
  });

  for (const path of PATHS) {
    test(`${path} ends, and the next request is answered`, async (t) => {
      const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
      const { text } = await server.get('floods', path);
      // Array buffers beyond the limit are a RangeError inside; a slow flood may meet its CPU limit first.
      assert.match(text, /^error code: 110[12]$/);
      assert.equal((await server.get('floods')).text, 'ok');
      const { errors, answers } = await neighbour.stop();
      assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    });
  }

  test('no engine was lost, and none has grown beyond measure', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
    assert.ok((await server.metric('nano_engine_resident_bytes')) < 1.5e9);
  });
});
