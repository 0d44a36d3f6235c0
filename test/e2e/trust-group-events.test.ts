/** Queues and crons of apps that are not in the default trust group: each group's own engines run them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { runNano } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = (name: string): string => `
export default {
  async fetch(request, env) {
    await env.Q.sendBatch(new URL(request.url).searchParams.get('bodies').split(',').map((body) => ({ body })));
    return new Response('sent');
  },
  async queue(batch) {
    for (const message of batch.messages) {
      console.log('${name} got ' + message.body + ' from ' + batch.queue);
      if (message.body === 'bad') message.retry();
    }
  },
  async scheduled(controller) { console.log('${name} ticks at ' + controller.cron); },
};
`;

/** All three have queues of the same names; two share a group, and with it the queues. */
const GROUPS = { alpha: undefined, beta: 'guests', gamma: 'guests' } as const;

function apps(): string {
  const files = Object.entries(GROUPS).map(([name, group]): [string, string] => [
    `${name}/wrangler.jsonc`,
    JSON.stringify({
      name,
      main: 'index.js',
      compatibility_date: '2026-01-01',
      ...(group !== undefined && { trust_group: group }),
      triggers: { crons: ['* * * * *'] },
      queues: {
        producers: [{ binding: 'Q', queue: 'jobs' }],
        consumers: name === 'gamma' ? [] : [{ queue: 'jobs', max_batch_timeout: 0, max_retries: 1, dead_letter_queue: 'dead' }],
      },
    }),
  ]);
  return folder(Object.fromEntries([...files, ...Object.keys(GROUPS).map((name): [string, string] => [`${name}/index.js`, APP(name)])]));
}

const pidOf = async (server: TestServer, group: string, from = 0): Promise<number> =>
  Number((await server.line({ msg: 'engine listens', group }, from))['pid']);
const said = (server: TestServer, text: string): boolean => server.process.all({ event: 'console', msg: text }).length > 0;

test('trust groups: a queue is its group’s, and its consumer runs in the group’s engine', async (t) => {
  const data = folder();
  const server = await serve(t, apps(), ['--data', data, '--log-level', 'debug']);
  await server.get('alpha', '/?bodies=one');
  await server.line({ event: 'console', app: 'alpha', msg: 'alpha got one from jobs' });
  // Of another app of the same group.
  await server.get('gamma', '/?bodies=two,bad');
  await server.line({ event: 'console', app: 'beta', msg: 'beta got two from jobs' });
  await server.line({ msg: 'a message was moved to the dead-letter queue', attempts: 2 });
  assert.equal(said(server, 'alpha got two from jobs') || said(server, 'beta got one from jobs'), false);
  const list = async (group: string): Promise<string> => (await runNano(['queues', 'list', '--group', group, '--to', `127.0.0.1:${server.adminPort}`])).stdout;
  assert.match(await list('guests'), /^dead {2}1 messages/m);
  assert.match(await list('default'), /^jobs {2}0 messages/m);

  const mark = server.mark;
  process.kill(await pidOf(server, 'guests'), 'SIGKILL');
  await server.get('alpha', '/?bodies=three');
  await server.line({ event: 'console', app: 'alpha', msg: 'alpha got three from jobs' }, mark);
  await pidOf(server, 'guests', mark);
  await server.get('beta', '/?bodies=four');
  await server.line({ event: 'console', app: 'beta', msg: 'beta got four from jobs' }, mark);
});

test('trust groups: messages of a group outlive a kill -9 of the server', async (t) => {
  const [dir, data] = [apps(), folder()];
  const first = await serve(t, dir, ['--data', data]);
  assert.equal((await runNano(['queues', 'pause', 'jobs', '--group', 'guests', '--to', `127.0.0.1:${first.adminPort}`])).code, 0);
  assert.equal((await first.get('gamma', '/?bodies=kept')).text, 'sent');
  await first.process.stop();
  const second = await serve(t, dir, ['--data', data]);
  assert.equal((await runNano(['queues', 'resume', 'jobs', '--group', 'guests', '--to', `127.0.0.1:${second.adminPort}`])).code, 0);
  await second.line({ event: 'console', app: 'beta', msg: 'beta got kept from jobs' });
});

test('trust groups: scheduled handlers run in the engine of the group', async (t) => {
  const server = await serve(t, apps(), ['--data', folder()]);
  for (const name of Object.keys(GROUPS)) {
    const { stdout, stderr } = await runNano(['trigger', 'scheduled', name, '--cron', `of ${name}`, '--admin', `127.0.0.1:${server.adminPort}`]);
    assert.equal(stdout, 'ok\n', stderr);
    await server.line({ event: 'console', app: name, msg: `${name} ticks at of ${name}` });
  }
});
