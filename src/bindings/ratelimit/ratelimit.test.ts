import assert from 'node:assert/strict';
import test from 'node:test';
import type { Stores } from '../../ports/stores.ts';
import type { BindingScope, Caller } from '../binding.ts';
import { Counters } from './counters.ts';
import { ratelimitManifest } from './index.ts';
import { Namespaces } from './namespaces.ts';

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

test('take: keys of all namespaces are bounded together, and small namespaces do not feel a large one', () => {
  let now = 0;
  const namespaces = new Namespaces(() => now, 100);
  assert.equal(namespaces.take('small', 60, 'a', 1), true);
  for (let i = 0; i < 1000; i++) {
    namespaces.take(`large ${i % 3}`, 60, String(i), 1);
    assert.ok(namespaces.size <= 100);
  }
  assert.equal(namespaces.take('small', 60, 'a', 1), false);
  // A window that is over goes whole.
  now = 60_000;
  for (let i = 0; i < 110; i++) namespaces.take('late', 60, String(i), 1);
  assert.ok(namespaces.size <= 100);
  assert.equal(namespaces.take('late', 60, '109', 1), false);
});

test('take: of very many namespaces the first are forgotten, with their keys', () => {
  const namespaces = new Namespaces(() => 0);
  for (let i = 0; i < 1500; i++) namespaces.take(`n${i}`, 10, 'a', 1);
  assert.equal(namespaces.size, 1000);
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
