import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { leastShare } from './cpu-share.ts';
import { watchOverrun, watchStart } from './overrun.ts';

type World = { told: string[]; machine: { share: number | undefined; progress: number; processShare: number }; pass(ms: number): void; stop(): void };

/** A turn with a limit of 100 ms on a machine that gives it a share of the CPU. */
function setUp(t: TestContext, share: number | undefined): World {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const told: string[] = [];
  const machine = { share, progress: 0, processShare: 0 };
  t.mock.method(process, 'cpuUsage', () => ({ user: now * machine.processShare * 1000, system: 0 }));
  const stop = watchOverrun(
    {
      limit: 100,
      progress: () => machine.progress,
      cut: (isStarved) => told.push(`${isStarved ? 'given up' : 'cut'} at ${now}`),
      waited: () => told.push('waited'),
    },
    () => (machine.share === undefined ? undefined : () => machine.share as number),
  );
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 10) {
      now += 10;
      t.mock.timers.tick(10);
    }
  };
  return { told, machine, pass, stop };
}

test('overrun: a turn that has a CPU to itself is cut soon after its limit', (t) => {
  const { told, pass } = setUp(t, 1);
  pass(1000);
  assert.deepEqual(told, ['cut at 130']);
});

test('overrun: a turn that gets a tenth of a CPU gets more time', (t) => {
  const { told, pass } = setUp(t, 0.1);
  pass(700);
  assert.deepEqual([...new Set(told)], ['waited']);
  pass(300);
  assert.match(told.at(-1) ?? '', /^cut at (?:8|9)\d0$/);
});

test('overrun: a turn that gets no CPU at all is waited for, and not without end', (t) => {
  const { told, pass } = setUp(t, 0);
  pass(1400);
  assert.deepEqual([...new Set(told)], ['waited']);
  pass(300);
  assert.match(told.at(-1) ?? '', /^given up at 1[45]\d0$/);
});

test('overrun: one whose thread sleeps now and then is cut all the same, where the process has used that much', (t) => {
  const { told, machine, pass } = setUp(t, 0);
  machine.processShare = 0.5;
  pass(1700);
  assert.match(told.at(-1) ?? '', /^cut at 1[45]\d0$/);
});

test('overrun: what begins after something has ended gets all of its time', (t) => {
  const { told, machine, pass } = setUp(t, 1);
  pass(90);
  machine.progress++;
  pass(120);
  assert.deepEqual(told, []);
  pass(100);
  assert.deepEqual(told, ['cut at 230']);
});

test("overrun: where the system does not tell the wall's clock decides", (t) => {
  const { told, pass } = setUp(t, undefined);
  pass(500);
  assert.deepEqual(told, ['cut at 100']);
});

test('overrun: what began before it was first looked at has its time from then', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const told: string[] = [];
  let progress: number | undefined = 0;
  const pass = (ms: number): void => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  watchOverrun(
    { limit: 100, progress: () => progress, since: () => 60, cut: (isStarved) => told.push(`${isStarved ? 'given up' : 'cut'} at ${now}`), waited: () => {} },
    () => () => 1,
  );
  progress = 1;
  for (let at = 0; at < 30; at++) pass(10);
  assert.deepEqual(told, ['cut at 190']);
  progress = undefined;
});

test('overrun: nothing is heard after the end', (t) => {
  const { told, pass, stop } = setUp(t, 1);
  stop();
  pass(1000);
  assert.deepEqual(told, []);
});

test('watchStart: what a step can have used, once half of its time is over', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  let processMs = 0;
  let share = 0.3;
  t.mock.method(performance, 'now', () => now);
  t.mock.method(process, 'cpuUsage', () => ({ user: processMs * 1000, system: 0 }));
  const watch = watchStart(100, () => () => share);
  t.mock.timers.tick(49);
  assert.equal(watch.used(), undefined);
  t.mock.timers.tick(1);
  [now, processMs] = [50, 40];
  assert.equal(watch.used(), 30);
  share = 0;
  assert.equal(watch.used(), 80, 'none is always busy');
  processMs = 5;
  assert.equal(watch.used(), 10, 'nor is the process');
  const over = watchStart(100, () => assert.fail('it is over'));
  over.stop();
  t.mock.timers.tick(100);
});

test('leastShare: of the threads that never sleep the one that got least', () => {
  const before = new Map([
    ['turn', { at: 0, ran: 10, waited: 0 }],
    ['other', { at: 0, ran: 0, waited: 5 }],
    ['sleeper', { at: 0, ran: 0, waited: 0 }],
  ]);
  const after = new Map([
    ['turn', { at: 100, ran: 40, waited: 65 }],
    ['other', { at: 100, ran: 95, waited: 9 }],
    ['sleeper', { at: 100, ran: 1, waited: 1 }],
    ['new', { at: 100, ran: 0, waited: 0 }],
  ]);
  assert.equal(leastShare(before, after), 0.3);
  assert.equal(leastShare(before, new Map([['sleeper', { at: 100, ran: 1, waited: 1 }]])), 0);
  assert.equal(leastShare(before, new Map([['begun since', { at: 100, ran: 81, waited: 10 }]])), 0.81);
});
