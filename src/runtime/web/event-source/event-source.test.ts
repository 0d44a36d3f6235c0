import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import '../testing/chunks.ts';
import { Post, Request } from '../../../protocol/ops.ts';
import { createReadableStream, readableStreamCloseController, readableStreamEnqueue } from '../streams/readable-stream.ts';
import { Response } from '../response.ts';
import { type FakeHost, fakeHost, turn } from '../testing/fake-host.ts';
import { fireTimer } from '../timers.ts';
import { EventSource } from './event-source.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

type Told = { type: string; data?: string; lastEventId?: string; origin?: string };
const listen = (source: EventSource, ...types: string[]): Told[] => {
  const told: Told[] = [];
  for (const type of ['open', 'message', 'error', ...types]) {
    source.addEventListener(type, (event: Told) =>
      told.push(event.data === undefined ? { type } : { type, data: event.data, lastEventId: event.lastEventId as string }),
    );
  }
  return told;
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await turn();
};
const answer = async (status = 200, type = 'text/event-stream', source = 3): Promise<void> => {
  host.answer(Request.fetch, status, '', `content-type\n${type}`, 'http://example.com/final', false, source);
  await settle();
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const send = async (text: string | null): Promise<void> => {
  host.answer(Request.sourceRead, text === null ? null : bytes(text));
  await settle();
};
const headersOf = (call: number): string => String(host.calls.filter((it) => it[0] === Request.fetch)[call]?.[5]);

test('constructor: refuses what is no address', () => {
  assert.throws(() => new EventSource('http://ex ample/'), { name: 'SyntaxError' });
  assert.throws(() => new (EventSource as unknown as new () => unknown)(), TypeError);
});

test('connection: asks for an event stream, opens, and fires what comes', async () => {
  const source = new EventSource('http://example.com/a', { withCredentials: true });
  const told = listen(source, 'named');
  assert.deepEqual([source.readyState, source.url, source.withCredentials], [0, 'http://example.com/a', true]);
  assert.match(headersOf(0), /accept\ntext\/event-stream/);
  assert.match(headersOf(0), /cache-control\nno-cache/);
  await answer();
  assert.equal(source.readyState, 1);
  await send('\ufeffid: 1\ndata: a\n\nevent: named\ndata: b');
  await send('\n\ndata: c\n\n');
  assert.deepEqual(told, [
    { type: 'open' },
    { type: 'message', data: 'a', lastEventId: '1' },
    { type: 'named', data: 'b', lastEventId: '1' },
    { type: 'message', data: 'c', lastEventId: '1' },
  ]);
});

test('events: two of one chunk reach code that awaits each', async () => {
  const source = new EventSource('http://example.com/a');
  const next = (): Promise<string> =>
    new Promise((resolve) => source.addEventListener('message', (event: { data: string }) => resolve(event.data), { once: true }));
  const both = (async () => [await next(), await next()])();
  await answer();
  await send('data: 1\n\ndata: 2\n\n');
  assert.deepEqual(await both, ['1', '2']);
});

test('end: connects again after the time the server said, with the last id', async () => {
  const source = new EventSource('http://example.com/a');
  const told = listen(source);
  await answer();
  await send('retry: 50\nid: \u2026\ndata: a\n\n');
  await send(null);
  assert.deepEqual([source.readyState, told.at(-1)], [0, { type: 'error' }]);
  const timer = host.posts.find((post) => post[0] === Post.timerStart);
  assert.equal(timer?.[3], 50);
  fireTimer(7, timer?.[2] as number);
  assert.match(headersOf(1), /last-event-id\n\u00e2\u0080\u00a6/);
});

test('network error: connects again; an answer that is no event stream ends it', async () => {
  const source = new EventSource('http://example.com/a');
  host.fail(Request.fetch, 'TypeError', 'Network connection lost.');
  await settle();
  assert.equal(source.readyState, 0);
  const timer = host.posts.find((post) => post[0] === Post.timerStart);
  fireTimer(7, timer?.[2] as number);
  await answer(204, 'text/event-stream', 0);
  assert.equal(source.readyState, 2);
});

test('limit of subrequests: ends it', async () => {
  const source = new EventSource('http://example.com/a');
  const told = listen(source);
  host.fail(Request.fetch, 'Error', 'Too many subrequests.');
  await settle();
  assert.deepEqual([source.readyState, told], [2, [{ type: 'error' }]]);
});

test('content type: parameters do not matter, anything else does', async () => {
  for (const [type, state] of [
    ['text/event-stream; charset=latin1', 1],
    ['text/plain', 2],
    ['', 2],
  ] as const) {
    host = fakeHost();
    const source = new EventSource('http://example.com/a');
    await answer(200, type);
    assert.equal(source.readyState, state, type);
  }
});

test('close: stops the connection, what waits, and the next attempt', async () => {
  const source = new EventSource('http://example.com/a');
  const told = listen(source);
  source.addEventListener('message', () => source.close());
  await answer();
  await send('data: 1\n\ndata: 2\n\n');
  assert.deepEqual([source.readyState, told.map((it) => it.data)], [2, [undefined, '1']]);
  const again = new EventSource('http://example.com/b');
  again.close();
  await settle();
  assert.equal(again.readyState, 2);
  assert.ok(host.posts.some((post) => post[0] === Post.fetchAbort));
});

test('from: reads a stream, and does not connect again', async () => {
  const stream = createReadableStream({});
  const source = EventSource.from(stream);
  const told = listen(source);
  readableStreamEnqueue(stream, bytes('data: a\n\n'));
  readableStreamCloseController(stream);
  await settle();
  assert.deepEqual(told, [{ type: 'open' }, { type: 'message', data: 'a', lastEventId: '' }, { type: 'error' }]);
  assert.deepEqual([source.readyState, source.url], [2, '']);
  assert.throws(() => EventSource.from(stream), /locked/);
  assert.throws(() => EventSource.from({}), TypeError);
});

test('fetcher: what is given asks in place of fetch', async () => {
  const asked: unknown[] = [];
  const fetcher = {
    fetch: async (url: string, { headers }: { headers: { accept: string } }): Promise<Response> => {
      asked.push(url, headers.accept);
      return new Response('data: from a service\n\n', { headers: { 'content-type': 'text/event-stream' } });
    },
  };
  const source = new EventSource('http://example.com/a', { fetcher });
  const told = listen(source);
  await settle();
  assert.deepEqual(asked, ['http://example.com/a', 'text/event-stream']);
  assert.deepEqual(told.slice(0, 2), [{ type: 'open' }, { type: 'message', data: 'from a service', lastEventId: '' }]);
  source.close();
  assert.equal(host.calls.filter((it) => it[0] === Request.fetch).length, 0);
  assert.throws(() => new EventSource('http://example.com/a', { fetcher: 1 }), TypeError);
});
