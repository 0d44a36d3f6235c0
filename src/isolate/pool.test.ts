import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { Isolate } from './isolate.ts';
import { IsolatePool } from './pool.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

let snapshot: Snapshot;
before(async () => {
  snapshot = createSnapshot(await runtimeFile(runtimeCacheDir()));
});
/** Ends with its test: it would go on to make spares. */
const setUp = (t: TestContext, size: number): IsolatePool => {
  const pool = new IsolatePool(snapshot, size, 128);
  t.after(() => pool.close());
  return pool;
};

test('take: a spare where its memory limit fits', async (t) => {
  const pool = setUp(t, 1);
  await pool.fill();
  assert.equal(pool.spares, 1);
  const other = await pool.take(64);
  assert.deepEqual([other.wasSpare, other.isolate.memoryMb, pool.spares], [false, 64, 1]);
  const spare = await pool.take(128);
  assert.equal(spare.wasSpare, true);
  other.isolate.dispose();
  spare.isolate.dispose();
});

test('take: spares are made again when the apps have started', async (t) => {
  const pool = setUp(t, 2);
  await pool.fill();
  const taken = await Promise.all([pool.take(128), pool.take(128), pool.take(128)]);
  assert.deepEqual(taken.map((prepared) => prepared.wasSpare).sort(), [false, true, true]);
  for (const { started } of taken) started();
  while (pool.spares < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const { isolate } of taken) isolate.dispose();
});

test('take: spares are not made while an app starts, but for one that takes long', async (t) => {
  const pool = setUp(t, 1);
  await pool.fill();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [first, second] = [await pool.take(128), await pool.take(128)];
  const made = t.mock.method(Isolate.prototype, 'createRealm');
  first.started();
  first.started();
  t.mock.timers.tick(99);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made.mock.callCount(), 0);
  t.mock.timers.tick(1);
  t.mock.timers.tick(2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made.mock.callCount(), 1);
  await pool.fill();
  assert.equal(pool.spares, 1);
  for (const { isolate } of [first, second]) isolate.dispose();
});

test('take: a spare that was lost is passed over', async (t) => {
  const pool = setUp(t, 1);
  await pool.fill();
  const { isolate } = await pool.take(128);
  isolate.dispose();
  await pool.fill();
  const spare = await pool.take(128);
  assert.equal(spare.isolate.isDisposed, false);
  spare.isolate.dispose();
});

test('fill: twice at once makes no more than the pool holds', async (t) => {
  const pool = setUp(t, 2);
  await Promise.all([pool.fill(), pool.fill(), pool.fill()]);
  assert.equal(pool.spares, 2);
});

test('close: a spare being made goes, too', async (t) => {
  const pool = setUp(t, 1);
  const filling = pool.fill();
  pool.close();
  await filling;
  assert.equal(pool.spares, 0);
});
