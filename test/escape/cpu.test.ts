/** Loops wherever a tenant's code can run: each is stopped, and the neighbour answers all the while. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const LOOPS = `const looping = { get headers() { for (;;); } };
const handlers = {
  '/sync': () => { for (;;); },
  '/built-ins': () => { for (;;) new Array(1000); },
  '/sorting': () => { [3, 2, 1].sort(() => { for (;;); }); },
  '/microtasks': async () => { for (;;) await 0; },
  '/thenable': () => ({ then() { for (;;); } }),
  '/promise-chain': () => { const next = () => Promise.resolve().then(next); return next(); },
  '/getter': () => new Response('', looping),
  '/to-string': () => new Response('', { statusText: { toString() { for (;;); } } }),
  '/iterator': () => new Response('', { headers: { *[Symbol.iterator]() { for (;;) yield ['a', 'b']; } } }),
  '/pull': () => new Response(new ReadableStream({ pull() { for (;;); } })),
  '/timer': () => new Promise(() => setTimeout(() => { for (;;); }, 1)),
  '/catch': () => { for (;;) try { for (;;); } catch {} finally { for (;;); } },
  '/regex': () => new Response(String(/^(a+)+$/.test('a'.repeat(40) + 'b'))),
  '/error-stack': () => { Error.prepareStackTrace = () => { for (;;); }; throw new Error('x'); },
  '/json': () => Response.json({ toJSON() { for (;;); } }),
};
export default { fetch: (request) => (handlers[new URL(request.url).pathname] ?? (() => new Response('ok')))() };
`;

const PATHS = [...LOOPS.matchAll(/^ {2}'(\/[\w-]+)'/gm)].map(([, path]) => String(path));

suite('loops', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dir = folder({
      'loops/index.js': LOOPS,
      'loops/wrangler.jsonc': '{ "name": "loops", "main": "index.js", "compatibility_date": "2026-10-01", "limits": { "cpu_ms": 50 } }',
      'top-level/index.js': 'for (;;);\nexport default {};',
      'top-level/wrangler.jsonc': '{ "name": "top-level", "main": "index.js", "compatibility_date": "2026-10-01", "nano": { "limits": { "startup_ms": 50 } } }',
      'neighbour.js': answering('fine'),
    });
    server = await serve(owner, dir);
  });

  for (const path of PATHS) {
    test(`${path} is stopped, and the next request is answered`, async (t) => {
      const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
      const mark = server.mark;
      const answer = await server.get('loops', path).then(
        ({ text }) => text,
        () => 'broken off',
      );
      // The head of a streamed response has been sent when its body starts to loop.
      assert.equal(answer, path === '/pull' ? 'broken off' : 'error code: 1102');
      await server.line({ event: 'limit', app: 'loops', limit: 'cpu' }, mark);
      assert.equal((await server.get('loops')).text, 'ok');
      const { errors, answers } = await neighbour.stop();
      assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    });
  }

  test('a loop at the top level is stopped, and is not tried for every request', async () => {
    assert.equal((await server.get('top-level')).text, 'error code: 1102');
    await server.line({ event: 'limit', app: 'top-level', limit: 'startup' });
    const started = performance.now();
    assert.equal((await server.get('top-level')).text, 'error code: 1102');
    assert.ok(performance.now() - started < 50);
  });

  test('no engine was lost', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
