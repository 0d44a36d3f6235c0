import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartupError } from './loader.ts';
import { StartupFailures } from './startup-failures.ts';

const error = new StartupError({ name: 'Error', message: 'no', stack: '' });

test('recent: repeats the failure for a pause that doubles, up to half a minute', () => {
  let now = 0;
  const failures = new StartupFailures(() => now);
  assert.equal(failures.recent('a'), undefined);
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    failures.remember('a', error);
    const from = now;
    while (failures.recent('a') !== undefined) now += 250;
    pauses.push(now - from);
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('forget: starts over, and touches no other app', () => {
  const failures = new StartupFailures(() => 0);
  failures.remember('a', error);
  failures.remember('b', error);
  failures.forget('a');
  assert.equal(failures.recent('a'), undefined);
  assert.equal(failures.recent('b'), error);
});
