import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonText } from './json-text.ts';

const VALUES = [null, true, 1.5, 'a "b"\n', [], {}, [1, [2, { a: undefined, b: [undefined] }]], { 'a"': { b: [] }, c: null }];

test('jsonText: is what JSON.stringify makes', () => {
  for (const value of VALUES) assert.equal(jsonText(value), JSON.stringify(value));
});

test('jsonText: asks no toJSON that an app has given all objects', () => {
  const expected = VALUES.map((value) => JSON.stringify(value));
  const forged = (): string => 'forged';
  for (const prototype of [Object.prototype, Array.prototype] as Record<string, unknown>[]) {
    Object.defineProperty(prototype, 'toJSON', { value: forged, configurable: true });
    try {
      assert.deepEqual(VALUES.map(jsonText), expected);
    } finally {
      delete prototype['toJSON'];
    }
  }
  Object.setPrototypeOf(
    Array.prototype,
    new Proxy({}, { get: (_target, name) => (name === 'toJSON' ? forged : Reflect.get(Object.prototype, name)), has: () => false }),
  );
  try {
    assert.equal(jsonText([1, [2]]), '[1,[2]]');
  } finally {
    Object.setPrototypeOf(Array.prototype, Object.prototype);
  }
});
