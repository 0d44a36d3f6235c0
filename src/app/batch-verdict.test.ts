import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVerdicts, settlementOf } from './batch-verdict.ts';

const seqs = [10, 11, 12];
/** What is tried again, as "seq:milliseconds". */
const again = (texts: readonly string[], isOk = true, retryDelay = 7): string[] =>
  settlementOf(1, seqs, readVerdicts(texts), isOk, retryDelay).retried.map(({ seq, delayMs }) => `${seq}:${delayMs}`);

test('settlement: nothing said goes by how the handler ended', () => {
  assert.deepEqual(again([]), []);
  assert.deepEqual(again([], false), ['10:7000', '11:7000', '12:7000']);
});

test('settlement: what is said of a message holds against everything else', () => {
  assert.deepEqual(again(['a0'], false), ['11:7000', '12:7000']);
  assert.deepEqual(again(['r1']), ['11:7000']);
  assert.deepEqual(again(['r1:0 A']), ['11:0']);
  assert.deepEqual(again(['a0 a2 R:3']), ['11:3000']);
  assert.deepEqual(again(['r0:60', 'R:5', 'a1']), ['10:60000', '12:5000']);
});

test('settlement: what is said of all holds against how the handler ended', () => {
  assert.deepEqual(again(['A'], false), []);
  assert.deepEqual(again(['R']), ['10:7000', '11:7000', '12:7000']);
});

test('verdicts: the first holds, and nonsense is passed over', () => {
  assert.deepEqual(again(['a0 r0', 'r1 a1', 'A R']), ['11:7000']);
  assert.deepEqual(again(['', 'x', 'a', 'r', 'a9999', 'r-1', 'a0x', 'R:99999999999', 'r1:999999']), ['11:86400000']);
  assert.deepEqual(again(['r1:-5']), ['11:0']);
});
