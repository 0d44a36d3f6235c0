import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorLine } from './error-line.ts';

test('errorLine: leaves no colon before or behind nothing', () => {
  assert.equal(errorLine({ name: 'TypeError', message: 'no' }), 'TypeError: no');
  assert.equal(errorLine({ name: '', message: 'thrown text' }), 'thrown text');
  assert.equal(errorLine({ name: 'Error', message: '' }), 'Error');
});
