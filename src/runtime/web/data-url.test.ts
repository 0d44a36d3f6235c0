import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { processDataUrl } from './data-url.ts';

const run = (url: string): [string, number[]] | null => {
  const data = processDataUrl(url);
  return data === null ? null : [data.mimeType, [...data.body]];
};

test('process: type, default type and bytes', () => {
  assert.deepEqual(run('data:,X'), ['text/plain;charset=US-ASCII', [88]]);
  assert.deepEqual(run('data:;charset=x,X'), ['text/plain;charset=x', [88]]);
  assert.deepEqual(run('data:image/PNG ,%ff%zz'), ['image/png', [255, 37, 122, 122]]);
  assert.deepEqual(run('data:nonsense,'), ['text/plain;charset=US-ASCII', []]);
});

test('process: base64, forgivingly', () => {
  assert.deepEqual(run('data:;base64,WA'), ['text/plain;charset=US-ASCII', [88]]);
  assert.deepEqual(run('data:text/plain;  BASE64,W%20A=%3D'), ['text/plain', [88]]);
  assert.deepEqual(run('data:;base64;,WA'), ['text/plain', [87, 65]]);
});

test('process: failures', () => {
  assert.equal(run('data:X'), null);
  assert.equal(run('data:;base64,WA='), null);
  assert.equal(run('data:;base64,W'), null);
});
