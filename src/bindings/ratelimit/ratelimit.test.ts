import assert from 'node:assert/strict';
import test from 'node:test';
import type { Stores } from '../../ports/stores.ts';
import type { BindingScope, Caller } from '../binding.ts';
import { Counters } from './counters.ts';
import { ratelimitManifest } from './index.ts';

const caller = {} as Caller;

test('take: counts up to the limit, and anew in the next window', () => {
  const counters = new Counters(10);
  assert.deepEqual(
    [0, 1, 2].map(() => counters.take('a', 2, 9_999)),
    [true, true, false],
  );
  assert.equal(counters.take('b', 2, 9_999), true);
  assert.equal(counters.take('a', 2, 10_000), true);
});

test('take: forgets the key counted longest when there are too many', () => {
  const counters = new Counters(60, 2);
  for (const key of ['a', 'b', 'c']) counters.take(key, 1, 0);
  assert.equal(counters.size, 2);
  assert.equal(counters.take('c', 1, 0), false);
  assert.equal(counters.take('a', 1, 0), true);
});

function opened(): { limit: (...args: unknown[]) => unknown; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const stores: Stores = {
    call: async (_address, _method, args) => {
      calls.push([...args]);
      return false;
    },
  };
  const binding = ratelimitManifest.open('LIMIT', { namespace: '1', limit: 1, period: 60 }, { group: 'g', stores } as BindingScope);
  return { limit: async (...args) => binding.call('limit', args, caller), calls };
}

test('limit: a refused key is not asked for again', async () => {
  const { limit, calls } = opened();
  for (let i = 0; i < 5; i++) assert.equal(await limit('a'), false);
  // Two where a window ended in between.
  assert.ok(calls.length <= 2);
});

test('limit: a long key is counted by its hash', async () => {
  const { limit, calls } = opened();
  await limit('x'.repeat(10_000_000));
  assert.equal(String(calls[0]?.[2]).length, 45);
});

test('limit: refuses what the runtime would not send', async () => {
  const { limit } = opened();
  for (const args of [[1], [undefined], ['a', 'b'], ['a', 1, 11], ['a', 1, {}]]) await assert.rejects(async () => limit(...args));
});
