import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { atob, btoa, decodeBase64, encodeBase64 } from './base64.ts';
import { DOMException } from './dom-exception.ts';

const invalid = (error: unknown): boolean => error instanceof DOMException && error.name === 'InvalidCharacterError' && error.code === 5;

test('btoa: pads to four characters and refuses what is not Latin-1', () => {
  assert.deepEqual(['', 'f', 'fo', 'foo', 'foob'].map(btoa), ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==']);
  assert.equal(btoa('\xff\xfe\xfb'), '//77');
  assert.equal(btoa(null), 'bnVsbA==');
  assert.throws(() => btoa('\u0100'), invalid);
  assert.throws(() => (btoa as (...args: unknown[]) => void)(), TypeError);
});

test('atob: forgives spaces and missing padding, nothing else', () => {
  assert.equal(atob(' Z\tm\n9\fv\r'), 'foo');
  assert.equal(atob('Zg'), 'f');
  assert.equal(atob('Zg= ='), 'f');
  assert.equal(atob('Zm8'), 'fo');
  assert.equal(atob('Zh=='), 'f');
  assert.equal(atob(12), '×');
  for (const input of ['a', 'ab=', 'ab===', 'abcd=', 'abcd====', '=', '====', 'ab=c', 'a-b_', 'é', 'ab\u000b', '\u0161abc', 'abc\u0141'])
    assert.throws(() => atob(input), invalid, input);
});

test('decodeBase64, encodeBase64: are each other’s inverse at every length', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length) & 255);
    assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
  }
});
