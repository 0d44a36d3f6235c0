/** Crons and queues, as an operator and an app's author meet them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { type LineMatch, runNano } from '../support/nano-process.ts';
import { processesOf } from '../support/processes.ts';
import { send } from '../support/request.ts';
import { dev, serve } from '../support/server.ts';

const APP = `
const seen = [];
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/seen') return Response.json(seen);
    if (pathname === '/send') await env.Q.sendBatch(searchParams.get('bodies').split(',').map((body) => ({ body })));
    return new Response('ok');
  },
  async queue(batch) {
    for (const { body, attempts } of batch.messages) {
      console.log(batch.queue, body, attempts);
      seen.push([batch.queue, body, attempts]);
      if (body === 'loop') for (;;);
      if (body === 'slow') await new Promise((resolve) => setTimeout(resolve, attempts === 1 ? 60_000 : 1));
    }
  },
  async scheduled(controller) {
    console.log('tick', controller.cron, controller.scheduledTime);
    if (controller.cron === 'throw') throw new Error('thrown by the tick');
  },
};
`;
const CONSUMER = { queue: 'jobs', max_batch_timeout: 0, max_retries: 3, dead_letter_queue: 'dead' };
const config = (more: object = {}): string =>
  JSON.stringify({
    name: 'app',
    main: 'index.js',
    compatibility_date: '2026-01-01',
    limits: { cpu_ms: 200 },
    queues: { producers: [{ binding: 'Q', queue: 'jobs' }], consumers: [CONSUMER, { queue: 'dead', max_batch_timeout: 0 }] },
    ...more,
  });
const apps = (more?: object): string => folder({ 'app/index.js': APP, 'app/wrangler.json': config(more) });

const console_ = (text: string): LineMatch => ({ event: 'console', msg: text });

test('a message: sent, handled, in the log and in the metrics', async (t) => {
  const server = await serve(t, apps(), ['--data', folder()]);
  await server.get('app', '/send?bodies=one,two');
  const line = await server.line({ event: 'queue' });
  assert.deepEqual([line['app'], line['queue'], line['messages'], line['outcome']], ['app', 'jobs', 2, 'ok']);
  await server.line(console_('jobs two 1'));
  assert.equal(await server.metric('nano_events_total', { app: 'app', kind: 'queue', outcome: 'ok' }), 1);
  assert.equal(await server.metric('nano_queue_messages_total', { queue: 'jobs', result: 'acked' }), 2);
});

test('a message whose handler loops: tried again, then in the dead-letter queue', async (t) => {
  const server = await serve(t, apps({ queues: { producers: [{ binding: 'Q', queue: 'jobs' }], consumers: [{ ...CONSUMER, max_retries: 1 }] } }), [
    '--data',
    folder(),
  ]);
  await server.get('app', '/send?bodies=loop');
  await server.line({ msg: 'a message was moved to the dead-letter queue', attempts: 2 });
  assert.deepEqual(
    server.process.all({ event: 'queue' }).map((line) => line['outcome']),
    ['exceededCpu', 'exceededCpu'],
  );
});

test('a message is delivered again when its engine is killed', async (t) => {
  const server = await serve(t, apps(), ['--data', folder()]);
  await server.get('app', '/send?bodies=slow');
  await server.line(console_('jobs slow 1'));
  for (const pid of processesOf(server, 'engine')) process.kill(pid, 'SIGKILL');
  await server.line(console_('jobs slow 2'));
});

test('a message is delivered again when the server is killed, and one that waits is not lost', async (t) => {
  const [dir, data] = [apps(), folder()];
  const first = await serve(t, dir, ['--data', data]);
  await first.get('app', '/send?bodies=slow,other');
  await first.line(console_('jobs slow 1'));
  await first.process.stop();
  const second = await serve(t, dir, ['--data', data]);
  await second.line(console_('jobs slow 2'));
  await second.line({ event: 'console', msg: /^jobs other/ });
});

test('an app that is new consumes what was sent before', async (t) => {
  const dir = folder({
    'app/index.js': APP,
    'app/wrangler.json': config({ queues: { producers: [{ binding: 'Q', queue: 'jobs' }] } }),
  });
  const data = folder();
  const server = await serve(t, dir, ['--data', data]);
  await server.get('app', '/send?bodies=early');
  const listed = await runNano(['queues', 'list', '--data', data]);
  assert.match(listed.stdout, /^jobs {2}1 messages {2}7 bytes$/m);
  assert.equal((await runNano(['queues', 'pause', 'jobs', '--data', data])).code, 0);
  assert.match((await runNano(['queues', 'info', 'jobs', '--data', data])).stdout, /jobs \(paused\)/);
  await server.process.stop();
  const consumer = await serve(t, apps(), ['--data', data]);
  await consumer.get('app', '/send?bodies=later');
  assert.equal(consumer.process.all({ event: 'queue' }).length, 0);
  assert.equal((await runNano(['queues', 'resume', 'jobs', '--data', data])).code, 0);
  await consumer.line(console_('jobs early 1'));
  assert.equal((await runNano(['queues', 'info', 'none', '--data', data])).code, 1);
});

test('drain waits for a batch in hand, and takes no other', async (t) => {
  const data = folder();
  const server = await serve(t, apps(), ['--data', data]);
  await server.get('app', '/send?bodies=one');
  await server.line({ event: 'queue' });
  server.process.signal('SIGTERM');
  assert.equal((await server.process.ended).code, 0);
  assert.match((await runNano(['queues', 'list', '--data', data])).stdout, /^jobs {2}0 messages/m);
});

test('nano trigger scheduled: runs the handler, and says what became of it', async (t) => {
  const server = await serve(t, apps({ triggers: { crons: ['0 0 29 2 *'] } }), ['--data', folder()]);
  const trigger = (...args: string[]): ReturnType<typeof runNano> => runNano(['trigger', 'scheduled', ...args, '--admin', `127.0.0.1:${server.adminPort}`]);
  const done = await trigger('app', '--cron', '0 0 29 2 *', '--time', '2028-02-29T00:00:00Z');
  assert.deepEqual([done.code, done.stdout], [0, 'ok\n']);
  await server.line(console_(`tick 0 0 29 2 * ${Date.parse('2028-02-29T00:00:00Z')}`));
  const line = await server.line({ event: 'scheduled' });
  assert.deepEqual([line['cron'], line['scheduledTime'], line['outcome']], ['0 0 29 2 *', '2028-02-29T00:00:00.000Z', 'ok']);
  const thrown = await trigger('--cron', 'throw');
  assert.deepEqual([thrown.code, thrown.stderr], [1, 'nano: exception: Error: thrown by the tick\n']);
  assert.match((await trigger('nobody')).stderr, /there is no app of that name/);
  const fromPage = await send(server.adminPort, { path: '/apps/app/scheduled', method: 'POST', headers: { host: 'localhost', origin: 'http://evil.example' } });
  assert.equal(fromPage.status, 403);
});

test('nano dev: the routes for scheduled handlers', async (t) => {
  const server = await dev(t, folder({ 'index.js': APP, 'wrangler.json': config() }));
  for (const path of ['/cdn-cgi/handler/scheduled', '/__scheduled']) assert.equal((await server.get('app', `${path}?cron=*+*+*+*+*&time=5`)).text, 'ok');
  await server.line(console_('tick * * * * * 5'));
});

test('configuration: a wrong cron or consumer is an error with its place', async () => {
  const wrong = folder({
    'index.js': APP,
    'wrangler.json': config({ triggers: { crons: ['* * * * *', '0 25 * * *'] }, queues: { consumers: [{ queue: 'jobs', type: 'http_pull' }] } }),
  });
  const { code, stderr } = await runNano(['build', wrong]);
  assert.equal(code, 2);
  assert.match(stderr, /"0 25 \* \* \*" is not a cron expression: "25" is not an hour: 0 to 23/);
  assert.match(stderr, /"http_pull" consumers are not supported/);
});
