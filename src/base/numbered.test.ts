import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Numbered } from './numbered.ts';

const thing = (n: number): { n: number } => ({ n });
const ids = (numbered: Numbered<{ n: number }>): number[] =>
  numbered
    .values()
    .map(({ n }) => n)
    .sort((a, b) => a - b);

test('get: finds what was put under a number, and nothing under any other', () => {
  const numbered = new Numbered<{ n: number }>();
  numbered.set(1, thing(1));
  numbered.set(17, thing(17));
  numbered.set(33, thing(33));
  assert.equal(numbered.get(17)?.n, 17);
  for (const other of [0, -1, 2, 49, 1.5, Number.NaN, '1', 1n, Symbol('1'), null, undefined, {}]) assert.equal(numbered.get(other), undefined, String(other));
  assert.equal(numbered.size, 3);
});

test('set: takes the place of what has the same number', () => {
  const numbered = new Numbered<{ n: number }>();
  numbered.set(5, thing(1));
  numbered.set(5, thing(2));
  assert.equal(numbered.get(5)?.n, 2);
  assert.equal(numbered.size, 1);
});

test('set: has no place for zero', () => {
  const numbered = new Numbered<{ n: number }>();
  assert.throws(() => numbered.set(0, thing(0)), RangeError);
  assert.equal(numbered.size, 0);
});

test('delete: hands out what was there, once; what shares its place is still found', () => {
  const numbered = new Numbered<{ n: number }>();
  for (const n of [15, 31, 16, 47, 32]) numbered.set(n, thing(n));
  assert.equal(numbered.delete(31)?.n, 31);
  assert.equal(numbered.delete(31), undefined);
  for (const n of [15, 16, 47, 32]) assert.equal(numbered.get(n)?.n, n);
  assert.deepEqual(ids(numbered), [15, 16, 32, 47]);
});

test('delete: nothing is lost among many that come and go, as beside a Map', () => {
  const numbered = new Numbered<{ n: number }>();
  const map = new Map<number, object>();
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const n = 1 + random(300) + (round % 3 === 0 ? 4_294_967_296 : 0);
    if (random(2) === 0) {
      const made = thing(n);
      numbered.set(n, made);
      map.set(n, made);
    } else {
      assert.equal(numbered.delete(n), map.get(n));
      map.delete(n);
    }
    assert.equal(numbered.size, map.size);
  }
  for (const [n, made] of map) assert.equal(numbered.get(n), made);
  assert.deepEqual(
    ids(numbered),
    [...map.keys()].sort((a, b) => a - b),
  );
});

test('delete: what is given back after many is found again', () => {
  const numbered = new Numbered<{ n: number }>();
  for (let round = 0; round < 2; round++) {
    for (let n = 1; n <= 5000; n++) numbered.set(n, thing(n));
    for (let n = 1; n <= 5000; n++) assert.equal(numbered.delete(n)?.n, n);
    assert.deepEqual(numbered.values(), []);
  }
});

test('some: asks those that are there', () => {
  const numbered = new Numbered<{ n: number }>();
  assert.equal(
    numbered.some(() => true),
    false,
  );
  numbered.set(3, thing(3));
  assert.equal(
    numbered.some(({ n }) => n === 3),
    true,
  );
  assert.equal(
    numbered.some(({ n }) => n === 4),
    false,
  );
});
