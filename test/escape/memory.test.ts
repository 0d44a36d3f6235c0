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
