import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuickOwners } from './quick-owners.ts';

const times = (quick: QuickOwners, owner: string, rounds: number, now: number): void => {
  for (let at = 0; at < rounds; at++) quick.add(owner, now);
};

test('quick owners: have credit for many rounds, and lose it at once or with time', () => {
  const quick = new QuickOwners(100);
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

test('quick owners: when there are very many those seen first are forgotten', () => {
  const quick = new QuickOwners(100);
  times(quick, 'first', 10, 1000);
  times(quick, 'second', 10, 1000);
  quick.add('first', 1000);
  for (let at = 0; at < 4999; at++) quick.add(`${at}`, 1000);
  assert.deepEqual([quick.credit('first', 1000), quick.credit('second', 1000)], [11, 0]);
});
