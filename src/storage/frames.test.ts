import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { FrameSender, receiveMessages } from './frames.ts';

/** What a socket is asked to write: the messages of each frame. */
class FakeSocket {
  readonly frames: unknown[] = [];
  cork(): void {}
  uncork(): void {}
  write(bytes: Uint8Array): void {
    if (bytes.length > 4) this.frames.push(deserialize(bytes));
  }
}

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): void => assert.fail('it can be sent');

function sending(isPatient: boolean): { sender: FrameSender; frames: unknown[] } {
  const socket = new FakeSocket();
  return { sender: new FrameSender(socket as unknown as Socket, isPatient), frames: socket.frames };
}

test('send: what a patient sender sends in a round of the event loop leaves together', async () => {
  const { sender, frames } = sending(true);
  sender.send('message 1', never);
  await tick();
  sender.send('message 2', never);
  await round();
  sender.send('message 3', never);
  await round();
  assert.deepEqual(frames, [['message 1', 'message 2'], ['message 3']]);
});

test('send: who is not patient sends at the end of the callback', async () => {
  const { sender, frames } = sending(false);
  sender.send('message 1', never);
  sender.send('message 2', never);
  await tick();
  assert.deepEqual(frames, [['message 1', 'message 2']]);
});

test('send: what cannot be sent does not keep the others', async () => {
  const { sender, frames } = sending(false);
  const failed: unknown[] = [];
  for (const value of [1, () => {}, 3, Symbol('four'), 5]) sender.send(value, () => failed.push(typeof value));
  await tick();
  assert.deepEqual(
    [frames.flat(), failed],
    [
      [1, 3, 5],
      ['function', 'symbol'],
    ],
  );
});

test('send: what is long goes in frames of its own', async () => {
  const { sender, frames } = sending(false);
  const long = new Uint8Array(9 * 1024 * 1024);
  for (const value of [long, long.slice(), 'short']) sender.send(value, never);
  await tick();
  assert.deepEqual(
    frames.map((frame) => (frame as Uint8Array[]).map(({ length }) => length)),
    [[long.length], [long.length], [5]],
  );
});

/** What is made of bytes that come in pieces; whether the connection was cut. */
function received(...pieces: readonly Uint8Array[]): { messages: unknown[]; isCut: boolean } {
  const socket = new PassThrough();
  const messages: unknown[] = [];
  receiveMessages(socket as unknown as Socket, (message) => messages.push(message));
  for (const piece of pieces) socket.emit('data', piece);
  return { messages, isCut: socket.destroyed };
}

/** A frame of any bytes. */
function frame(body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

test('receiveMessages: messages of several frames, in any pieces', () => {
  const bytes = Buffer.concat([frame(serialize(['a', { b: 1 }])), frame(serialize([])), frame(serialize([[2]]))]);
  const messages = ['a', { b: 1 }, [2]];
  assert.deepEqual(received(bytes), { messages, isCut: false });
  assert.deepEqual(received(...Array.from(bytes, (byte) => Buffer.of(byte))), { messages, isCut: false });
});

test('receiveMessages: what is no frame of ours ends the connection', () => {
  for (const bytes of [frame(Buffer.from('nonsense')), frame(serialize('no list')), Buffer.of(255, 255, 255, 255)])
    assert.deepEqual(received(bytes), { messages: [], isCut: true });
});
