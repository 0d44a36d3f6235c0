import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Trigger, TriggerResult } from '../protocol/engine.ts';
import { EventRunner, type TriggerEngine } from './event-runner.ts';

const trigger: Trigger = { kind: 'scheduled', app: 'a', cron: '* * * * *', scheduledTime: 0 };
const engine = (name: string, asked: string[], result: TriggerResult | undefined): TriggerEngine => ({
  trigger: async () => {
    asked.push(name);
    return result;
  },
});

test('run: engines take turns', async () => {
  const asked: string[] = [];
  const engines = [engine('one', asked, { outcome: 'ok' }), engine('two', asked, { outcome: 'exception' })];
  const runner = new EventRunner({ clock: new ManualClock(), engines: () => engines });
  assert.deepEqual([await runner.run(trigger, 0), await runner.run(trigger, 0)], [{ outcome: 'ok' }, { outcome: 'exception' }]);
  assert.deepEqual(asked, ['one', 'two']);
});

test('run: another engine is asked when one dies, and no third', async () => {
  const asked: string[] = [];
  const engines = ['one', 'two', 'three'].map((name) => engine(name, asked, undefined));
  const runner = new EventRunner({ clock: new ManualClock(), engines: () => engines });
  assert.equal((await runner.run(trigger, 0)).outcome, 'engineDied');
  assert.deepEqual(asked, ['one', 'two']);
});

test('run: waits for an engine, for a bounded time', async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  let engines: TriggerEngine[] = [];
  const runner = new EventRunner({ clock, engines: () => engines });
  const first = runner.run(trigger, 1000);
  engines = [engine('late', asked, { outcome: 'ok' })];
  clock.advance(100);
  assert.equal((await first).outcome, 'ok');
  engines = [];
  assert.equal((await runner.run(trigger, 0)).outcome, 'noEngine');
});
