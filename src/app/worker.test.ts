import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { StreamBody } from '../ops/body-stream.ts';
import { BodyKind, Post, Request, Sync } from '../protocol/ops.ts';
import { appsInOnePool, type TestApps, type TestClient, testRecord } from './worker.fixture.ts';
import type { Worker } from './worker.ts';

const startApps = appsInOnePool();

/** One app with small limits. */
function setUp(
  source: string,
  limits: NonNullable<Parameters<typeof testRecord>[1]>['limits'] = {},
  deps: Parameters<typeof startApps>[1] = {},
): TestApps & { request(): TestClient; worker(): Worker } {
  const test = startApps({ a: source }, deps);
  test.apps.update([testRecord('a', { limits })]);
  const worker = (): Worker => {
    const [first] = test.apps.get('a')?.workers ?? [];
    if (first === undefined) throw new Error('the app has no worker');
    return first;
  };
  return { ...test, request: () => test.ask('a'), worker };
}

/** Resolves when no event of the apps is in hand. */
async function idle({ apps }: TestApps): Promise<void> {
  while (apps.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
}

const handler = (body: string): string => `export default { async fetch(request, env, ctx) { ${body} } }`;

test('fetch: an answer, and nothing left of the event', async () => {
  const app = setUp(handler('return new Response("hello")'));
  const client = app.request();
  await client.over;
  assert.equal(client.text, 'hello');
  assert.equal(client.coldStart, true);
  assert.equal(app.apps.inFlight, 0);
  assert.equal(app.worker().handles.size, 0);
});

for (const [what, body] of [
  ['in the handler', 'for (;;);'],
  ['over a built-in', 'let n = 0; for (;;) n += new Array(1000).length;'],
  ['in microtasks', 'await new Promise(() => { (function again() { Promise.resolve().then(again); })(); });'],
  ['in a getter read from the response', 'return { get then() { for (;;); } };'],
  ['in a timer', 'await new Promise(() => setTimeout(() => { for (;;); }, 1));'],
] as const) {
  test(`cpu: an endless loop ${what} is stopped`, async () => {
    const app = setUp(handler(body), { cpuMs: 60 });
    const client = app.request();
    await client.over;
    assert.equal(client.failure?.name, 'exceededCpu');
    assert.ok(app.observer.told.includes('limit cpu'));
    await idle(app);
    assert.equal(app.apps.get('a')?.workers.length, 0);
  });
}

test('cpu: an endless loop after the answer is stopped', async () => {
  const app = setUp(handler('ctx.waitUntil((async () => { await scheduler.wait(1); for (;;); })()); return new Response("x");'), { cpuMs: 60 });
  const client = app.request();
  await client.over;
  assert.equal(client.status, 200);
  await idle(app);
  assert.deepEqual(app.observer.told.slice(1), ['limit cpu', 'eviction condemned']);
});

test('cpu: a loop in the middle of a stream breaks the response off', async () => {
  const body = 'return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); setTimeout(() => { for (;;); }, 1); } }));';
  const app = setUp(handler(body), { cpuMs: 60 });
  const client = app.request();
  await client.over;
  assert.deepEqual(client.calls, ['start', 'write', 'abort']);
  await idle(app);
});

test('cpu: the time of several turns is added up', async () => {
  const body = 'for (let i = 0; i < 100; i++) { await scheduler.wait(0); const end = Date.now(); for (let n = 0; n < 4e6; n++); } return new Response("x");';
  const app = setUp(handler(body), { cpuMs: 60 });
  const client = app.request();
  await client.over;
  assert.equal(client.failure?.name, 'exceededCpu');
});

test('cpu: a condemned worker takes no more events, and finishes those it has', async () => {
  const app = setUp(
    `export default { async fetch(request) {
      if (request.url.endsWith('loop')) for (;;);
      await scheduler.wait(150);
      return new Response('slow');
    } }`,
    { cpuMs: 60 },
  );
  await app.request().over;
  const first = app.worker();
  const loop = app.ask('a', { head: 'GET\nhttp://test/loop\nhost\ntest' });
  const slow = app.request();
  await loop.over;
  assert.equal(first.isCondemned, true);
  const next = app.request();
  await Promise.all([slow.over, next.over]);
  assert.equal(slow.text, 'slow');
  assert.equal(next.coldStart, true);
  await idle(app);
  assert.equal(first.isGone, true);
});

test('memory: an isolate that outgrows its limit goes, with all its events told', async () => {
  const app = setUp(
    `export default { async fetch(request) {
      const kept = [];
      if (request.url.endsWith('flood')) for (;;) kept.push(new Array(10000).fill(1));
      await scheduler.wait(1e6);
    } }`,
    { memoryMb: 16 },
  );
  const others = [app.request(), app.request()];
  const flood = app.ask('a', { head: 'GET\nhttp://test/flood\nhost\ntest' });
  await Promise.all([...others, flood].map((client) => client.over));
  assert.deepEqual(
    [...others, flood].map((client) => client.failure?.name),
    ['exceededMemory', 'exceededMemory', 'exceededMemory'],
  );
  assert.equal(app.observer.told.filter((line) => line === 'limit memory').length, 1);
  assert.equal(app.apps.get('a')?.workers.length, 0);
  assert.equal(app.apps.inFlight, 0);
});

test('waitUntil: is given up after its grace', async () => {
  const app = setUp(handler('ctx.waitUntil(new Promise(() => {})); setTimeout(() => {}, 1e6); return new Response("x");'), { waitUntilMs: 50 });
  const client = app.request();
  await client.over;
  assert.equal(app.apps.inFlight, 1);
  await idle(app);
  assert.deepEqual(app.observer.told.slice(1), ['limit waitUntil']);
});

test('fetch: a handler that waits for nothing is told to never respond', async () => {
  const app = setUp(handler('await new Promise(() => {});'));
  const client = app.request();
  await client.over;
  assert.equal(client.failure?.name, 'neverResponded');
});

for (const [what, body] of [
  ['undefined', ''],
  ['a number', 'return 5;'],
  ['a used body', 'const r = new Response("x"); await r.text(); return r;'],
  ['a rejected promise', 'throw new Error("no");'],
] as const) {
  test(`fetch: ${what} instead of a response is an exception`, async () => {
    const app = setUp(handler(body));
    const client = app.request();
    await client.over;
    assert.equal(client.failure?.name, 'exception');
    await idle(app);
    assert.equal(app.worker().isCondemned, false);
  });
}

test('memory: answers that nobody takes do not pile up on the host', async () => {
  const app = setUp(handler('for (;;) crypto.subtle.digest("SHA-256", new Uint8Array(1)).catch(() => {});'), { cpuMs: 60_000 });
  const client = app.request();
  await client.over;
  assert.equal(client.failure?.name, 'exceededMemory');
  assert.equal(app.apps.get('a')?.isEmpty, true);
});

// V8 would call it outside of any turn.
test('fetch: requests may wait for a promise that another has begun', async () => {
  const app = setUp(
    'let shared; export default { async fetch() { shared ??= new Promise((resolve) => setTimeout(() => resolve("shared"), 20)); return new Response(await shared); } }',
  );
  const clients = [app.request(), app.request(), app.request()];
  await Promise.all(clients.map((client) => client.over));
  assert.deepEqual(
    clients.map((client) => client.text),
    ['shared', 'shared', 'shared'],
  );
});

test('fetch: a body that nothing can go on with is broken off once no other request may bring it anything', async () => {
  const app = setUp(
    'const body = () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); } })); export default { async fetch(request) { if (request.url.endsWith("/other")) { await scheduler.wait(20); return new Response("other"); } return body(); } }',
  );
  const other = app.ask('a', { head: 'GET\nhttp://a.test/other\nhost\na.test' });
  const client = app.request();
  await client.over;
  assert.deepEqual([client.calls, other.calls], [['start', 'write', 'abort'], ['send']]);
});

test('fetch: a body of a request that is over is the error that it is on Workers', async () => {
  const app = setUp(
    'let kept; export default { async fetch(request) { if (kept === undefined) { kept = request; return new Response("kept"); } return new Response(await kept.text().catch(String)); } }',
  );
  const body = new StreamBody(Readable.from([Buffer.from('body')]));
  await app.ask('a', { body }).over;
  const second = app.request();
  await second.over;
  assert.match(second.text, /^Error: Cannot perform I\/O on behalf of a different request\. /);
});

test('fetch: who waits for a promise of a request that is over never responds', async () => {
  const app = setUp(
    'let never; export default { async fetch(request) { if (request.url.endsWith("/first")) { never = new Promise(() => {}); await scheduler.wait(20); return new Response("first"); } await never; return new Response("unreachable"); } }',
  );
  const first = app.ask('a', { head: 'GET\nhttp://a.test/first\nhost\na.test' });
  const second = app.request();
  await Promise.all([first.over, second.over]);
  assert.equal(first.text, 'first');
  assert.equal(second.failure?.name, 'neverResponded');
});

test('cpu: a finalizer that loops is never called', async () => {
  const body = 'for (let i = 0; i < 2e5; i++) registry.register({}, new Array(20)); return new Response(typeof registry);';
  const app = setUp(`const registry = new FinalizationRegistry(() => { for (;;); }); ${handler(body)}`, { cpuMs: 2000 });
  for (let i = 0; i < 3; i++) {
    const client = app.request();
    await client.over;
    assert.equal(client.text, 'object');
  }
});

test('scheduled: completes, and not before its waitUntil', async () => {
  const app = setUp(
    'let done = ""; export default { async scheduled(c, env, ctx) { ctx.waitUntil(scheduler.wait(1).then(() => { console.log("late"); })); } }',
  );
  const version = app.apps.get('a');
  const { TestClient } = await import('./worker.fixture.ts');
  const client = new TestClient();
  if (version !== undefined) await app.apps.scheduled(version, 'r', 0, '* * * * *', client);
  await client.over;
  assert.deepEqual(client.calls, ['completed']);
  assert.deepEqual(app.observer.lines, ['late']);
  assert.equal(app.apps.inFlight, 0);
});

test('scheduled: a failure is told', async () => {
  const app = setUp('export default { async scheduled() { throw new Error("no"); } }');
  const version = app.apps.get('a');
  const { TestClient } = await import('./worker.fixture.ts');
  const client = new TestClient();
  if (version !== undefined) await app.apps.scheduled(version, 'r', 0, '* * * * *', client);
  await client.over;
  assert.deepEqual(client.calls, ['fail exception']);
  await idle(app);
});

test('clientGone: an event nobody waits for ends, and what it fetches is aborted', async () => {
  const app = setUp(handler('await scheduler.wait(1e6);'));
  await app.ask('a').event;
  const client = app.request();
  while (client.event === undefined) await new Promise((resolve) => setImmediate(resolve));
  client.event.clientGone();
  assert.deepEqual(client.calls, []);
  assert.equal(app.apps.inFlight, 1);
});

test('light turns: answers stay right, and a loop is found, once the app has shown its habits', async () => {
  const app = setUp(
    `let n = 0; export default { fetch(request) {
      if (request.url.endsWith('loop')) for (;;);
      return new Response(String(++n));
    } }`,
    { cpuMs: 200 },
  );
  for (let i = 1; i <= 200; i++) {
    const client = app.request();
    await client.over;
    assert.equal(client.text, String(i));
  }
  const burst = Array.from({ length: 50 }, () => app.request());
  await Promise.all(burst.map((client) => client.over));
  assert.equal(app.apps.inFlight, 0);
  const loops = Array.from({ length: 2 }, () => app.ask('a', { head: 'GET\nhttp://test/loop\nhost\ntest' }));
  await Promise.all(loops.map((client) => client.over));
  assert.deepEqual(
    loops.map((client) => client.failure?.name),
    ['exceededCpu', 'exceededCpu'],
  );
  await idle(app);
  assert.equal(app.apps.get('a')?.workers.length, 0);
});

test('light turns: so are those that take answers in, and what goes wrong in them is found', async () => {
  const app = setUp(
    `let n = 0; export default { async fetch(request) {
      const path = new URL(request.url).pathname;
      await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
      if (path === '/loop') for (;;);
      if (path === '/hang') await new Promise(() => {});
      if (path === '/throw') throw new RangeError('no');
      return new Response(String(++n));
    } }`,
    { cpuMs: 200 },
  );
  let light = 0;
  // Where the machine is busy a turn may seem long, after which the next 64 are watched again: enough of them for that to happen twice.
  for (let i = 1; i <= 400; i++) {
    const client = app.request();
    await client.over;
    assert.equal(client.text, String(i));
    // Of a light turn it is not known yet what it used.
    if (client.event !== undefined && client.event.cpuMs === undefined) light++;
  }
  assert.ok(light > 100, `${light} requests in light turns`);
  const failures: unknown[] = [];
  for (const path of ['hang', 'throw', 'loop']) {
    const client = app.ask('a', { head: `GET\nhttp://test/${path}\nhost\ntest` });
    await client.over;
    failures.push(client.failure?.name);
  }
  assert.deepEqual(failures, ['neverResponded', 'exception', 'exceededCpu']);
  await idle(app);
  assert.equal(app.apps.get('a')?.workers.length, 0);
});

test('light turns: an op is answered without anything else having to happen', async (t) => {
  const app = setUp(
    `export default { async fetch() {
      for (let i = 0; i < 5; i++) await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
      return new Response('x');
    } }`,
  );
  for (let i = 0; i < 40; i++) await app.request().over;
  // Nor does the checkpoint of light turns come.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let i = 0; i < 40; i++) await app.request().over;
});

test('watchesTurns: no turn is light, so that each rejection is told', async () => {
  const app = setUp(
    `let n = 0; export default { async fetch() {
      await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
      if (++n > 150) Promise.reject(new Error('number ' + n));
      return new Response('x');
    } }`,
    {},
    { watchesTurns: true },
  );
  for (let i = 0; i < 160; i++) await app.request().over;
  const told = (): number => app.observer.told.filter((line) => line.includes('number')).length;
  // The end of the last turn is heard of after its answer.
  while (told() < 10) await new Promise((resolve) => setImmediate(resolve));
});

test('light turns: memory that runs out is told to every event', async () => {
  const app = setUp(
    `export default { fetch(request) {
      const kept = [];
      if (request.url.endsWith('flood')) for (;;) kept.push(new Array(10000).fill(1));
      return new Response('x');
    } }`,
    { memoryMb: 16 },
  );
  for (let i = 1; i <= 65; i++) await app.request().over;
  const flood = Array.from({ length: 3 }, () => app.ask('a', { head: 'GET\nhttp://test/flood\nhost\ntest' }));
  await Promise.all(flood.map((client) => client.over));
  for (const client of flood) assert.equal(client.failure?.name, 'exceededMemory');
  assert.ok(app.observer.told.includes('limit memory'));
});

/** What only a tenant that has taken over the runtime could send. */
const HOSTILE: unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  10n,
  '',
  'push',
  '\ud800',
  'x'.repeat(1e5),
  {},
  { toString: 1, valueOf: 1 },
  [],
  [[]],
  new ArrayBuffer(8),
  new Uint8Array(4),
  new Date(Number.NaN),
  new Map(),
  /x/,
];

