import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketEvent } from '../../protocol/ops.ts';
import { TestIsolate } from '../egress/fixture.ts';
import { ScriptedSocket, toldOf } from './fixture.ts';
import { HostSocket } from './host-socket.ts';
import { SOCKET_LIMITS } from './limits.ts';
import type { EventState } from '../op.ts';

const setUp = (): { isolate: TestIsolate; event: EventState; socket: HostSocket; wire: ScriptedSocket; over: () => boolean } => {
  const isolate = new TestIsolate({} as never);
  const event = isolate.event(1) as EventState;
  let isOver = false;
  const socket = new HostSocket(5, event, false, () => {
    isOver = true;
  });
  return { isolate, event, socket, wire: new ScriptedSocket(), over: () => isOver };
};
const open = (): ReturnType<typeof setUp> => {
  const it = setUp();
  it.socket.open(it.wire, true);
  it.isolate.delivered.length = 0;
  it.isolate.turns.shift()?.();
  return it;
};

test('open: is told, and the event is kept', () => {
  const { isolate, socket, wire } = setUp();
  assert.equal(isolate.kept, 1);
  socket.open(wire, true);
  assert.deepEqual(toldOf(isolate, 5), [[SocketEvent.opened, '', '']]);
});

test('messages: so many are under way at a time, and the rest waits on the network', () => {
  const { isolate, wire } = open();
  for (let i = 0; i < 40; i++) wire.listener?.message(`${i}`);
  assert.equal(isolate.delivered.length, SOCKET_LIMITS.turnsUnderWay);
  assert.deepEqual(wire.calls, [['pause']]);
  while (isolate.turns.length > 0) isolate.turns.shift()?.();
  assert.deepEqual(
    toldOf(isolate, 5).map((it) => it[1]),
    Array.from({ length: 40 }, (_, i) => `${i}`),
  );
  assert.deepEqual(wire.calls, [['pause'], ['resume']]);
});

test('messages: large ones come a few at a time', () => {
  const { isolate, wire } = open();
  for (let i = 0; i < 4; i++) wire.listener?.message(new Uint8Array(700_000));
  assert.equal(isolate.delivered.length, 2);
});

test('closed: comes after every message, and lets the event go when its turn is over', () => {
  const { isolate, wire, over } = open();
  for (let i = 0; i < 33; i++) wire.listener?.message('m');
  wire.listener?.closed(4000, 'bye', true, '');
  assert.equal(over(), false);
  isolate.turns.shift()?.();
  isolate.turns.shift()?.();
  assert.deepEqual(toldOf(isolate, 5).at(-1), [SocketEvent.closed, 4000, 'bye', true, '']);
  assert.equal(over(), true);
  assert.equal(isolate.kept, 1);
  while (isolate.turns.length > 0) isolate.turns.shift()?.();
  assert.equal(isolate.kept, 0);
});

test('closed: is told once', () => {
  const { isolate, wire } = open();
  wire.listener?.closed(1000, '', true, '');
  wire.listener?.closed(1006, '', false, 'again');
  wire.listener?.message('late');
  assert.equal(isolate.delivered.length, 1);
});

test('send: bytes that have left are told with the next message', () => {
  const { isolate, socket, wire } = open();
  socket.send('é');
  socket.send(new Uint8Array(3));
  for (const sent of wire.sent) sent();
  wire.listener?.message('m');
  assert.deepEqual(toldOf(isolate, 5), [[SocketEvent.message, 'm', 5]]);
  socket.close(1000, '');
  wire.listener?.closed(1000, '', true, '');
});

test('send: an isolate that hands over too much is cut off', () => {
  const { socket, wire } = open();
  const part = new Uint8Array(40 * 1024 * 1024);
  for (let i = 0; i < 3; i++) socket.send(part);
  assert.deepEqual(
    wire.calls.map(([name]) => name),
    ['send', 'send', 'terminate'],
  );
});

test('close: while it is being opened aborts the handshake', () => {
  const { isolate, socket, wire } = setUp();
  socket.close(1000, '');
  assert.equal(socket.signal.aborted, true);
  socket.fail('too late');
  assert.deepEqual(toldOf(isolate, 5), [[SocketEvent.closed, 1006, '', false, 'too late']]);
  socket.open(wire, true);
  assert.deepEqual(wire.calls, [['terminate']]);
});

test('the event is over: the connection is closed and nothing is told any more', () => {
  const { isolate, wire, over } = open();
  isolate.end.end();
  assert.deepEqual(wire.calls, [['close', 1001, '']]);
  wire.listener?.message('late');
  wire.listener?.closed(1001, '', true, '');
  assert.deepEqual([isolate.delivered, isolate.kept, over()], [[], 0, true]);
});

test('detach: takes away what the isolate has not asked for, and nothing else', () => {
  const { event, isolate, socket, wire } = setUp();
  socket.open(wire, false);
  assert.equal(socket.detach(), wire);
  assert.deepEqual([isolate.kept, isolate.delivered], [0, []]);
  const other = new HostSocket(6, event, false, () => {});
  other.open(wire, true);
  assert.equal(other.detach(), undefined);
});
