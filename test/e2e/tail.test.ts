/** Tail workers: what an app's events have done reaches the apps it names. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const PRODUCER = `function log(env) {
  console.group('group');
  console.log('one text');
  console.groupEnd();
  console.info('a', { b: [1, { c: null }] }, new Date(0), JSON.parse('{"__proto__":{"x":1}}'));
  const mutable = { n: 1, toJSON() { console.debug('nested'); this.n = 2; return { n: this.n }; } };
  console.log(mutable);
  console.error('failed:', new RangeError('odd'));
  console.log('key', { [env.PLAIN]: env.KEY, pin: 123456 }, JSON.stringify({ key: env.KEY }));
  console.warn('%s is too long', 'x'.repeat(200_000));
  return new Response('ok');
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/version') return new Response(env.VERSION.id);
    console.log('asked for', pathname);
    if (pathname === '/values') return log(env);
    if (pathname === '/throws') throw new RangeError('thrown');
    console.warn('fine');
    return new Response('ok', { status: 201 });
  },
};`;

const CONSUMER = `export default {
  fetch: () => new Response('the consumer'),
  tail(events) {
    for (const event of events) console.log('TAIL ' + JSON.stringify({ ...event, unredacted: event.event?.request?.getUnredacted().headers.authorization }, (_key, value) => (typeof value === 'string' ? value.slice(0, 500) : value)));
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
          vars: { PLAIN: 'plain' },
          tail_consumers: [{ service: 'consumer' }, { service: 'missing' }, { service: 'stranger' }],
        }),
        'producer/.dev.vars': 'KEY="two\\nlines"\nPIN=123456',
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
        ['log', ['asked for', '/well']],
        ['warn', ['fine']],
      ],
    );
    for (const time of [eventTimestamp, cpuTime, wallTime]) assert.equal(typeof time, 'number');
  });

  test('tail: gets the values that were logged, without secrets', async () => {
    const mark = server.mark;
    await server.get('producer', '/values');
    const { logs } = await traceOf('/values');
    const told = logs as { level: string; message: unknown[]; errorInfo?: [null, { name: string; message: string; stack: string }] }[];
    const long = told.pop()?.message ?? [];
    assert.deepEqual(
      told.map(({ level, message }) => [level, message]),
      [
        ['log', ['asked for', '/values']],
        ['log', ['group']],
        ['log', ['one text']],
        ['info', ['a', { b: [1, { c: null }] }, '1970-01-01T00:00:00.000Z', JSON.parse('{"__proto__":{"x":1}}')]],
        ['debug', ['nested']],
        ['log', [{ n: 2 }]],
        ['error', ['failed:', 'RangeError: odd']],
        ['log', ['key', { plain: '***', pin: '***' }, '{"key":"***"}']],
      ],
    );
    assert.deepEqual([long.length, String(long[0]).slice(0, 20)], [1, 'xxxxxxxxxxxxxxxxxxxx']);
    const [first, error] = told[6]?.errorInfo ?? [];
    assert.deepEqual([first, error?.name, error?.message], [null, 'RangeError', 'odd']);
    assert.match(error?.stack ?? '', /^ {4}at log \(\S*index\.js:8:\d+\)\n/);
    assert.deepEqual([...new Set(told.map(({ errorInfo }) => typeof errorInfo))], ['undefined', 'object']);
    // The log keeps its texts.
    await server.line({ event: 'console', app: 'producer', level: 'info' }, mark);
    const lines = server.process.all({ event: 'console', app: 'producer' }).map(({ msg }) => String(msg).slice(0, 60));
    for (const line of ['a { b: [ 1, { c: null } ] } 1970-01-01T00:00:00.000Z { __pro', '  one text']) assert.ok(lines.includes(line), lines.join('\n'));
    assert.ok(
      lines.some((line) => line.startsWith('{ n: 1, toJSON')),
      lines.join('\n'),
    );
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