test('send: no argument of any op throws, or harms the worker', async () => {
  const app = setUp(handler('return new Response("still here")'));
  await app.request().over;
  const worker = app.worker();
  const ops: unknown[] = [...Object.values(Post), ...Object.values(Request), -1, 31, 99, 1e9, ...HOSTILE];
  for (const op of ops) {
    for (const value of HOSTILE) {
      worker.inbox.send(op as number, 1, [value, value, value, value, value]);
      worker.inbox.send(op as number, value as number, [1, value, value, value, value, value]);
      worker.inbox.send(op as number, 999, [7, 'GET', 'http://test/', value, value, value]);
    }
    worker.inbox.send(op as number, 1, []);
  }
  await new Promise((resolve) => setImmediate(resolve));
  const client = app.request();
  await client.over;
  assert.equal(client.text, 'still here');
});

test('send: during an event, hostile arguments end it at most', async () => {
  const app = setUp(handler('await scheduler.wait(1e6);'), { waitUntilMs: 50 });
  for (const op of [...Object.values(Post), ...Object.values(Request)]) {
    for (const value of HOSTILE) {
      const client = app.request();
      while (client.event === undefined) await new Promise((resolve) => setImmediate(resolve));
      const { id } = client.event as unknown as { id: number };
      const worker = app.worker();
      worker.inbox.send(op, id, [value, value, value, value, value]);
      worker.inbox.send(op, id, [1, value, value, value, value]);
      client.event.clientGone();
      assert.equal(worker.isGone, false, `op ${op}`);
    }
  }
  await idle(app);
});

