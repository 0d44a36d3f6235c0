import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { sendFrame } from './frames.ts';

/** What is asked of a socket, in order. */
class FakeSocket {
  writableCorked = 0;
  readonly asked: string[] = [];

  cork(): void {
    this.writableCorked++;
    this.asked.push('cork');
  }
  uncork(): void {
    this.writableCorked--;
    this.asked.push('uncork');
  }
  write(bytes: Uint8Array): void {
    if (bytes.length === 4) this.asked.push('frame');
  }
}

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('frames: what a patient sender sends in a round of the event loop leaves together', async () => {
  const socket = new FakeSocket();
  sendFrame(socket as unknown as Socket, 'frame 1', true);
  await tick();
  sendFrame(socket as unknown as Socket, 'frame 2', true);
  await round();
  sendFrame(socket as unknown as Socket, 'frame 3', true);
  await round();
  assert.deepEqual(socket.asked, ['cork', 'frame', 'frame', 'uncork', 'cork', 'frame', 'uncork']);
});

test('frames: who is not patient sends at the end of the callback', async () => {
  const socket = new FakeSocket();
  sendFrame(socket as unknown as Socket, 'frame 1');
  sendFrame(socket as unknown as Socket, 'frame 2');
  await tick();
  assert.deepEqual(socket.asked, ['cork', 'frame', 'frame', 'uncork']);
});
