import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestId } from './request-id.ts';

test('requestId: keeps a usable one', () => {
  for (const id of ['a', 'A-b_c.d:1', 'x'.repeat(128)]) assert.equal(requestId(id), id);
});

test('requestId: replaces what may not be one', () => {
  for (const id of ['', ' ', 'a b', 'a\nb', 'ä', '"', '<x>', 'x'.repeat(129)]) assert.notEqual(requestId(id), id);
});

test('requestId: never makes the same twice', () => {
  const made = Array.from({ length: 1000 }, () => requestId(undefined));
  assert.equal(new Set(made).size, 1000);
  for (const id of made) assert.equal(requestId(id), id);
});
