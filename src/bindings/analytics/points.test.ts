import assert from 'node:assert/strict';
import test from 'node:test';
import { COLUMNS, readPoint } from './points.ts';

const NOW = 1_700_000_000_500;

test('readPoint: fills up what is missing, and reads bytes as text', () => {
  const row = readPoint(['index', 2, 'one', new TextEncoder().encode('two'), 1.5, Number.NaN], NOW);
  assert.equal(row?.length, COLUMNS.length);
  assert.deepEqual(row?.slice(0, 5), [1_700_000_000, 'index', 'one', 'two', '']);
  assert.deepEqual(row?.slice(22, 25), [1.5, 0, 0]);
});

test('readPoint: an empty point is one', () => {
  assert.equal(readPoint([null, 0], NOW)?.[1], '');
});

test('readPoint: what an isolate of good will does not send is no point', () => {
  for (const args of [
    [],
    ['i', -1],
    ['i', 1.5],
    ['i', 21],
    ['i', '1', 'a'],
    ['i', 1, {}],
    [{}, 0],
    ['i', 0, '1'],
    ['i', 0, ...Array.from({ length: 21 }, () => 1)],
    ['x'.repeat(97), 0],
    ['i', 2, 'x'.repeat(16_000), 'x'],
    ['i', 1_000_000_000],
  ])
    assert.equal(readPoint(args, NOW), undefined);
});
