/** Loops wherever a tenant's code can run: each is stopped, and the neighbour answers all the while. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { type LogLine, suiteOwner } from '../support/nano-process.ts';
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
  '/json-reviver': () => JSON.parse('[1]', () => { for (;;); }),
  '/replace-callback': () => 'a'.replace(/a/, () => { for (;;); }),
  '/proxy-trap': () => new Response('', new Proxy({}, { get() { for (;;); } })),
  '/proxy-depth': () => { let p = {}; for (;;) p = new Proxy(p, {}); },
  '/primitive': () => { +{ [Symbol.toPrimitive]() { for (;;); } }; },
  '/species': () => { class A extends Array { static get [Symbol.species]() { for (;;); } } new A(3).map((x) => x); },
  '/structured-clone': () => structuredClone({ get a() { for (;;); } }),
  '/queue-microtask': () => new Promise(() => { const next = () => queueMicrotask(next); next(); }),
  '/listener': () => { const target = new EventTarget(); target.addEventListener('x', () => { for (;;); }); target.dispatchEvent(new Event('x')); },
  '/abort-listener': () => { const c = new AbortController(); c.signal.onabort = () => { for (;;); }; c.abort(); },
  '/url-pattern': () => new Response(String(new URLPattern({ pathname: '/((?:a+)+)' }).test({ pathname: '/' + 'a'.repeat(40) + '!' }))),
  '/html-rewriter': () => new HTMLRewriter().on('p', { element() { for (;;); } }).transform(new Response('<p>')).text(),
  '/transform': () => new Response(new Blob(['x']).stream().pipeThrough(new TransformStream({ transform() { for (;;); } }))).text(),
  '/strategy': () => new ReadableStream({ start: (c) => c.enqueue(1) }, { size() { for (;;); } }),
  '/dynamic-import': async () => { await import('./loops.js'); },
  '/wasm': () => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11]))).exports.f(),
  '/big-int': () => { let n = 3n; for (;;) n = (n * n) % (2n ** 4096n); },
  '/generator': () => { for (const x of (function* () { for (;;) yield 1; })()); },
  '/async-iterator': async () => { for await (const x of { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1, done: false }) }) }); },
  '/map-function': () => Array.from({ length: 1 }, () => { for (;;); }),
  '/has-instance': () => ({}) instanceof { [Symbol.hasInstance]() { for (;;); } },
  '/logged-getter': () => { console.log({ get a() { for (;;); }, [Symbol.for('nodejs.util.inspect.custom')]() { for (;;); } }, new Proxy({}, { ownKeys() { for (;;); } })); for (;;); },
  '/error-name': () => { throw Object.defineProperty(new Error('x'), 'name', { get() { for (;;); } }); },
  '/promise-species': () => { class P extends Promise { static get [Symbol.species]() { for (;;); } } return new P(() => {}).then(() => {}); },
  '/wait-until': (context) => { context.waitUntil((async () => { await 0; for (;;); })()); return new Response('done'); },
};
export default { fetch: (request, env, context) => (handlers[new URL(request.url).pathname] ?? (() => new Response('ok')))(context) };
`;

/** A streamed response's head has been sent when its body starts to loop, and a whole response when waitUntil does. */
const ANSWERS: Readonly<Record<string, string>> = { '/pull': 'broken off', '/wait-until': 'done' };

const PATHS = [...LOOPS.matchAll(/^ {2}'(\/[\w-]+)'/gm)].map(([, path]) => String(path));

suite('loops', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dir = folder({
      'loops/index.js': LOOPS,
      'loops/loops.js': 'for (;;);',
      'loops/wrangler.jsonc': '{ "name": "loops", "main": "index.js", "no_bundle": true, "compatibility_date": "2026-10-01", "limits": { "cpu_ms": 50 } }',
      'top-level/index.js': 'for (;;);\nexport default {};',
      'top-level/wrangler.jsonc': '{ "name": "top-level", "main": "index.js", "compatibility_date": "2026-10-01", "nano": { "limits": { "startup_ms": 50 } } }',
      'neighbour.js': answering('fine'),
    });
    server = await serve(owner, dir);
  });

  for (const path of PATHS) {
    test(`${path} is stopped, and the next request is answered`, async (t) => {
      const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
      let answer: string;
      let told: LogLine;
      do {
        const mark = server.mark;
        answer = await server.get('loops', path).then(
          ({ text }) => text,
          () => 'broken off',
        );
        // The app has been set aside by then: on a busy machine its loops may not get the time that they may use.
        told = await server.line({ app: 'loops', level: 'warn', msg: /CPU time$|given up: the machine is too busy/ }, mark);
      } while (told['event'] !== 'limit');
      assert.deepEqual([answer, told['limit']], [ANSWERS[path] ?? 'error code: 1102', 'cpu']);
      assert.equal((await server.getPatiently('loops')).text, 'ok');
      const { errors, answers } = await neighbour.stop();
      assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    });
  }

  test('a loop at the top level is stopped, and is not tried for every request', async () => {
    assert.equal((await server.get('top-level')).text, 'error code: 1102');
    await server.line({ event: 'limit', app: 'top-level', limit: 'startup' });
    assert.equal((await server.get('top-level')).text, 'error code: 1102');
    assert.equal(server.process.all({ event: 'limit', app: 'top-level' }).length, 1);
  });

  test('no engine was lost', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
