import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import type { FetchClient, TailMessage } from '../ports/event-client.ts';
import type { Apps } from './apps.ts';
import { StackMapper } from './stack.ts';
import { Trace, type TraceItem, type TraceOf } from './trace.ts';
import { type TailDeps, Tails } from './tails.ts';

type SetUp = {
  tell(message: string, times: number, by?: TraceOf): void;
  given: string[];
  depths: number[];
  end(): void;
  of(app: string): TraceOf;
  tails: Tails;
};

/** A consumer whose tail handler ends when it is told to, and what it was given. */
function setUp(): SetUp {
  const given: string[] = [];
  const depths: number[] = [];
  const clients: FetchClient[] = [];
  const apps = {
    get: () => ({ record: { ...appRecord('consumer'), state: 'ready' } }),
    tail: (_version: unknown, { text, depth }: TailMessage, client: FetchClient) => {
      given.push(text);
      depths.push(depth);
      clients.push(client);
    },
  };
  const deps = { apps: apps as unknown as Apps, ledger: { begin() {}, end() {} }, observer: { event() {} }, newRequestId: () => 'id' };
  const tails = new Tails(deps as unknown as TailDeps);
  const of = (app: string): TraceOf => tails.of({ ...appRecord(app), tailConsumers: ['consumer'] }) as TraceOf;
  const trace = of('app');
  return {
    tell: (message, times, by = trace) => {
      for (let left = times; left > 0; left--) by.tell(item(message), 0);
    },
    given,
    depths,
    end: () => {
      for (const client of clients.splice(0)) client.completed?.();
    },
    of,
    tails,
  };
}

const item = (message: string): TraceItem => ({ logs: [{ message }] }) as unknown as TraceItem;
const count = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + (JSON.parse(text) as unknown[]).length, 0);

test('tails: what waits for a consumer that does not end is bounded by its characters, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given, end } = setUp();
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let times = 0; times < 10; times++) {
    tell(megabyte, 10);
    t.mock.timers.tick(20);
  }
  assert.equal(count(given), 7);
  end();
  await new Promise(setImmediate);
  tell(megabyte, 1);
  t.mock.timers.tick(20);
  assert.equal(count(given), 8);
});

test('tails: an item that is longer than that comes alone', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given } = setUp();
  tell('x'.repeat(17 * 1024 * 1024), 2);
  t.mock.timers.tick(20);
  assert.equal(count(given), 1);
});

test('tails: an app that tells much leaves room for others with the same consumer', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given, of } = setUp();
  tell('x'.repeat(1024 * 1024), 20);
  tell('short', 3000);
  tell('of the neighbour', 3, of('neighbour'));
  t.mock.timers.tick(20);
  assert.equal(given.join('').split('of the neighbour').length, 4);
});

test('tails: however many apps tell all they can, there is room for one more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given, of } = setUp();
  for (const app of ['evil', 'worse', 'worst']) {
    tell('x'.repeat(64 * 1024), 1000, of(app));
    tell('short', 5000, of(app));
  }
  tell('of the neighbour', 3, of('neighbour'));
  t.mock.timers.tick(20);
  assert.equal(given.join('').split('of the neighbour').length, 4);
});

test('tails: a consumer under many props is bounded as one', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { given, tails } = setUp();
  const consumers = Array.from({ length: 100 }, (_, at) => ({ app: 'consumer', entrypoint: undefined, props: { text: `${at}`, services: [] } }));
  tails.ofLoaded(appRecord('app'), consumers)?.tell(item('x'.repeat(1024 * 1024)), 0);
  t.mock.timers.tick(20);
  assert.equal(count(given), 7);
});

test('tails: what was told from deep down comes by itself', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { depths, given, of } = setUp();
  of('neighbour').tell(item('of the neighbour'), 0);
  of('evil').tell(item('deep'), 14);
  of('neighbour').tell(item('of the neighbour'), 0);
  t.mock.timers.tick(20);
  assert.deepEqual(
    [depths, given.map((text) => (JSON.parse(text) as unknown[]).length)],
    [
      [1, 15],
      [2, 1],
    ],
  );
});

