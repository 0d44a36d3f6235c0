import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Paced } from './paced.ts';

test('paced: what comes alone is done at once, of many things a few at a time, in order', async () => {
  const done: number[] = [];
  const paced = new Paced<number>((item) => done.push(item));
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  paced.push(0);
  assert.deepEqual(done, [0]);
  for (let item = 1; item < 100; item++) paced.push(item);
  const after = [done.length];
  for (let i = 0; i < 3; i++) {
    await tick();
    after.push(done.length);
  }
  // What comes meanwhile comes after it.
  paced.push(100);
  assert.deepEqual(after, [32, 64, 96, 100]);
  await tick();
  assert.deepEqual(
    done,
    Array.from({ length: 101 }, (_, item) => item),
  );
});
