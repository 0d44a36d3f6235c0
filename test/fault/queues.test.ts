/** Engine, store process and server are killed while messages go through: none that was acknowledged to its sender is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `
export default {
  async fetch(request, env) {
    const number = Number(new URL(request.url).searchParams.get('n'));
    await env.Q.sendBatch([number, number + 1].map((body) => ({ body })));
    return new Response('sent');
  },
  async queue(batch) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    console.log('got ' + batch.messages.map(({ body }) => body).join(' '));
  },
};
`;
const WRANGLER = JSON.stringify({
  name: 'app',
  main: 'index.js',
  compatibility_date: '2026-01-01',
  queues: { producers: [{ binding: 'Q', queue: 'jobs' }], consumers: [{ queue: 'jobs', max_batch_size: 4, max_batch_timeout: 0, max_retries: 100 }] },
});

const KILLS = ['engine', 'store', 'server', 'store', 'engine', 'server'] as const;

test('queues: what was sent is delivered, whoever is killed', async (t) => {
  const [dir, data] = [folder({ 'app/index.js': APP, 'app/wrangler.json': WRANGLER }), folder()];
  const acknowledged = new Set<number>();
  const got = new Set<number>();
  let server: TestServer = await serve(t, dir, ['--data', data]);
  let next = 0;
  const collect = (): void => {
    for (const line of server.process.all({ event: 'console', msg: /^got / }))
      for (const number of String(line['msg']).slice(4).split(' ')) got.add(Number(number));
  };
  /** Sends until nobody answers any more, or so often. */
  const send = async (most: number): Promise<void> => {
    for (let count = 0; count < most; count++) {
      const n = next;
      next += 2;
      const { status } = await server.get('app', `/?n=${n}`).catch(() => ({ status: 0 }));
      if (status === 200) for (const number of [n, n + 1]) acknowledged.add(number);
    }
  };
  for (const [round, target] of KILLS.entries()) {
    const sending = Promise.all([send(10 + round), send(10 + round)]);
    await server.line({ event: 'queue' });
    if (target === 'server') await server.process.stop();
    else {
      const pid = processesOf(server, target).at(-1);
      assert.ok(pid !== undefined, target);
      process.kill(pid, 'SIGKILL');
    }
    await sending;
    collect();
    if (target === 'server') server = await serve(t, dir, ['--data', data]);
  }
  await send(1);
  for (;;) {
    const mark = server.mark;
    collect();
    if (acknowledged.isSubsetOf(got)) break;
    await server.line({ event: 'console', msg: /^got / }, mark);
  }
  assert.ok(acknowledged.size > 20, `${acknowledged.size} messages were sent`);
});
