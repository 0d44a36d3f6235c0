import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Binding, BindingScope, Caller } from '../binding.ts';
import { queueManifest } from './index.ts';
import type { NewMessage } from './messages.ts';
import { unpack } from './parcels.ts';

type Stored = { type: string; body: unknown; delayMs: number };

/** The binding, and what has been stored through it. */
function setUp(): { queue: Binding; stored: Stored[] } {
  const stored: Stored[] = [];
  const call = async (_address: unknown, _method: string, [, parcels, delayed]: readonly unknown[]): Promise<unknown> => {
    for (const parcel of parcels as Uint8Array[]) stored.push(...unpack(parcel).map((message) => ({ ...message, delayMs: 0 })));
    stored.push(...(delayed as NewMessage[]));
    return { backlogCount: stored.length, backlogBytes: 0, oldestMessageTimestamp: 0 };
  };
  const scope = { group: 'default', stores: { call } } as unknown as BindingScope;
  return { queue: queueManifest.open('QUEUE', { queue: 'jobs' }, scope), stored };
}

const caller = {} as Caller;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('sendBatch: takes texts and bytes apart by their lengths', async () => {
  const { queue, stored } = setUp();
  const head = JSON.stringify([
    ['text', 2, null],
    ['bytes', 1, 5],
    ['json', 1, null],
  ]);
  await queue.call('sendBatch', [head, 'ab1', bytes(7)], caller);
  assert.deepEqual(
    stored.map(({ type, body, delayMs }) => [type, body, delayMs]),
    [
      ['text', 'ab', 0],
      ['json', '1', 0],
      ['bytes', bytes(7), 5000],
    ],
  );
});

test('sendBatch: refuses a head that a tenant has had a hand in', async () => {
  const { queue, stored } = setUp();
  for (const head of [
    '',
    '{',
    '{}',
    '1',
    '[null]',
    '[1]',
    '[["text"]]',
    '[["text",3,null]]',
    '[["bytes",2,null]]',
    '[["text",-1,null]]',
    '[["image",0,null]]',
    5,
  ]) {
    await assert.rejects(async () => queue.call('sendBatch', [head, 'ab', bytes(1)], caller), { name: 'TypeError', message: 'Invalid call.' });
  }
  assert.deepEqual(stored, []);
});

test('send, sendBatch: name themselves where a delay is too long', async () => {
  const { queue } = setUp();
  await assert.rejects(async () => queue.call('send', ['text', 86_401, 'a'], caller), { name: 'Error', message: 'Queue send failed: Bad Request' });
  await assert.rejects(async () => queue.call('sendBatch', ['[["text",1,86401]]', 'a', bytes()], caller), {
    name: 'Error',
    message: 'Queue sendBatch failed: Bad Request',
  });
});
