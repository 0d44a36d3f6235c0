import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeArgument } from './time-argument.ts';

test('timeArgument: whole milliseconds that a date can be', () => {
  assert.equal(timeArgument('86400000'), 86_400_000);
  assert.equal(timeArgument('-8640000000000000'), -8.64e15);
  for (const text of ['soon', '1.5', '9e15', '-9e15', 'Infinity']) assert.equal(timeArgument(text), undefined, text);
});

test('timeArgument: now, where nothing is said', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 5 });
  assert.equal(timeArgument(null), 5);
  assert.equal(timeArgument(''), 5);
});
