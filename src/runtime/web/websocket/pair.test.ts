import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import '../testing/chunks.ts';
import { Post, Request, SocketEvent } from '../../../protocol/ops.ts';
import { enterEvent } from '../../bridge.ts';
import { type FakeHost, fakeHost } from '../testing/fake-host.ts';
import { socketEvent } from './inbound.ts';
import { WebSocketPair } from './pair.ts';
import { openByFetch, sendUpgrade } from './response.ts';
import type { WebSocket } from './websocket.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

const pair = (): [WebSocket, WebSocket] => Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
const accepted = (): [WebSocket, WebSocket] => {
  const [a, b] = pair();
  a.accept();
  b.accept();
  return [a, b];
};
const next = (socket: WebSocket, type = 'message'): Promise<{ data: unknown; code: number; reason: string; wasClean: boolean }> =>
  new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

test('pair: has two enumerable sockets and can be iterated', () => {
  const made = new WebSocketPair();
  assert.deepEqual(Object.keys(made), ['0', '1']);
  assert.deepEqual([...(made as unknown as Iterable<unknown>)], [made[0], made[1]]);
  assert.deepEqual([made[0].readyState, made[0].url, String(made)], [1, null, '[object WebSocketPair]']);
});

test('pair: delivers in order, one by one, to code that awaits each', async () => {
  const [a, b] = accepted();
  b.binaryType = 'arraybuffer';
  const bytes = new Uint8Array([1]);
  a.send('1');
  a.send('2');
  a.send(bytes);
  bytes[0] = 9;
  const deeply = async (): Promise<unknown> => (await (async () => (await next(b)).data)()) as unknown;
  assert.deepEqual([await deeply(), await deeply(), [...new Uint8Array((await deeply()) as ArrayBuffer)]], ['1', '2', [1]]);
  assert.deepEqual(host.posts, []);
});

test('pair: what is sent before the other half accepts waits for it', async () => {
  const [a, b] = pair();
  assert.throws(() => a.send('early'), /You must call one of accept\(\)/);
  a.accept();
  a.send('first');
  b.accept();
  assert.equal((await next(b)).data, 'first');
});

test('pair: closes both halves, with any code that may be sent', async () => {
  const [a, b] = accepted();
  const both = Promise.all([next(a, 'close'), next(b, 'close')]);
  a.close(1011, 'why');
  assert.equal(a.readyState, 2);
  const [atA, atB] = await both;
  assert.deepEqual([atA.code, atA.reason, atA.wasClean, atB.code, atB.reason, atB.wasClean], [1011, 'why', true, 1011, 'why', true]);
  assert.deepEqual([a.readyState, b.readyState], [3, 3]);
  assert.throws(() => a.send('late'), /after close/);
  assert.doesNotThrow(() => b.close());
});

test('pair: a close without a code is 1005, one with a reason alone is refused', async () => {
  const [a, b] = accepted();
  for (const code of [1004, 1005, 1006, 1015, 999, 5000]) assert.throws(() => a.close(code), { name: 'InvalidAccessError' });
  assert.throws(() => a.close(undefined, 'why'), { name: 'InvalidAccessError' });
  a.close();
  assert.equal((await next(b, 'close')).code, 1005);
});

test('pair: a half-open half answers a close when it wants to', async () => {
  const [a, b] = pair();
  a.accept();
  b.accept({ allowHalfOpen: true });
  a.close(1000, 'a');
  await next(b, 'close');
  assert.deepEqual([a.readyState, b.readyState], [2, 2]);
  b.close(1000, 'b');
  assert.equal((await next(a, 'close')).reason, 'b');
  assert.deepEqual([a.readyState, b.readyState], [3, 3]);
});

test('upgrade: hands the connection to the other half, with what waited', () => {
  const [client, server] = pair();
  server.accept();
  server.send('hello');
  sendUpgrade(client, 'x-a\nb', 7);
  const number = host.posts[0]?.[3];
  assert.deepEqual(host.posts, [
    [Post.upgrade, 7, 'x-a\nb', number],
    [Post.socketAccept, 7, number],
    [Post.socketSend, 7, number, 'hello'],
  ]);
  host.clear();
  server.send('more');
  assert.deepEqual(host.posts, [[Post.socketSend, 7, number, 'more']]);
  const seen: unknown[] = [];
  server.addEventListener('message', (event: { data: unknown }) => seen.push(event.data));
  socketEvent(7, number as number, SocketEvent.message, 'from afar', 0, undefined, undefined);
  assert.deepEqual(seen, ['from afar']);
});

test('upgrade: a half that was accepted or used already is refused', () => {
  const [client, server] = pair();
  sendUpgrade(client, '', 7);
  assert.throws(() => sendUpgrade(client, '', 7), /already used/);
  assert.throws(() => client.accept(), /already used/);
  const [other] = accepted();
  assert.throws(() => sendUpgrade(other, '', 7), /after calling accept/);
  server.accept();
  assert.equal(host.posts.at(-1)?.[0], Post.socketAccept);
});

test('fetch: answers with a socket that waits for accept, or can be passed on', async () => {
  const opening = openByFetch('http://example.com/', 'upgrade\nwebsocket', () => () => undefined);
  const number = host.calls[0]?.[5];
  host.answer(Request.fetchSocket, 101, 'Switching Protocols', '', 'http://example.com/', false, 0);
  const { answer, socket } = await opening;
  assert.equal(answer[0], 101);
  sendUpgrade(socket as WebSocket, 'a\nb', 7);
  assert.deepEqual(host.posts, [[Post.upgrade, 7, 'a\nb', number]]);
});

test('fetch: a refusal has no socket', async () => {
  const opening = openByFetch('http://example.com/', '', () => () => undefined);
  host.answer(Request.fetchSocket, 403, 'Forbidden', '', 'http://example.com/', false, 3);
  assert.equal((await opening).socket, null);
});

test('fetch: an abort closes what was being opened', async () => {
  let abort: (reason: unknown) => void = () => {};
  const opening = openByFetch('http://example.com/', '', (f) => {
    abort = f;
    return () => undefined;
  });
  abort(new Error('enough'));
  await assert.rejects(opening, /enough/);
  assert.equal(host.posts[0]?.[0], Post.socketClose);
});

test('accept: belongs to the event it is called in', () => {
  const [, server] = pair();
  enterEvent(9);
  server.accept();
  enterEvent(7);
  assert.throws(() => server.send('x'), /different request/);
});

test('accept: two halves of different events cannot talk', () => {
  const [a, b] = pair();
  a.accept();
  enterEvent(9);
  b.accept();
  assert.throws(() => b.send('x'), /different request/);
  assert.throws(() => b.close(), /different request/);
});

test('hostile app: patched prototypes change nothing', async () => {
  const [a, b] = accepted();
  const got = next(b);
  const closed = next(b, 'close');
  const names = ['data', 'code', 'ports', 'source', 'lastEventId', 'origin', 'wasClean', 'reason', 'bubbles'];
  const saved = [Promise.prototype.then, Array.prototype.push, Array.prototype.shift, Map.prototype.get] as const;
  const stolen: unknown[] = [];
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, { configurable: true, get: () => stolen.push(name), set: (value) => stolen.push(value) });
  }
  Map.prototype.get =
    Array.prototype.shift =
    Array.prototype.push =
      () => {
        throw new Error('patched');
      };
  try {
    a.send('x');
    a.close(1000, 'y');
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    [Promise.prototype.then, Array.prototype.push, Array.prototype.shift, Map.prototype.get] = saved;
  }
  assert.deepEqual([(await got).data, (await closed).reason, stolen], ['x', 'y', []]);
});
