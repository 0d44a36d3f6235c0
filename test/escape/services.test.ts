/** Apps that call each other, one of them hostile: only its own are harmed, and whoever called it hears of it. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const GOOD = `
const cases = {
  loop: (env) => env.EVIL.loop(),
  'loop-fetch': async (env) => (await env.EVIL.fetch('http://x/loop')).text(),
  memory: (env) => env.EVIL.memory(),
  'memory-fetch': async (env) => (await env.EVIL.fetch('http://x/memory')).text(),
  never: (env) => env.EVIL.never(),
  fine: (env) => env.EVIL.fine(),
  startup: (env) => env.BROKEN.anything(),
  'other-group': (env) => env.STRANGER.anything(),
  cycle: (env) => env.EVIL.cycle(1),
  breed: (env) => env.EVIL.breed(),
  'cycle-fetch': async (env) => (await env.SELF.fetch('http://x/cycle-fetch')).text(),
  graph: (env) => env.EVIL.graph(),
  deep: (env) => env.EVIL.deep(),
  big: (env) => env.EVIL.big(),
  stubs: (env) => env.EVIL.stubs(),
  'endless-body': async (env) => {
    const reader = (await env.EVIL.fetch('http://x/endless')).body.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value.length > 0 ? 'a chunk' : 'none';
  },
  forward: async (env) => {
    let calls = 0;
    const sum = await env.EVIL.storm((n) => { calls++; return n; });
    return sum + ' in ' + calls;
  },
  mutual: (env) => env.EVIL.mutual(async (n) => (n === 0 ? 'met' : env.EVIL.mutualAgain(n))),
  collude: (env) => env.EVIL.collude(() => { const end = Date.now() + 1; let n = 0; for (let i = 0; i < 3e7; i++) n += i; return n; }),
  getter: (env) => env.EVIL.getter(),
  thenable: (env) => env.EVIL.thenable(),
  patched: (env) => env.EVIL.patched(),
  upload: async (env) => {
    const body = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } });
    return (await env.EVIL.fetch('http://x/ignore-body', { method: 'POST', body })).text();
  },
};
export default {
  async fetch(request, env) {
    try {
      return new Response(String(await cases[new URL(request.url).pathname.slice(1)](env)));
    } catch (error) {
      return new Response('caught ' + error.name + ': ' + error.message);
    }
  },
};`;

const EVIL = `
import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';
const fill = () => { const all = []; for (;;) all.push(new Array(100000).fill(Math.random())); };
class Target extends RpcTarget { call() {} }
export default class extends WorkerEntrypoint {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/loop') for (;;);
    if (pathname === '/memory') fill();
    if (pathname === '/endless') return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }));
    return new Response('ignored');
  }
  loop() { for (;;); }
  memory() { fill(); }
  never() { return new Promise(() => {}); }
  fine() { return 'fine'; }
  async breed() {
    const calls = await Promise.allSettled([1, 2, 3].map(() => this.env.SELF.breed()));
    return calls.reduce((sum, { value = 0 }) => sum + value, 1);
  }
  cycle(depth) { return this.env.SELF.cycle(depth + 1); }
  graph() {
    let value = {};
    for (let i = 0; i < 200000; i++) value = { value };
    return value;
  }
  deep() { return Array.from({ length: 300000 }, (_, i) => ({ i })).length; }
  big() { return 'x'.repeat(40 * 1024 * 1024); }
  stubs() { return Array.from({ length: 5000 }, () => new Target()); }
  async storm(callback) {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => callback(i)));
    return results.reduce((a, b) => a + b, 0);
  }
  async mutual(callback) { this.constructor.callback = callback.dup(); return callback(1); }
  async mutualAgain(n) { return 'met after ' + n; }
  async collude(burn) { for (let i = 0; i < 1000; i++) await burn(); return 'burnt'; }
  getter() { return { get value() { throw new Error('a getter threw'); } }; }
  thenable() { return { then(resolve) { resolve('from a thenable'); } }; }
  patched() {
    Array.prototype[Symbol.iterator] = () => { throw new Error('patched'); };
    Object.prototype.then = undefined;
    Promise.prototype.then2 = 1;
    return ['still', { right: true }].length;
  }
}`;

const config = (name: string, services: object[], more: object = {}): string =>
  JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', services, ...more });

suite('services: hostile callees and callers', () => {
  const owner = suiteOwner();
  let server: TestServer;
  const ask = async (path: string): Promise<string> => (await server.get('good', `/${path}`)).text;
  before(async () => {
    server = await serve(
      owner,
      folder({
        'good/index.js': GOOD,
        'good/wrangler.json': config(
          'good',
          [
            { binding: 'EVIL', service: 'evil' },
            { binding: 'SELF', service: 'good' },
            { binding: 'BROKEN', service: 'broken' },
            { binding: 'STRANGER', service: 'stranger' },
          ],
          { limits: { cpu_ms: 300 } },
        ),
        'evil/index.js': EVIL,
        'evil/wrangler.json': config('evil', [{ binding: 'SELF', service: 'evil' }], { limits: { cpu_ms: 300 }, nano: { limits: { memory_mb: 64 } } }),
        'broken/index.js': 'throw new Error("at startup");',
        'broken/wrangler.json': config('broken', []),
        'stranger/index.js': 'export default { fetch: () => new Response("secret") };',
        'stranger/wrangler.json': config('stranger', [], { trust_group: 'strangers' }),
      }),
      ['--data', folder()],
    );
  });

  for (const path of ['loop', 'loop-fetch']) {
    test(`${path}: the callee is stopped, the caller hears it and goes on`, async () => {
      assert.equal(await ask(path), 'caught Error: Worker exceeded CPU time limit.');
      assert.equal(await ask('fine'), 'fine');
      assert.equal(server.process.all({ event: 'limit', app: 'good' }).length, 0);
    });
  }

  for (const path of ['memory', 'memory-fetch']) {
    test(`${path}: the callee alone is taken down`, async () => {
      assert.match(await ask(path), /^caught Error: Worker exceeded (memory|CPU time) limit\.$/);
      assert.equal(await ask('fine'), 'fine');
      assert.equal(server.process.all({ event: 'limit', app: 'good' }).length, 0);
    });
  }

  test('never: a method that cannot answer is found out', async () => {
    assert.match(await ask('never'), /^caught Error: .*would never generate a response/);
  });

  test('startup: an app that does not start says so to its caller', async () => {
    assert.match(await ask('startup'), /^caught Error: at startup/);
  });

  test('other-group: an app of another trust group is as good as none', async () => {
    assert.equal(await ask('other-group'), 'caught Error: Could not find the service "stranger": there is no such app in this trust group.');
  });

  for (const path of ['cycle', 'cycle-fetch']) {
    test(`${path}: ends at the depth limit`, async () => assert.match(await ask(path), /Subrequest depth limit exceeded/));
  }

  test('breed: calls that each make some more end together', async () => {
    assert.equal(await ask('breed'), '1000');
    const told = server.process.all({ event: 'limit', limit: 'subrequests' }).map(({ msg }) => msg);
    assert.deepEqual(told, ['one request has led to more than 1000 calls between workers']);
  });

  test('graph: a value nested too deep harms its callee at most', async () => {
    assert.match(await ask('graph'), /^(caught RangeError|\[object Object\])/);
    assert.equal(await ask('fine'), 'fine');
  });

  test('big: a value of more than 32 MiB is refused', async () => {
    assert.match(await ask('big'), /limited to 32MiB/);
  });

  test('stubs: more than one message may bring are refused', async () => {
    assert.match(await ask('stubs'), /^caught Error: Too many streams and stubs in one message\./);
  });

  test('forward: fifty calls back at once', async () => assert.equal(await ask('forward'), '1225 in 50'));
  test('mutual: each waits for the other, and neither for ever', async () => assert.equal(await ask('mutual'), 'met after 1'));
  test('collude: being called back gives no CPU time of its own', async () => {
    const { status, text } = await server.get('good', '/collude');
    assert.deepEqual([status, text], [503, 'error code: 1102']);
    assert.equal(await ask('fine'), 'fine');
  });
  test('getter: what throws while a result is read is the call’s failure', async () => assert.equal(await ask('getter'), 'caught Error: a getter threw'));
  test('thenable: is waited for', async () => assert.equal(await ask('thenable'), 'from a thenable'));
  test('endless-body: the callee is stopped when its reader leaves', async () => assert.equal(await ask('endless-body'), 'a chunk'));
  test('upload: a body nobody reads holds nobody up', async () => assert.equal(await ask('upload'), 'ignored'));
  test('patched: built-ins that the callee has changed change nothing for the runtime', async () => {
    assert.equal(await ask('patched'), '2');
    assert.equal(await ask('fine'), 'fine');
    assert.equal(await ask('mutual'), 'met after 1');
  });
});
