import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Restless } from './restless.ts';

test('restless: who runs into limits faster than that is forgiven, which is said now and then', () => {
  let now = 1000;
  const restless = new Restless(() => now);
  const times = (count: number, everyMs: number, app = 'a'): boolean[] =>
    Array.from({ length: count }, () => {
      now += everyMs;
      return restless.ranInto(app);
    });
  assert.deepEqual([...new Set(times(100, 500))], [false], 'two a second are nothing');
  times(2, 10, 'b');
  assert.deepEqual(times(8, 10), [false, false, false, false, true, false, false, false]);
  assert.deepEqual(times(2, 10, 'b'), [false, false], 'each app for itself');
  assert.equal(times(600, 50).filter(Boolean).length, 1, 'half a minute later');
  now += 60_000;
  assert.deepEqual(times(4, 10), [false, false, false, false], 'it has been good meanwhile');
  restless.forget('a');
  assert.deepEqual(times(6, 10), [false, false, false, false, false, true]);
});
