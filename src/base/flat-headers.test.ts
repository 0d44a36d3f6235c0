import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flatHeader, withFlatHeader } from './flat-headers.ts';

test('flatHeader: finds a name among names only, and joins its values', () => {
  const headers = 'accept\nrange\nrange\nbytes=0-1\nx\n\nx\ntwo';
  assert.equal(flatHeader(headers, 'range'), 'bytes=0-1');
  assert.equal(flatHeader(headers, 'accept'), 'range');
  assert.equal(flatHeader(headers, 'x'), ', two');
  assert.equal(flatHeader(headers, 'bytes=0-1'), undefined);
  assert.equal(flatHeader('', 'x'), undefined);
  assert.equal(flatHeader('x', 'x'), undefined);
});

test('withFlatHeader: comes behind those that are there', () => {
  assert.equal(withFlatHeader('', 'content-length', 3), 'content-length\n3');
  assert.equal(withFlatHeader('a\nb', 'content-length', '3'), 'a\nb\ncontent-length\n3');
});
