import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { countResizableBuffers, setBufferLimit } from './resizable-buffers.ts';

const original = ArrayBuffer;
const { resize, transfer } = ArrayBuffer.prototype;
const scope: { ArrayBuffer?: typeof ArrayBuffer } = {};
countResizableBuffers(scope);
const Counting = scope.ArrayBuffer as typeof ArrayBuffer;
setBufferLimit(1000);

after(() => {
  for (const [name, value] of Object.entries({ resize, transfer, constructor: original })) {
    Object.defineProperty(original.prototype, name, { value, writable: true, configurable: true });
  }
});

const kept: ArrayBuffer[] = [];

test('making: buffers that can be resized share one limit', () => {
  kept.push(new Counting(600, { maxByteLength: 5000 }));
  assert.throws(() => new Counting(600, { maxByteLength: 600 }), RangeError);
  kept.push(new Counting(300, { maxByteLength: 5000 }));
});

test('growing: counts what is added, shrinking frees', () => {
  const [first, second] = kept as [ArrayBuffer, ArrayBuffer];
  assert.throws(() => second.resize(500), RangeError);
  first.resize(100);
  second.resize(500);
  assert.equal(second.byteLength, 500);
  assert.throws(() => second.resize({ valueOf: () => 950 } as unknown as number), RangeError);
});

test('transfer: the new buffer is counted', () => {
  const [, second] = kept as [ArrayBuffer, ArrayBuffer];
  const moved = second.transfer();
  assert.equal(moved.resizable, true);
  assert.throws(() => moved.resize(950), RangeError);
  assert.equal(second.detached, true);
});

test('fixed buffers are none of its business', () => {
  assert.equal(new Counting(10_000).byteLength, 10_000);
  assert.equal(new Counting(10_000).transfer(5).byteLength, 5);
});

test('shape: as the original', () => {
  assert.equal(Counting.name, 'ArrayBuffer');
  assert.equal(Counting.length, 1);
  assert.equal(Counting.prototype, original.prototype);
  assert.equal(Counting.isView(new Uint8Array()), true);
  assert.equal(new Counting(1) instanceof Counting, true);
  assert.equal(new Uint8Array(2).buffer.constructor, Counting);
  assert.equal(new (class extends Counting {})(4, { maxByteLength: 8 }).resizable, true);
  assert.throws(() => (Counting as unknown as () => void)(), TypeError);
  assert.equal(Counting[Symbol.species], Counting);
});