test('tails: secrets of the app are as little told as they are logged', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { given, tails } = setUp();
  const bindings = [{ name: 'STORED', type: 'secret' as const, options: { value: 'from a store' } }];
  const record = { ...appRecord('app'), tailConsumers: ['consumer'], vars: { PLAIN: 'plain', KEY: 'very "secret"' }, secretNames: ['KEY'], bindings };
  const trace = new Trace(tails.of(record) as TraceOf);
  trace.request('GET\nhttp://app/?from%20a%20store&from a store', '', undefined);
  trace.log('log', 'plain, very "secret" and {"key":"very \\"secret\\""}');
  trace.log('log', 'as text', JSON.stringify([['plain', 'very "secret"', { 'from a store': JSON.stringify({ key: 'very "secret"' }) }]]));
  trace.exception({ name: 'Error', message: 'not from a store', stack: 'Error: not from a store' } as never);
  trace.end(1, { depth: 0 }, undefined, false);
  t.mock.timers.tick(20);
  const [{ logs, exceptions, event } = {} as TraceItem] = JSON.parse(given[0] ?? '') as TraceItem[];
  const told = logs.map((log) => JSON.parse(log.told) as unknown);
  assert.deepEqual(told, [[['plain, *** and {"key":"***"}']], [['plain', '***', { '***': '{"key":"***"}' }]]]);
  assert.deepEqual([exceptions[0]?.message, exceptions[0]?.stack], ['not ***', 'Error: not ***']);
  assert.equal((event as { request: { url: string } }).request.url, 'http://app/?from%20a%20store&***');
});

test('tails: a secret that is JSON is not told as its value either', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { given, tails } = setUp();
  const trace = new Trace(
    tails.of({ ...appRecord('app'), tailConsumers: ['consumer'], vars: { KEY: '{"a":1}', PIN: '1234' }, secretNames: ['KEY', 'PIN'] }) as TraceOf,
  );
  trace.log('log', '{ a: 1 }', '[[{"a":1}]]');
  trace.log('log', '[ 12345, { a: 1 } ]', '[[[12345,{"b":1}]]]');
  trace.end(1, { depth: 0 }, undefined, false);
  t.mock.timers.tick(20);
  const [{ logs } = {} as TraceItem] = JSON.parse(given[0] ?? '') as TraceItem[];
  assert.deepEqual(
    logs.map(({ told }) => told),
    ['[["{ a: 1 }"]]', '[[["***5",{"b":1}]]]'],
  );
});

test('tails: stacks among what was logged are as the source has them', () => {
  const told: TraceItem[] = [];
  const trace = new Trace({ app: 'app', version: 'v', mask: undefined, tell: (one) => told.push(one) });
  const stacks = new StackMapper({ modules: [] });
  trace.log('log', 'text', JSON.stringify([['x'], [{ name: 'Error', message: '', stack: '    at f (nano:core:1:2)\n    at g (index.js:1:2)' }]]), stacks);
  trace.end(1, { depth: 0 }, undefined, false);
  assert.deepEqual(JSON.parse(told[0]?.logs[0]?.told ?? ''), [['x'], [{ name: 'Error', message: '', stack: '    at g (index.js:1:2)' }]]);
});

test('tails: values count for what is kept of an event', () => {
  const told: TraceItem[] = [];
  const trace = new Trace({ app: 'app', version: 'v', mask: undefined, tell: (one) => told.push(one) });
  const values = JSON.stringify([['x'.repeat(50_000)]]);
  for (let left = 3; left > 0; left--) trace.log('log', 'short', values);
  trace.end(1, { depth: 0 }, undefined, false);
  assert.deepEqual([told[0]?.logs.length, told[0]?.truncated], [2, true]);
});
