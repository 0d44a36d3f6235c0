import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowOwners } from './slow-owners.ts';

test('slow owners: are forgotten a while after they were slow last', () => {
  const slow = new SlowOwners(100);
  slow.add('one', 1000);
  slow.add('two', 1000);
  slow.add('one', 1060);
  assert.deepEqual([slow.has('one', 1100), slow.has('two', 1100), slow.has('three', 1100)], [true, true, false]);
  assert.deepEqual([slow.has('one', 1160), slow.has('two', 1160)], [true, false]);
  assert.equal(slow.has('one', 1161), false);
});

test('slow owners: when there are very many the first are forgotten', () => {
  const slow = new SlowOwners(100);
  for (let at = 0; at <= 5000; at++) slow.add(`${at}`, 1000);
  assert.deepEqual([slow.has('0', 1000), slow.has('1', 1000), slow.has('5000', 1000)], [false, true, true]);
});
