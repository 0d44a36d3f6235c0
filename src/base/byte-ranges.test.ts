import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteRange } from './byte-ranges.ts';

test('parseByteRange: one range, within the bytes there are', () => {
  assert.deepEqual(parseByteRange('bytes=0-0', 10), { start: 0, end: 0 });
  assert.deepEqual(parseByteRange('bytes=2-', 10), { start: 2, end: 9 });
  assert.deepEqual(parseByteRange('Bytes = 2 - 400', 10), { start: 2, end: 9 });
  assert.deepEqual(parseByteRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseByteRange('bytes=-30', 10), { start: 0, end: 9 });
});

test('parseByteRange: "none" where no byte can be given', () => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) assert.equal(parseByteRange(header, 10), 'none', header);
  for (const header of ['bytes=0-', 'bytes=-1']) assert.equal(parseByteRange(header, 0), 'none', header);
});

test('parseByteRange: "all" for what is to be ignored', () => {
  for (const header of ['', 'bytes', 'bytes=', 'bytes=-', 'lines=1-2', 'bytes=2-1', 'bytes=0-1,3-4', 'bytes=a-b', `bytes=${'9'.repeat(400)}-`, 'bytes=-1-'])
    assert.equal(parseByteRange(header, 10), 'all', header);
});
