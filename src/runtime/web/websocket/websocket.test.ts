import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import '../testing/chunks.ts';
import { compatDifferences } from '../../../protocol/compat.ts';
import { Post, SocketEvent } from '../../../protocol/ops.ts';
import { enterEvent } from '../../bridge.ts';
import { setCompatibility } from '../../compat.ts';
import { type FakeHost, fakeHost, turn } from '../testing/fake-host.ts';
import { socketEvent } from './inbound.ts';
import { dropSockets } from './state.ts';
import { WebSocket } from './websocket.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

type Told = { type: string; data?: unknown; code?: number; reason?: string; wasClean?: boolean };

/** A socket and what is fired at it. */
const open = (url = 'ws://example.com/', protocols?: unknown): { socket: WebSocket; number: number; told: Told[] } => {
  const socket = protocols === undefined ? new WebSocket(url) : new WebSocket(url, protocols);
  const told: Told[] = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, (event: Told) =>
      told.push(
        type === 'message'
          ? { type, data: event.data }
          : type === 'close'
            ? { type, code: event.code as number, reason: event.reason as string, wasClean: event.wasClean as boolean }
            : { type },
      ),
    );
  }
  return { socket, number: host.posts.at(-1)?.[2] as number, told };
};
const tell = (number: number, kind: number, ...values: unknown[]): void => socketEvent(7, number, kind, values[0], values[1], values[2], values[3]);
const opened = (): ReturnType<typeof open> => {
  const it = open();
  tell(it.number, SocketEvent.opened, '', '');
  it.told.length = 0;
  host.clear();
  return it;
};
const named =
  (name: string) =>
  (error: { name: string }): boolean =>
    error.name === name;

test('constructor: asks the host with a ws: address and the subprotocols', () => {
  const { socket, number } = open('https://example.com/a?b', ['chat', 'v2']);
  assert.deepEqual(host.posts, [[Post.socketOpen, 7, number, 'wss://example.com/a?b', 'chat,v2']]);
  assert.equal(socket.url, 'wss://example.com/a?b');
  assert.deepEqual([socket.readyState, socket.protocol, socket.extensions, socket.bufferedAmount, socket.binaryType], [0, '', '', 0, 'blob']);
});

test('constructor: refuses what is no WebSocket address', () => {
  for (const url of ['', 'example.com', 'ftp://example.com/', 'ws://', 'ws://example.com/#', 'ws://example.com/#a', 'ws://exa mple.com/']) {
    assert.throws(() => new WebSocket(url), named('SyntaxError'), url);
  }
  assert.throws(() => new (WebSocket as unknown as new () => unknown)(), TypeError);
});

test('constructor: refuses subprotocols that are no tokens or come twice', () => {
  for (const protocols of ['', 'a b', 'é', 'a,b', ['a', 'a'], ['a', 'A'], ['a', '']])
    assert.throws(() => new WebSocket('ws://example.com/', protocols), named('SyntaxError'));
  assert.doesNotThrow(() => new WebSocket('ws://example.com/', []));
});

test('constructor: throws in the global scope', () => {
  enterEvent(0);
  assert.throws(() => new WebSocket('ws://example.com/'), /global scope/);
});

test('open: is fired with the protocol known', () => {
  const { socket, number, told } = open('ws://example.com/', 'chat');
  tell(number, SocketEvent.opened, 'chat', '');
  assert.deepEqual([socket.readyState, socket.protocol, told], [1, 'chat', [{ type: 'open' }]]);
});

test('send: throws while connecting', () => {
  assert.throws(() => open().socket.send('a'), named('InvalidStateError'));
});

test('send: hands over text as Unicode and bytes as they are', () => {
  const { socket, number } = opened();
  socket.send('a\ud800');
  socket.send(new Uint16Array([1, 2, 3]).subarray(1));
  socket.send(new DataView(new ArrayBuffer(4), 1, 2));
  socket.send(7);
  assert.deepEqual(
    host.posts.map(([op, , at, data]) => [op, at, data]),
    [
      [Post.socketSend, number, 'a\ufffd'],
      [Post.socketSend, number, new Uint8Array([2, 0, 3, 0])],
      [Post.socketSend, number, new Uint8Array(2)],
      [Post.socketSend, number, '7'],
    ],
  );
});

test('bufferedAmount: counts bytes until the host says that they have left', () => {
  const { socket, number } = opened();
  socket.send('é');
  socket.send(new ArrayBuffer(3));
  assert.equal(socket.bufferedAmount, 5);
  tell(number, SocketEvent.sent, 2);
  assert.equal(socket.bufferedAmount, 3);
  tell(number, SocketEvent.message, 'x', 3);
  assert.equal(socket.bufferedAmount, 0);
});

test('bufferedAmount: grows after close, and nothing is sent', () => {
  const { socket } = opened();
  socket.close();
  host.clear();
  socket.send('abc');
  assert.deepEqual([socket.bufferedAmount, host.posts], [3, []]);
});

test('send: closes the socket when too much waits', () => {
  const { socket, number } = opened();
  const part = new ArrayBuffer(20 * 1024 * 1024);
  for (let i = 0; i < 4; i++) socket.send(part);
  assert.deepEqual(
    host.posts.map((post) => post[0]),
    [Post.socketSend, Post.socketSend, Post.socketSend, Post.socketClose],
  );
  assert.equal(socket.readyState, 2);
  tell(number, SocketEvent.closed, 1006, '', false, '');
  assert.doesNotThrow(() => opened().socket.send(part));
});