test('call: an error tells nothing of the host', async () => {
  const app = setUp(handler('return new Response("x")'));
  await app.request().over;
  const worker = app.worker();
  for (const op of [...Object.values(Sync), -1, 99, ...HOSTILE]) {
    for (const value of HOSTILE) {
      try {
        worker.inbox.call(op as number, 1, value, value, value, value);
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.doesNotMatch(error.stack ?? '', /\/|\.ts/);
      }
    }
  }
});

test('send: answers of events that are over, or of nobody, are dropped', async () => {
  const app = setUp(handler('return new Response("x")'));
  const client = app.request();
  await client.over;
  const worker = app.worker();
  worker.inbox.send(Post.respond, 1, [200, '', '', BodyKind.text, 'again']);
  worker.inbox.send(Post.respond, 2, [200, '', '', BodyKind.text, 'forged']);
  worker.inbox.send(Post.threw, 1, ['Error', 'late', '']);
  assert.deepEqual(client.calls, ['send']);
});

test('dispose: what is in hand is told, what comes later is dropped', async () => {
  const app = setUp(handler('await scheduler.wait(1e6);'));
  const client = app.request();
  while (client.event === undefined) await new Promise((resolve) => setImmediate(resolve));
  const worker = app.worker();
  worker.dispose();
  worker.dispose();
  worker.inbox.send(Post.log, 1, [0, 'x']);
  assert.equal(client.failure?.name, 'internal');
  assert.deepEqual(app.observer.lines, []);
});

