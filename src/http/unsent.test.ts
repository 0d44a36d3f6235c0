import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unsent } from './unsent.ts';

const response = (): { gaveUp: number; giveUp(): void } => ({
  gaveUp: 0,
  giveUp() {
    this.gaveUp++;
  },
});

test('unsent: what is too much for an app is refused, and other apps do not feel it', () => {
  const unsent = new Unsent(100, () => 0);
  const [a, b, c] = [response(), response(), response()];
  assert.equal(unsent.add('app', a, 60), true);
  assert.equal(unsent.add('app', b, 60), false);
  assert.equal(unsent.add('other', c, 60), true);
  unsent.remove('app', b);
  unsent.remove('app', a);
  assert.equal(unsent.add('app', b, 60), true);
  assert.equal(a.gaveUp + b.gaveUp + c.gaveUp, 0);
});

test('unsent: responses that wait for long make room, the oldest first, and only as many as it takes', () => {
  let now = 0;
  const unsent = new Unsent(100, () => now);
  const [a, b, c, d] = [response(), response(), response(), response()];
  unsent.add('app', a, 40);
  unsent.add('app', b, 40);
  now = 5000;
  assert.equal(unsent.add('app', c, 50), true);
  assert.deepEqual([a.gaveUp, b.gaveUp], [1, 0]);
  assert.equal(unsent.add('app', d, 90), false);
  assert.deepEqual([b.gaveUp, c.gaveUp], [1, 0]);
});

test('unsent: one that is larger than the bound goes where it is alone', () => {
  const unsent = new Unsent(100, () => 0);
  assert.equal(unsent.add('app', response(), 1000), true);
  assert.equal(unsent.add('app', response(), 1), false);
});
