import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Quarantine } from './quarantine.ts';

function setUp(): { clock: ManualClock; quarantine: Quarantine; released: string[] } {
  const clock = new ManualClock();
  const released: string[] = [];
  return { clock, released, quarantine: new Quarantine(clock, (app) => released.push(app)) };
}

test('blame: two deaths within a minute, not two within two', () => {
  const { clock, quarantine } = setUp();
  assert.equal(quarantine.blame('a'), undefined);
  clock.advance(60_000);
  assert.equal(quarantine.blame('a'), undefined);
  clock.advance(59_999);
  assert.equal(quarantine.blame('a'), 30_000);
  assert.equal(quarantine.has('a'), true);
  assert.equal(quarantine.has('b'), false);
});

test('pause: ends by itself, doubles, stops at an hour, is forgiven after a good hour', () => {
  const { clock, quarantine, released } = setUp();
  const pauses: (number | undefined)[] = [];
  for (let i = 0; i < 9; i++) {
    quarantine.blame('a');
    const pause = quarantine.blame('a');
    pauses.push(pause);
    clock.advance(pause ?? 0);
    assert.equal(quarantine.has('a'), false);
  }
  assert.deepEqual(
    pauses,
    [30, 60, 120, 240, 480, 960, 1920, 3600, 3600].map((seconds) => seconds * 1000),
  );
  assert.equal(released.length, 9);
  clock.advance(3_600_000);
  quarantine.blame('a');
  assert.equal(quarantine.blame('a'), 30_000);
});

test('release: a new version is let in at once, the next pause is longer all the same', () => {
  const { quarantine, released } = setUp();
  quarantine.blame('a');
  quarantine.blame('a');
  assert.equal(quarantine.blame('a'), undefined);
  quarantine.release('a');
  assert.equal(quarantine.has('a'), false);
  quarantine.blame('a');
  assert.equal(quarantine.blame('a'), 60_000);
  assert.deepEqual(released, []);
});

test('release: version after version is not let in at once', () => {
  const { clock, quarantine, released } = setUp();
  const deaths = (): number => Number(quarantine.blame('a') !== undefined) + Number(quarantine.blame('a') !== undefined);
  let pauses = 0;
  // Two deaths for each version that is let in, and a new one every second, for an hour.
  for (let second = 0; second < 3600; second++) {
    if (!quarantine.has('a')) pauses += deaths();
    quarantine.release('a');
    clock.advance(1000);
  }
  assert.equal(pauses, 14);
  assert.equal(released.length, 12);
  clock.advance(450_000);
  assert.equal(quarantine.has('a'), false);
});

test('backoff: quick deaths wait longer and longer, a long life starts anew', () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock, () => 1);
  const delays: number[] = [];
  for (let i = 0; i < 12; i++) {
    backoff.died(100);
    delays.push(backoff.delay());
    clock.advance(backoff.delay());
  }
  assert.deepEqual(delays, [0, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
  assert.equal(backoff.quickDeaths, 12);
  backoff.died(11_000);
  assert.equal(backoff.delay(), 0);
});