test('dispose: what still runs in the isolate is told of until it is over', async () => {
  const told: string[] = [];
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  const outlived = ({ name }: { name: string }, over: Promise<void>): void => {
    told.push(name);
    void over.then(resolve);
  };
  // V8 comes out of this when it is done, and not before.
  const app = setUp(handler('if (request.url.endsWith("long")) "a".repeat(2 ** 22).replaceAll("a", "bb"); return new Response("done");'), {}, { outlived });
  await app.ask('a').over;
  const client = app.ask('a', { head: 'GET\nhttp://test/long\nhost\ntest' });
  app.worker().dispose();
  await client.over;
  // Until then the app is to blame for what becomes of the process.
  assert.deepEqual([told, client.failure?.name], [['a'], 'internal']);
  await isOver;
});

test('console: what an invocation may log is bounded, and the log says so once', async () => {
  const restless: string[] = [];
  const code = handler('for (let at = 0; at < 1000; at++) console.log("x".repeat(99)); return new Response("done");');
  const app = setUp(code, {}, { mostLogged: 1000, onRestless: (name) => void restless.push(name) });
  const [first, second] = [app.request(), app.request()];
  await Promise.all([first.over, second.over]);
  await idle(app);
  const { lines } = app.observer;
  assert.equal(lines.length, 22);
  assert.equal(lines.filter((line) => line.includes('log cut: more than 1000 characters')).length, 2);
  assert.deepEqual(restless, []);
  await Promise.all(Array.from({ length: 20 }, () => app.request().over));
  assert.deepEqual(restless, ['a'], 'who is cut again and again is told of');
});
