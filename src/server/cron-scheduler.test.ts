import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { folder } from '../../test/support/folder.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Log } from '../observe/log.ts';
import type { AppRecord, TriggerResult } from '../protocol/engine.ts';
import { CronRecord } from './cron-record.ts';
import { CronScheduler } from './cron-scheduler.ts';

const START = Date.parse('2026-01-01T00:00:30Z');
const MINUTE = 60_000;

class Bench {
  readonly clock = new ManualClock();
  readonly runs: string[] = [];
  readonly lines: string[] = [];
  readonly file: string;
  /** What the wall clock is ahead of the steady one. */
  offset = START;
  result: Promise<TriggerResult> = Promise.resolve({ outcome: 'ok' });
  scheduler: CronScheduler;

  constructor(t: TestContext) {
    const dir = folder({});
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    this.file = join(dir, 'crons.json');
    this.scheduler = this.open();
  }

  open(): CronScheduler {
    const warn = (message: string, fields: Record<string, unknown>): void => void this.lines.push(`${message} ${JSON.stringify(fields)}`);
    return new CronScheduler({
      clock: this.clock,
      wallNow: () => this.offset + this.clock.now(),
      record: new CronRecord(this.file, (error) => this.lines.push(error)),
      log: { warn } as unknown as Log,
      run: (app, cron, time) => {
        this.runs.push(`${app} ${cron} ${new Date(time).toISOString().slice(11, 16)}`);
        return this.result;
      },
    });
  }

  /** The server ends, and starts again after some time. */
  restart(milliseconds: number, apps: readonly AppRecord[]): void {
    this.scheduler.stop();
    this.clock.advance(milliseconds);
    this.scheduler = this.open();
    this.scheduler.setApps(apps);
  }

  taken(): string[] {
    return this.runs.splice(0);
  }
}

const app = appRecord('a', { crons: ['* * * * *', '*/5 * * * *'] });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('crons: each tick once, on time, with its own time', (t) => {
  const bench = new Bench(t);
  bench.scheduler.setApps([app]);
  assert.deepEqual(bench.taken(), []);
  bench.clock.advance(30_000);
  assert.deepEqual(bench.taken(), ['a * * * * * 00:01']);
  bench.clock.advance(4 * MINUTE);
  assert.deepEqual(bench.taken(), ['a * * * * * 00:02', 'a * * * * * 00:03', 'a * * * * * 00:04', 'a * * * * * 00:05', 'a */5 * * * * 00:05']);
  bench.scheduler.setApps([app]);
  bench.clock.advance(MINUTE);
  assert.deepEqual(bench.taken(), ['a * * * * * 00:06']);
  bench.scheduler.setApps([]);
  bench.clock.advance(10 * MINUTE);
  assert.deepEqual(bench.taken(), []);
});

test('crons: ticks missed while the server was down are logged and not run, one that is just late is', (t) => {
  const bench = new Bench(t);
  bench.scheduler.setApps([app]);
  bench.clock.advance(30_000);
  bench.taken();
  bench.restart(10 * MINUTE + 20_000, [app]);
  assert.deepEqual(bench.taken(), ['a * * * * * 00:11']);
  const missed = bench.lines.filter((line) => line.startsWith('cron ticks were missed'));
  assert.equal(missed.length, 2);
  assert.match(missed[0] ?? '', /"count":9,"first":"2026-01-01T00:02:00.000Z","last":"2026-01-01T00:10:00.000Z"/);
  assert.match(missed[1] ?? '', /"cron":"\*\/5 \* \* \* \*","count":2/);
  bench.restart(1000, [app]);
  assert.deepEqual(bench.taken(), [], 'nothing twice');
});

test('crons: a run that the end of the server cut off is told of, and not repeated', async (t) => {
  const bench = new Bench(t);
  bench.result = new Promise(() => {});
  bench.scheduler.setApps([app]);
  bench.clock.advance(30_000);
  bench.taken();
  bench.restart(1000, [app]);
  await settle();
  assert.deepEqual(bench.taken(), []);
  assert.match(bench.lines.join('\n'), /cut off when the server ended.*00:01:00/);
});

test('crons: a run that is still going does not hold up the next, and is logged', async (t) => {
  const bench = new Bench(t);
  let finish: (result: TriggerResult) => void = () => {};
  bench.result = new Promise((resolve) => {
    finish = resolve;
  });
  bench.scheduler.setApps([appRecord('a', { crons: ['* * * * *'] })]);
  bench.clock.advance(30_000 + MINUTE);
  assert.equal(bench.taken().length, 2);
  assert.match(bench.lines.join('\n'), /an earlier one is still going/);
  finish({ outcome: 'exception', error: 'Error: no' });
  await settle();
  assert.match(bench.lines.join('\n'), /a cron run failed.*"outcome":"exception"/);
});

test('crons: a clock that is set back runs nothing twice; far back, it counts from there', (t) => {
  const bench = new Bench(t);
  bench.scheduler.setApps([appRecord('a', { crons: ['* * * * *'] })]);
  bench.clock.advance(3 * MINUTE);
  bench.taken();
  bench.offset -= 2 * MINUTE;
  bench.clock.advance(2 * MINUTE);
  assert.deepEqual(bench.taken(), []);
  bench.clock.advance(MINUTE);
  assert.deepEqual(bench.taken(), ['a * * * * * 00:04']);
  bench.offset -= 24 * 60 * MINUTE;
  bench.clock.advance(2 * MINUTE);
  assert.match(bench.lines.join('\n'), /the clock was set back/);
  assert.ok(bench.taken().length > 0);
});

test('crons: a clock that is set forward misses what lies between', (t) => {
  const bench = new Bench(t);
  bench.scheduler.setApps([appRecord('a', { crons: ['* * * * *'] })]);
  bench.offset += 365 * 24 * 60 * MINUTE;
  bench.clock.advance(MINUTE);
  assert.equal(bench.taken().length, 1);
  assert.match(bench.lines.join('\n'), /cron ticks were missed.*or more/);
});

test('crons: an app that is not ready is left out, with a line', (t) => {
  const bench = new Bench(t);
  bench.scheduler.setApps([appRecord('a', { crons: ['* * * * *'], state: 'quarantined' })]);
  bench.clock.advance(MINUTE);
  assert.deepEqual(bench.taken(), []);
  assert.match(bench.lines.join('\n'), /the app is not ready/);
});

test('a tick is on disk before it is run', (t) => {
  const bench = new Bench(t);
  const written: unknown[] = [];
  bench.scheduler.stop();
  const record = new CronRecord(bench.file, () => {});
  bench.scheduler = new CronScheduler({
    clock: bench.clock,
    wallNow: () => bench.offset + bench.clock.now(),
    record,
    log: { warn: () => {} } as unknown as Log,
    run: (name, cron) => {
      written.push(new CronRecord(bench.file, () => {}).get(name, cron));
      return bench.result;
    },
  });
  bench.scheduler.setApps([appRecord('a', { crons: ['* * * * *'] })]);
  bench.clock.advance(MINUTE);
  assert.deepEqual(written, [{ last: START + MINUTE / 2, running: true }]);
  bench.scheduler.stop();
});
