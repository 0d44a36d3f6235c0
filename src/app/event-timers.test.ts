import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventTimers } from './event-timers.ts';

test('timers come due in the order of their times, and those of one time in the order they were set', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const timers = new EventTimers();
  const due: number[] = [];
  const start = (number: number, from: number, milliseconds: number): void => timers.start(number, from, milliseconds, (each) => void due.push(each));
  // All of one turn, of which the host has heard in pieces.
  start(1, 1000, 9);
  start(2, 1000, 5);
  start(3, 1000, 20);
  t.mock.timers.tick(3);
  start(4, 1000, 4);
  start(5, 1000, 5);
  start(6, 1000, 0.5);
  timers.cancel(6);
  start(7, 1000, 6);
  t.mock.timers.tick(2);
  assert.deepEqual([due, timers.size], [[4, 2], 6]);
  t.mock.timers.tick(4);
  assert.deepEqual([due, timers.size], [[4, 2, 5, 7, 1], 6]);
  assert.deepEqual([timers.take(4), timers.take(6)], [true, false]);
  timers.cancelAll();
  t.mock.timers.tick(100);
  assert.deepEqual([due, timers.size], [[4, 2, 5, 7, 1], 0]);
});

test('cancel: of one that is due and has not run takes it away', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const timers = new EventTimers();
  const due: number[] = [];
  timers.start(1, 0, 1, (each) => void due.push(each));
  t.mock.timers.tick(1);
  timers.cancel(1);
  assert.deepEqual([due, timers.take(1), timers.size], [[1], false, 0]);
});
