import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { enqueueWithSize, newQueue, peek, push, resetQueue, shift } from './queue.ts';
import { ensureRejected, newSettlement, promiseOf, renew, settle } from './settlement.ts';

test('queue: gives values back in order and keeps the total', () => {
  const queue = newQueue<string>();
  push(queue, 'a', 2);
  enqueueWithSize(queue, 'b', 3);
  assert.equal(queue.total, 5);
  assert.equal(peek(queue), 'a');
  assert.equal(shift(queue), 'a');
  assert.equal(queue.total, 3);
  assert.equal(shift(queue), 'b');
  push(queue, 'c', 1);
  assert.equal(queue.length, 1);
  assert.equal(shift(queue), 'c');
});

test('queue: refuses sizes that are no finite, non-negative number', () => {
  const queue = newQueue<number>();
  for (const size of [NaN, -1, Infinity, -Infinity]) assert.throws(() => enqueueWithSize(queue, 1, size), RangeError);
  assert.equal(queue.length, 0);
});

test('queue: the total never falls below 0 by rounding', () => {
  const queue = newQueue<number>();
  push(queue, 1, 0.1);
  push(queue, 2, 0.2);
  push(queue, 3, 0.3);
  shift(queue);
  shift(queue);
  shift(queue);
  assert.ok(queue.total >= 0);
});

test('queue: is empty after a reset', () => {
  const queue = newQueue<number>();
  push(queue, 1, 1);
  resetQueue(queue);
  assert.deepEqual(queue, { head: undefined, tail: undefined, length: 0, total: 0 });
});

test('queue: setters on Object.prototype see nothing', () => {
  const seen: unknown[] = [];
  for (const key of ['value', 'next', 'head', '0'])
    Object.defineProperty(Object.prototype, key, Object.assign(Object.create(null), { set: (v: unknown) => seen.push(v), configurable: true }));
  try {
    const queue = newQueue<number>();
    push(queue, 1, 1);
    push(queue, 2, 1);
    shift(queue);
  } finally {
    for (const key of ['value', 'next', 'head', '0']) delete (Object.prototype as Record<string, unknown>)[key];
  }
  assert.deepEqual(seen, []);
});

test('settlement: a promise made before and one made after the resolution both resolve', async () => {
  const early = newSettlement();
  const promise = promiseOf(early);
  settle(early);
  assert.equal(await promise, undefined);
  const late = newSettlement();
  settle(late);
  assert.equal(await promiseOf(late), undefined);
  assert.equal(promiseOf(late), promiseOf(late));
});

test('settlement: ensureRejected rejects the pending promise and replaces a settled one', async () => {
  const pending = newSettlement();
  const promise = promiseOf(pending);
  ensureRejected(pending, 'why');
  assert.equal(promiseOf(pending), promise);
  await assert.rejects(promise, (reason) => reason === 'why');
  const settled = newSettlement();
  settle(settled);
  const old = promiseOf(settled);
  ensureRejected(settled, 'why');
  assert.notEqual(promiseOf(settled), old);
  await old;
  await assert.rejects(promiseOf(settled), (reason) => reason === 'why');
});

test('settlement: renew makes it pending again, with another promise', async () => {
  const it = newSettlement();
  settle(it);
  const old = promiseOf(it);
  renew(it);
  const fresh = promiseOf(it);
  assert.notEqual(fresh, old);
  settle(it);
  await fresh;
});

test('settlement: a listener runs once, after the resolution, and not after a rejection', async () => {
  const it = newSettlement();
  let calls = 0;
  it.listener = () => calls++;
  settle(it);
  assert.equal(calls, 0);
  await undefined;
  assert.equal(calls, 1);
  renew(it);
  it.listener = () => calls++;
  ensureRejected(it, 'why');
  await undefined;
  assert.equal(calls, 1);
});
