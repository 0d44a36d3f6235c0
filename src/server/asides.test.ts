import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Asides } from './asides.ts';

test('asides: an app returns when nothing was heard for a while, and a new version at once', () => {
  const clock = new ManualClock();
  const returned: string[] = [];
  const asides = new Asides(clock, (app) => returned.push(app));
  assert.deepEqual([asides.add('a'), asides.add('b'), asides.has('a'), asides.has('c')], [true, true, true, false]);
  clock.advance(200_000);
  assert.equal(asides.add('a'), false);
  clock.advance(100_000);
  assert.deepEqual([returned, asides.has('a'), asides.has('b')], [['b'], true, false]);
  asides.forget('a');
  assert.equal(asides.has('a'), false);
  clock.advance(1_000_000);
  assert.deepEqual(returned, ['b']);
  assert.equal(asides.add('a'), true);
  asides.dispose();
  clock.advance(1_000_000);
  assert.deepEqual(returned, ['b']);
});
