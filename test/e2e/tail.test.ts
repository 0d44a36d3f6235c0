/** Tail workers: what an app's events have done reaches the apps it names. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const PRODUCER = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/version') return new Response(env.VERSION.id);
    console.log('asked for', pathname);
    if (pathname === '/throws') throw new RangeError('thrown');
    console.warn('fine');
    return new Response('ok', { status: 201 });
  },
};`;

const CONSUMER = `export default {
  fetch: () => new Response('the consumer'),
  tail(events) {
    for (const event of events) console.log('TAIL ' + JSON.stringify({ ...event, unredacted: event.event?.request?.getUnredacted().headers.authorization }));
  },
};`;

suite('tail workers', () => {
  const owner = suiteOwner();
  let server: TestServer;
  const config = (name: string, more: object): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...more });
  before(async () => {
    server = await serve(
      owner,
      folder({
        'producer/index.js': PRODUCER,
        'producer/wrangler.json': config('producer', {
          version_metadata: { binding: 'VERSION' },
          tail_consumers: [{ service: 'consumer' }, { service: 'missing' }, { service: 'stranger' }],
        }),
        'consumer/index.js': CONSUMER,
        'consumer/wrangler.json': config('consumer', { tail_consumers: [{ service: 'consumer' }] }),
        'stranger/index.js': CONSUMER,
        'stranger/wrangler.json': config('stranger', { trust_group: 'strangers' }),
      }),
      ['--data', folder()],
    );
  });

  const traceOf = async (path: string): Promise<Record<string, unknown>> => {
    const line = await server.line({ event: 'console', app: 'consumer', msg: new RegExp(`^TAIL .*${path}`) });
    return JSON.parse(String(line['msg']).slice(5)) as Record<string, unknown>;
  };

  test('tail: gets request, response, logs and times', async () => {
    await server.get('producer', '/well?id=0123456789abcdef0123456789abcdef', { headers: { authorization: 'secret' } });
    const { scriptName, event, logs, exceptions, outcome, truncated, eventTimestamp, cpuTime, wallTime, unredacted, diagnosticsChannelEvents } =
      await traceOf('/well');
    const { request, response } = event as { request: { url: string; method: string; headers: Record<string, string> }; response: object };
    assert.deepEqual([scriptName, outcome, truncated, exceptions, diagnosticsChannelEvents], ['producer', 'ok', false, [], []]);
    assert.deepEqual(
      [request.method, new URL(request.url).search, request.headers['authorization'], unredacted],
      ['GET', '?id=REDACTED', 'REDACTED', 'secret'],
    );
    assert.deepEqual(response, { status: 201 });
    assert.deepEqual(
      (logs as { level: string; message: unknown }[]).map(({ level, message }) => [level, message]),
      [
        ['log', ['asked for /well']],
        ['warn', ['fine']],
      ],
    );
    for (const time of [eventTimestamp, cpuTime, wallTime]) assert.equal(typeof time, 'number');
  });

  test('tail: names the version as the version names itself', async () => {
    const { text } = await server.get('producer', '/version');
    const { scriptVersion } = await traceOf('/version');
    assert.deepEqual(scriptVersion, { id: text });
  });

  test('tail: gets exceptions', async () => {
    await server.get('producer', '/throws');
    const { event, exceptions, outcome } = await traceOf('/throws');
    assert.equal(outcome, 'exception');
    assert.deepEqual(
      (exceptions as { name: string; message: string }[]).map(({ name, message }) => [name, message]),
      [['RangeError', 'thrown']],
    );
    assert.equal((event as { response?: object }).response, undefined);
  });

  test('tail: no consumer of itself, none of another trust group', async () => {
    assert.equal(server.process.all({ event: 'console', app: 'stranger' }).length, 0);
    assert.equal(server.process.all({ event: 'console', app: 'consumer', msg: /"scriptName":"consumer"/ }).length, 0);
  });
});
