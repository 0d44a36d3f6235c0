import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartGate } from './start-gate.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('start gate: so many at a time, in the order they came', async () => {
  const gate = new StartGate(2);
  const begun: number[] = [];
  const starts = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const all = starts.map(({ promise }, at) =>
    gate.run(() => {
      begun.push(at);
      return promise;
    }, 60_000),
  );
  await settled();
  assert.deepEqual(begun, [0, 1]);
  starts[1]?.resolve(1);
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  starts[0]?.reject(new Error('broken'));
  await assert.rejects(all[0] as Promise<number>, { message: 'broken' });
  await settled();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const start of starts) start.resolve(0);
  await Promise.all(all.slice(1));
});

test('start gate: one that takes long makes room', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = new StartGate(1);
  void gate.run(() => new Promise(() => {}), 100);
  let isBegun = false;
  const second = gate.run(async () => {
    isBegun = true;
  }, 100);
  await settled();
  assert.equal(isBegun, false);
  t.mock.timers.tick(100);
  await second;
  assert.equal(isBegun, true);
});
