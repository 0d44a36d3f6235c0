import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { BEAT_MS, type Patience, Pulse, type ThreadState } from './pulse.ts';

/** How many beats in a row go missing until a process is given up, whose main thread is as `read` says. */
function missedUntilSilent(read: (tick: number) => ThreadState | undefined, patience?: Patience): number {
  let tick = 0;
  let told: number | undefined;
  const pulse = new Pulse(
    process.pid,
    (seconds) => {
      told = seconds;
    },
    { read: () => read(tick), ...(patience === undefined ? {} : { patience }) },
  );
  while (told === undefined && tick < 1000) {
    tick++;
    pulse.tick();
  }
  return told ?? 0;
}

test('pulse: who sleeps and says nothing is given up soon', () => {
  assert.equal(
    missedUntilSilent(() => ({ state: 'S', busyMs: 1234 })),
    5,
  );
});

test('pulse: who runs, waits for a CPU or the disk, is stopped or cannot be looked at, has much longer', () => {
  assert.equal(
    missedUntilSilent((tick) => ({ state: 'S', busyMs: tick * 1000 })),
    30,
  );
  for (const state of ['R', 'D', 'T', 't'])
    assert.equal(
      missedUntilSilent(() => ({ state, busyMs: 1234 })),
      30,
      state,
    );
  assert.equal(
    missedUntilSilent(() => undefined),
    30,
  );
});

test('pulse: who is heard now and then is not given up', () => {
  let told = 0;
  const pulse = new Pulse(process.pid, () => told++, { read: () => ({ state: 'S', busyMs: 0 }) });
  for (let tick = 1; tick < 100; tick++) {
    pulse.tick();
    if (tick % 4 === 0) pulse.heard();
  }
  pulse.stop();
  assert.equal(told, 0);
});

test('pulse: who may wait for a disk has as long as is said', () => {
  const patience = { asleep: 30, silent: 300 };
  assert.equal(
    missedUntilSilent(() => ({ state: 'S', busyMs: 0 }), patience),
    30,
  );
  assert.equal(
    missedUntilSilent(() => ({ state: 'D', busyMs: 0 }), patience),
    300,
  );
});

test('pulse: the watch begins with the first word, and ends with its verdict', () => {
  const clock = new ManualClock();
  const told: number[] = [];
  const pulse = new Pulse(process.pid, (seconds) => told.push(seconds), { clock, read: () => ({ state: 'S', busyMs: 0 }) });
  clock.advance(100 * BEAT_MS);
  assert.deepEqual(told, []);
  pulse.heard();
  clock.advance(4 * BEAT_MS);
  pulse.heard();
  clock.advance(4 * BEAT_MS);
  assert.deepEqual(told, []);
  clock.advance(100 * BEAT_MS);
  assert.deepEqual(told, [5]);
});
