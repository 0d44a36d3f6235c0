import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSharing } from './op-values.ts';

test('withoutSharing: a copy of views on shared memory, nothing for the memory itself, all else as it is', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7);
  const copy = withoutSharing(shared.subarray(1, 3)) as Uint8Array;
  shared.fill(0);
  assert.ok(copy.buffer instanceof ArrayBuffer);
  assert.deepEqual([...copy], [7, 7]);
  assert.deepEqual(withoutSharing(new DataView(shared.buffer, 0, 2)), new Uint8Array(2));
  assert.equal(withoutSharing(shared.buffer), undefined);
  const own = new Uint8Array(1);
  for (const value of [own, own.buffer, 'text', 1, null, undefined]) assert.equal(withoutSharing(value), value);
});