test('message: text, Blob or ArrayBuffer, with the origin of the address', async () => {
  const { socket, number, told } = opened();
  let origin = '';
  socket.addEventListener('message', (event: { origin: string }) => (origin = event.origin));
  tell(number, SocketEvent.message, 'text', 0);
  tell(number, SocketEvent.message, new Uint8Array([1]).buffer, 0);
  socket.binaryType = 'arraybuffer';
  socket.binaryType = 'nonsense';
  tell(number, SocketEvent.message, new Uint8Array([2]).buffer, 0);
  assert.equal(origin, 'ws://example.com');
  assert.equal(told[0]?.data, 'text');
  assert.deepEqual([...new Uint8Array(await (told[1]?.data as Blob).arrayBuffer())], [1]);
  assert.deepEqual([...new Uint8Array(told[2]?.data as ArrayBuffer)], [2]);
});

test("binaryType: is ArrayBuffer for apps of before the flag's date", () => {
  const typeFor = (date: string, ...flags: string[]): string => {
    setCompatibility(compatDifferences(date, flags));
    return open().socket.binaryType;
  };
  assert.deepEqual(
    [
      typeFor('2026-03-16'),
      typeFor('2026-03-17'),
      typeFor('2024-01-01', 'websocket_standard_binary_type'),
      typeFor('2026-12-01', 'no_websocket_standard_binary_type'),
      typeFor(''),
    ],
    ['arraybuffer', 'blob', 'blob', 'arraybuffer', 'blob'],
  );
});

test('message: none is fired after close was called', () => {
  const { socket, number, told } = opened();
  socket.close();
  tell(number, SocketEvent.message, 'late', 0);
  assert.deepEqual(told, []);
});

test('close: takes 1000 and 3000 to 4999, and reasons of 123 bytes', () => {
  const { socket } = opened();
  for (const code of [0, 999, 1001, 1005, 1006, 1011, 2999, 5000, 65536, Number.NaN])
    assert.throws(() => socket.close(code), named('InvalidAccessError'), `${code}`);
  assert.throws(() => socket.close(1000, 'é'.repeat(62)), named('SyntaxError'));
  socket.close(3000, 'é'.repeat(61));
  assert.deepEqual(
    host.posts.map((post) => post.slice(3)),
    [[3000, 'é'.repeat(61)]],
  );
  assert.doesNotThrow(() => socket.close(4999));
  assert.equal(host.posts.length, 1);
});

test('close: while connecting fails the connection, and an error can be awaited before the close', async () => {
  const { socket, number, told } = open();
  socket.close();
  assert.equal(socket.readyState, 2);
  tell(number, SocketEvent.opened, '', '');
  tell(number, SocketEvent.closed, 1006, '', false, 'closed before');
  assert.deepEqual(told, [{ type: 'error' }]);
  await turn();
  assert.deepEqual([socket.readyState, told], [3, [{ type: 'error' }, { type: 'close', code: 1006, reason: '', wasClean: false }]]);
});

test('closed: is the last that is fired', () => {
  const { socket, number, told } = opened();
  tell(number, SocketEvent.closed, 4000, 'bye', true, '');
  tell(number, SocketEvent.closed, 4000, 'bye', true, '');
  tell(number, SocketEvent.message, 'late', 0);
  assert.deepEqual([socket.readyState, told], [3, [{ type: 'close', code: 4000, reason: 'bye', wasClean: true }]]);
  host.clear();
  socket.close();
  assert.deepEqual(host.posts, []);
});

test('handlers: onmessage and its kind are called, and can be taken away', () => {
  const { socket, number } = opened();
  const seen: unknown[] = [];
  const slots = socket as unknown as { onmessage: unknown };
  slots.onmessage = (event: { data: unknown }) => seen.push(event.data);
  tell(number, SocketEvent.message, 'a', 0);
  slots.onmessage = null;
  tell(number, SocketEvent.message, 'b', 0);
  assert.deepEqual(seen, ['a']);
});

test('another event: may not use the socket', () => {
  const { socket } = opened();
  enterEvent(8);
  assert.throws(() => socket.send('a'), /different request/);
  assert.throws(() => socket.close(), /different request/);
});

test('the event is over: the socket is closed, and the host is not asked', () => {
  const { socket, told } = opened();
  dropSockets(7);
  assert.equal(socket.readyState, 3);
  socket.send('a');
  socket.close();
  assert.deepEqual([host.posts, told], [[], []]);
});

test('accept: is not for sockets of the constructor', () => {
  assert.throws(() => opened().socket.accept(), /cannot call accept/);
});

test('attachment: is a copy', () => {
  const { socket } = opened();
  assert.equal(socket.deserializeAttachment(), null);
  const value = { a: [1] };
  socket.serializeAttachment(value);
  value.a.push(2);
  assert.deepEqual(socket.deserializeAttachment(), { a: [1] });
});

test('interface: constants, brand checks and names are as Web IDL says', () => {
  for (const holder of [WebSocket, WebSocket.prototype] as unknown as Record<string, number>[]) {
    assert.deepEqual([holder['CONNECTING'], holder['OPEN'], holder['CLOSING'], holder['CLOSED']], [0, 1, 2, 3]);
  }
  assert.equal(String(opened().socket), '[object WebSocket]');
  assert.throws(() => Reflect.get(WebSocket.prototype, 'url', {}), /Illegal invocation/);
  assert.equal(WebSocket.length, 1);
});
