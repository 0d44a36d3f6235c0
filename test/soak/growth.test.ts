import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grown, table } from './growth.ts';
import type { Size, Sizes } from './processes.ts';

const size = (residentMb: number, descriptors = 20): Size => ({ processes: 1, residentMb, descriptors });
const sizes = (engine: number, store: number, descriptors = 20): Sizes =>
  new Map([
    ['engine', size(engine)],
    ['store', size(store, descriptors)],
  ]);

test('growth: none where all swings about the same', () => {
  assert.deepEqual(grown([sizes(900, 100), sizes(950, 120), sizes(880, 90), sizes(940, 110)]), []);
});

test('growth: an engine that grows while it lives is told, though each was young at first', () => {
  assert.deepEqual(grown([sizes(900, 100), sizes(1100, 100), sizes(900, 100), sizes(1100, 100)]), ['engine: memory has grown by 200 MB']);
});

test('growth: what lives on is compared over the whole time', () => {
  assert.deepEqual(grown([sizes(900, 100), sizes(900, 110, 25), sizes(900, 170), sizes(900, 190, 60)]), [
    'store: memory has grown by 75 MB',
    'store: descriptors have grown by 18',
  ]);
});

test('growth: the table names each kind of process and the whole', () => {
  assert.equal(
    table([sizes(900, 100)]),
    ['MB/descriptors', 'engine              900/20', 'store               100/20', 'all                1000/40'].join('\n'),
  );
});
