import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentOwners } from './recent-owners.ts';

test('recent owners, slow: are forgotten a while after they were slow last', () => {
  const slow = new RecentOwners(100);
  slow.add('one', 1000);
  slow.add('two', 1000);
  slow.add('one', 1060);
  assert.deepEqual([slow.has('one', 1100), slow.has('two', 1100), slow.has('three', 1100)], [true, true, false]);
  assert.deepEqual([slow.has('one', 1160), slow.has('two', 1160)], [true, false]);
  assert.equal(slow.has('one', 1161), false);
});

test('recent owners, slow: when there are very many the first are forgotten', () => {
  const slow = new RecentOwners(100);
  for (let at = 0; at <= 5000; at++) slow.add(`${at}`, 1000);
  assert.deepEqual([slow.has('0', 1000), slow.has('1', 1000), slow.has('5000', 1000)], [false, true, true]);
});

const times = (quick: RecentOwners, owner: string, rounds: number, now: number): void => {
  for (let at = 0; at < rounds; at++) quick.add(owner, now);
};

test('recent owners, quick: have credit for many rounds, and lose it at once or with time', () => {
  const quick = new RecentOwners(100, 10);
  times(quick, 'one', 9, 1000);
  assert.equal(quick.credit('one', 1000), 0);
  times(quick, 'one', 3, 1090);
  times(quick, 'two', 10, 1090);
  assert.deepEqual([quick.credit('one', 1190), quick.credit('two', 1190), quick.credit('three', 1190)], [12, 10, 0]);
  quick.delete('two');
  assert.deepEqual([quick.credit('one', 1190), quick.credit('two', 1190)], [12, 0]);
  assert.equal(quick.credit('one', 1191), 0);
  quick.add('one', 1191);
  assert.equal(quick.credit('one', 1191), 0, 'it begins again');
});

test('recent owners, quick: when there are very many those seen first are forgotten', () => {
  const quick = new RecentOwners(100, 10);
  times(quick, 'first', 10, 1000);
  times(quick, 'second', 10, 1000);
  quick.add('first', 1000);
  for (let at = 0; at < 4999; at++) quick.add(`${at}`, 1000);
  assert.deepEqual([quick.credit('first', 1000), quick.credit('second', 1000)], [11, 0]);
});
