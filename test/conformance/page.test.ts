import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformancePage } from './page.ts';
import { percentage } from './report.ts';

test('percentage: rounds down, so that only a whole is 100', () => {
  assert.deepEqual([percentage(9999, 10_000), percentage(99_999, 100_000), percentage(3, 3), percentage(0, 0)], ['99.99 %', '99.99 %', '100.00 %', '-']);
});

test('conformancePage: shares are of all that anyone reported', () => {
  const page = conformancePage({ plain: { 'fetch/other': { runs: 3, passed: 3, subtests: 6, errors: 0 } }, server: {} });
  assert.match(page, /\| fetch\/other \| 3 \| 30 \| 3 \| \*\*10\.00 %\*\* \|/);
});
