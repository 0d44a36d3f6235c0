import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppOpenings, Openings } from './openings.ts';

function takeAll(app: AppOpenings): (() => void)[] {
  const closes: (() => void)[] = [];
  for (;;) {
    try {
      closes.push(app.take());
    } catch {
      return closes;
    }
  }
}

test('one app has a half at most, the next a third of what there was, and so on', () => {
  const openings = new Openings({ limit: 1264, reserved: 200 });
  assert.equal(openings.room, 1000);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => takeAll(openings.of(name)).length),
    [500, 250, 125, 63],
  );
  assert.equal(openings.free, 62);
});

test('take: says what is wrong, and takes again once something was closed; to close twice is to close once', () => {
  const openings = new Openings({ limit: 68 });
  const app = openings.of('a');
  const [first] = takeAll(app);
  assert.throws(() => app.take(), { name: 'Error', message: 'Too many connections and files are open at the same time.' });
  first?.();
  first?.();
  assert.equal(app.count, 1);
  assert.equal(openings.free, 3);
  app.take();
  assert.throws(() => app.take());
});

test('enter: a connection that is there already counts for its app, and not twice', () => {
  const openings = new Openings({ limit: 74 });
  const app = openings.of('a');
  for (let i = 0; i < 4; i++) {
    openings.count(1);
    assert.ok(app.enter());
  }
  assert.deepEqual([app.count, openings.free], [4, 6]);
  openings.count(1);
  assert.ok(app.enter());
  openings.count(1);
  assert.equal(app.enter(), false);
  app.leave();
  openings.count(-1);
  assert.ok(app.enter());
});

test('however many are free, an app has no more than twenty thousand', () => {
  const openings = new Openings({ limit: Number.POSITIVE_INFINITY });
  assert.equal(takeAll(openings.of('a')).length, 20_000);
});

test('refusals are told once in a while for each app', () => {
  const told: string[] = [];
  let now = 0;
  const openings = new Openings({ limit: 66, onRefused: (app, detail) => told.push(`${app}: ${detail}`), now: () => now });
  openings.count(1);
  const app = openings.of('a');
  app.take();
  for (let i = 0; i < 3; i++) assert.throws(() => app.take());
  assert.throws(() => openings.of('b').take());
  now += 10_000;
  assert.throws(() => app.take());
  const detail = 'connections and files open at the same time, of 2 for all apps';
  assert.deepEqual(told, [`a: 1 ${detail}`, `b: 0 ${detail}`, `a: 1 ${detail}`]);
});
