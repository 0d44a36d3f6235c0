/** Calls that lead round in a circle, by every way there is from one app to another: they end, and the neighbour is served. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

/** Calls itself, or another one, with a number in the query that counts the calls. */
const round = (call: string): string => `export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const n = Number(searchParams.get('n'));
    try {
      return await ${call}.fetch('http://x' + pathname + '?n=' + (n + 1));
    } catch (error) {
      return new Response(n + ' ' + error.message);
    }
  },
};`;

const TAIL = `export default { fetch: () => new Response('asked'), tail() {} };`;

const STUBS = `import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';
class Target extends RpcTarget {
  #env;
  constructor(env) { super(); this.#env = env; }
  next() { return this.#env.SELF.target(); }
}
export default class extends WorkerEntrypoint {
  target() { return new Target(this.env); }
  bounce(back, n) { return back(back, n + 1); }
  async fetch(request) {
    let n = 0;
    try {
      if (request.url.endsWith('/kept')) for (let target = await this.env.SELF.target(); ; n++) target = await target.next();
      const back = (again, count) => { n = count; return this.env.SELF.bounce(again, count); };
      await this.env.SELF.bounce(back, 0);
    } catch (error) {
      return new Response(n + ' ' + error.message);
    }
  }
}`;

const QUEUE = `export default {
  async fetch(request, env) {
    await env.QUEUE.sendBatch(Array.from({ length: 50 }, (_, n) => ({ body: n })));
    return new Response('sent');
  },
  async queue(batch, env) {
    console.log('handled');
    if (batch.queue === 'endless') await env.QUEUE.sendBatch(batch.messages.map(({ body }) => ({ body })));
  },
};`;

const config = (name: string, more: object = {}): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...more });
const app = (name: string, source: string, more?: object): Record<string, string> => ({
  [`${name}/index.js`]: source,
  [`${name}/wrangler.json`]: config(name, more),
});
const queue = (name: string): object => ({
  queues: { producers: [{ binding: 'QUEUE', queue: name }], consumers: [{ queue: name, max_batch_timeout: 0 }] },
});

suite('cycles', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dispatch = { dispatch_namespaces: [{ binding: 'DISPATCH', namespace: 'ring' }] };
    server = await serve(
      owner,
      folder({
        ...app('platform', round('env.DISPATCH.get(pathname.slice(1))'), dispatch),
        ...app('itself', round("env.DISPATCH.get('itself')"), { dispatch_namespace: 'ring', ...dispatch }),
        ...app('back', round('env.PLATFORM'), { dispatch_namespace: 'ring', services: [{ binding: 'PLATFORM', service: 'platform' }] }),
        ...app('stubs', STUBS, { services: [{ binding: 'SELF', service: 'stubs' }] }),
        ...app('one', TAIL, { tail_consumers: [{ service: 'two' }] }),
        ...app('two', TAIL, { tail_consumers: [{ service: 'one' }, { service: 'two' }] }),
        ...app('endless', QUEUE, queue('endless')),
        ...app('other', QUEUE, queue('other')),
        ...app('neighbour', answering('fine')),
      }),
      ['--data', folder()],
    );
  });
  const text = async (name: string, path: string): Promise<string> => (await server.get(name, path)).text;

  for (const name of ['itself', 'back']) {
    test(`dispatch to ${name}: ends at the depth limit`, async () => assert.match(await text('platform', `/${name}`), /^15 Subrequest depth limit exceeded\./));
  }

  test('stubs that are kept, and called back: end at a limit', async () => {
    assert.match(await text('stubs', '/kept'), /^14 Subrequest depth limit exceeded\./);
    assert.match(await text('stubs', '/back'), /^\d+ Too many subrequests\./);
  });

  test('tail workers that tail each other: end where calls do', async () => {
    const tails = (): number => server.process.all({ event: 'tail', outcome: 'ok' }).length;
    for (let times = 1; times <= 2; times++) {
      let mark = server.mark;
      await server.get('one');
      for (let depth = 1; depth < 16; depth++) {
        await server.line({ event: 'tail', app: depth % 2 === 1 ? 'two' : 'one' }, mark);
        mark = server.process.lines.findIndex(({ event }, at) => at >= mark && event === 'tail') + 1;
      }
      assert.equal(tails(), 15 * times);
    }
  });

  test('a queue that is fed by its consumer: other queues and requests go on', async () => {
    await server.get('endless');
    for (let batches = 0, mark = server.mark; batches < 20; batches++, mark = server.mark) await server.line({ app: 'endless', event: 'queue' }, mark);
    const mark = server.mark;
    await server.get('other');
    await server.line({ app: 'other', event: 'queue', outcome: 'ok' }, mark);
    assert.equal(await text('neighbour', '/'), 'fine');
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
