import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import './testing/chunks.ts';
import { Post } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { BroadcastChannel, dropChannels } from './broadcast-channel.ts';
import { fireTimer } from './timers.ts';
import { type FakeHost, fakeHost, turn } from './testing/fake-host.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

async function settle(): Promise<void> {
  await turn();
  for (const [op, event, timer] of host.posts) if (op === Post.timerStart) fireTimer(event as number, timer as number);
}

const listen = (channel: BroadcastChannel, log: unknown[], name: string): void =>
  channel.addEventListener('message', (event: { data: unknown }) => log.push([name, event.data]));

test('postMessage: reaches the other open channels of the name, in the order they were made', async () => {
  const log: unknown[] = [];
  const channels = ['a', 'a', 'a', 'b'].map((name) => new BroadcastChannel(name));
  for (const [index, channel] of channels.entries()) listen(channel, log, `${index}`);
  channels[1]?.postMessage({ x: 1 });
  channels[2]?.close();
  await settle();
  assert.deepEqual(log, [['0', { x: 1 }]]);
  for (const channel of channels) channel.close();
});

test('postMessage: everyone gets a copy of their own', async () => {
  const log: [string, object][] = [];
  const [from, one, two] = ['c', 'c', 'c'].map((name) => new BroadcastChannel(name)) as [BroadcastChannel, BroadcastChannel, BroadcastChannel];
  listen(one, log, 'one');
  listen(two, log, 'two');
  const sent = { deep: [1] };
  from.postMessage(sent);
  sent.deep.push(2);
  await settle();
  assert.deepEqual(log, [
    ['one', { deep: [1] }],
    ['two', { deep: [1] }],
  ]);
  assert.notEqual(log[0]?.[1], log[1]?.[1]);
  assert.throws(() => from.postMessage(Symbol('x')), { name: 'DataCloneError' });
  from.close();
  assert.throws(() => from.postMessage(Symbol('x')), { name: 'InvalidStateError' });
});

test('dropChannels: closes those of an event that is over', async () => {
  const log: unknown[] = [];
  enterEvent(21);
  const old = new BroadcastChannel('d');
  listen(old, log, 'old');
  enterEvent(22);
  const from = new BroadcastChannel('d');
  dropChannels(21);
  from.postMessage('x');
  await settle();
  assert.deepEqual(log, []);
  assert.throws(() => old.postMessage('x'), { name: 'InvalidStateError' });
  dropChannels(22);
});
