import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Habits } from './habits.ts';

const good = (habits: Habits, times: number): void => {
  for (let i = 0; i < times; i++) habits.turnEnded(1, true);
};
/** How many of 64 turns would be light. */
const light = (habits: Habits): number => Array.from({ length: 64 }, () => habits.mayRunLight(0)).filter(Boolean).length;

test('mayRunLight: after enough good turns, all but one in 64', () => {
  const habits = new Habits();
  good(habits, 63);
  assert.equal(light(habits), 0);
  good(habits, 1);
  assert.equal(light(habits), 63);
});

test('mayRunLight: turns that are far apart are watched', () => {
  const habits = new Habits();
  good(habits, 64);
  assert.deepEqual(
    [1000, 1249, 1250, 1251, 2000].map((now) => habits.mayRunLight(now)),
    [false, true, false, true, false],
  );
});

test('turnEnded: one turn without an answer or a long one starts over', () => {
  for (const bad of [
    [1, false],
    [21, true],
  ] as [number, boolean][]) {
    const habits = new Habits();
    good(habits, 100);
    habits.turnEnded(...bad);
    assert.equal(light(habits), 0);
    good(habits, 64);
    assert.equal(light(habits), 63);
  }
});

test('misbehaved: turns are watched for good', () => {
  const habits = new Habits();
  good(habits, 100);
  habits.misbehaved();
  good(habits, 1000);
  assert.equal(light(habits), 0);
});
