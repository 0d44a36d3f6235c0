import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { isPlain } from './frame-scan.ts';

const address = { product: 'kv', group: 'shop', id: 'carts' };

/** What V8 writes for a list of `count`, and no more than its head. */
const announced = (count: number): Buffer => {
  const number: number[] = [];
  for (let left = count; left >= 1; left = Math.floor(left / 128)) number.push((left % 128) + (left >= 128 ? 128 : 0));
  return Buffer.from([0x41, ...number]);
};

test('isPlain: what processes of this server send each other', () => {
  const object = { key: 'k', content: { value: new Uint8Array([1, 2, 3]) }, custom: { ä: '😀', 7: 'seven' }, size: 2 ** 40, ratio: -0.5, when: -3, none: null };
  const bytes = [Buffer.from('three'), new Float64Array([1.5])];
  for (const messages of [
    [],
    [['badge']],
    [1, 2, 3].map((call) => [call, address, 'put', ['key', 'täxt 😀', undefined, 3, null, true]]),
    [[1, address, 'put', [object, ...bytes]]],
    // What may have holes goes another way, even if it has none.
    new Array<unknown>(300).fill([1, address, 'put', new Array<unknown>(2).fill('key')]),
    [
      [1, address, 'put', [address, [address]]],
      [2, [[address]], 'put', []],
    ],
    [[1, address, 'delete', [Array.from({ length: 1000 }, (_, i) => `key ${i}`)]]],
  ]) {
    const frame = serialize(messages);
    assert.equal(isPlain(frame), true, JSON.stringify(messages));
    for (let length = 0; length < frame.length; length++) assert.equal(isPlain(frame.subarray(0, length)), false);
    assert.equal(isPlain(Buffer.concat([frame, Buffer.of(0)])), false);
  }
});

test('isPlain: nothing else', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  let shared: unknown[] = [];
  for (let i = 0; i < 40; i++) shared = [shared, shared];
  const nested = Array.from({ length: 17 }).reduce<unknown[]>((inner) => [inner], []);
  const holes = [1];
  holes.length = 2 ** 32 - 1;
  const hole = ['a', 'b'];
  hole[3] = 'd';
  const named = Object.assign([1], { name: 'value' });
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
  const values = [
    1n,
    new Map(),
    new Set(),
    new Date(),
    /a/,
    new Error('e'),
    new ArrayBuffer(3),
    new Number(3),
    cycle,
    shared,
    nested,
    holes,
    hole,
    named,
    many,
  ];
  for (const value of values) assert.equal(isPlain(serialize([value])), false, String(Object.prototype.toString.call(value)));
  assert.equal(isPlain(serialize({})), false);
  assert.equal(isPlain(serialize('list')), false);
});

test('isPlain: a list is as long as it says', () => {
  const head = serialize(null).subarray(0, 2);
  const padding = Buffer.alloc(200_000, 'T');
  // V8 makes room for each of these at once: a gigabyte for a fifth of a megabyte.
  assert.equal(isPlain(Buffer.concat([head, ...Array.from({ length: 10 }, () => announced(100_000)), padding])), false);
  assert.equal(isPlain(Buffer.concat([head, announced(2 ** 32 - 1), padding])), false);
});

test('isPlain: no more objects than a list of calls has', () => {
  const head = serialize(null).subarray(0, 2);
  const list = (count: number): Buffer =>
    Buffer.concat([head, announced(count), Buffer.alloc(count * 3, 'o{\0', 'latin1'), Buffer.of(0x24, 0), announced(count).subarray(1)]);
  assert.deepEqual(
    deserialize(list(200)),
    Array.from({ length: 200 }, () => ({})),
  );
  assert.equal(isPlain(list(200_000)), true);
  assert.equal(isPlain(list(600_000)), false);
});

test('isPlain: any bytes at all', () => {
  const frame = serialize([[1, address, 'put', ['key', 'value', Buffer.from('bytes'), { a: [1, 2.5] }]]]);
  for (let at = 0; at < frame.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const changed = Buffer.from(frame);
      changed[at] = byte;
      isPlain(changed);
    }
  }
});
