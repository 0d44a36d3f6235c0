import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Blobs, blobPath, newBlobName } from './blobs.ts';
import { HotBlobs } from './hot-blobs.ts';
import type { MemoryStream } from './memory-stream.ts';

const MB = 1024 * 1024;

function setUp(t: TestContext, bound: number) {
  const dir = mkdtempSync(join(tmpdir(), 'nano-hot-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const hot = new HotBlobs(bound);
  const blobs = new Blobs(dir, 'normal', { hot });
  const add = (bytes: Uint8Array): string => {
    const name = newBlobName();
    const path = blobPath(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return name;
  };
  const readTwice = async (name: string, length: number): Promise<void> => {
    for (let time = 0; time < 2; time++) await buffer(await blobs.open(name, 0, length));
    await hot.filling;
  };
  return { dir, hot, blobs, add, readTwice };
}

const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 255);

test('what is read twice is in memory from then on, whole and in parts', async (t) => {
  const { dir, hot, blobs, add, readTwice } = setUp(t, 8 * MB);
  const bytes = pattern(MB + 5);
  const name = add(bytes);
  await readTwice(name, bytes.length);
  assert.equal(hot.bytes, bytes.length);
  // As its file is gone it can come from nowhere else.
  rmSync(blobPath(dir, name));
  assert.ok((await buffer(await blobs.open(name, 0, bytes.length))).equals(bytes));
  assert.ok((await buffer(await blobs.open(name, 300_000, 400_000))).equals(bytes.subarray(300_000, 700_000)));
  await assert.rejects(blobs.open(name, 0, bytes.length + 1), { code: 'ENOENT' });
});

test('what is read once, or in parts, is not kept', async (t) => {
  const { hot, blobs, add } = setUp(t, 8 * MB);
  const bytes = pattern(MB);
  const names = [add(bytes), add(bytes)] as const;
  await buffer(await blobs.open(names[0], 0, bytes.length));
  for (let time = 0; time < 3; time++) await buffer(await blobs.open(names[1], 10, 100));
  assert.equal(hot.filling, undefined);
  assert.equal(hot.bytes, 0);
});

test('what a reader does to its chunks is seen by nobody else', async (t) => {
  const { blobs, add, readTwice } = setUp(t, 8 * MB);
  const bytes = pattern(MB);
  const name = add(bytes);
  await readTwice(name, bytes.length);
  for await (const chunk of (await blobs.open(name, 0, bytes.length)) as AsyncIterable<Buffer>) {
    assert.equal(chunk.buffer.byteLength, chunk.length);
    chunk.fill(0);
  }
  assert.ok((await buffer(await blobs.open(name, 0, bytes.length))).equals(bytes));
});

test('a socket gets the memory itself', async (t) => {
  const { blobs, add, readTwice } = setUp(t, 8 * MB);
  const bytes = pattern(MB);
  const name = add(bytes);
  await readTwice(name, bytes.length);
  const stream = (await blobs.open(name, 0, bytes.length)) as MemoryStream;
  stream.startRecycling();
  const memory = new Set<ArrayBufferLike>();
  for await (const chunk of stream as AsyncIterable<Buffer>) memory.add(chunk.buffer);
  assert.equal(memory.size, 1);
});

test('what is asked for far more often takes the place of what is not', async (t) => {
  const { dir, hot, blobs, add, readTwice } = setUp(t, 2.5 * MB);
  const bytes = pattern(MB);
  const [old, other, late] = [add(bytes), add(bytes), add(bytes)] as const;
  for (const name of [old, other]) await readTwice(name, bytes.length);
  // In turn with the others it is not.
  for (let round = 0; round < 4; round++) {
    for (const name of [old, other, late]) await buffer(await blobs.open(name, 0, bytes.length));
    assert.equal(hot.filling, undefined);
  }
  for (let time = 0; time < 6; time++) await readTwice(late, bytes.length);
  assert.equal(hot.bytes, 2 * MB);
  for (const name of [old, other, late]) rmSync(blobPath(dir, name));
  assert.ok((await buffer(await blobs.open(late, 0, bytes.length))).equals(bytes));
  await assert.rejects(blobs.open(old, 0, bytes.length), { code: 'ENOENT' });
});

test('what was asked for long ago makes room', async (t) => {
  const { dir, hot, blobs, add, readTwice } = setUp(t, 1.5 * MB);
  const bytes = pattern(MB);
  const [old, late, small] = [add(bytes), add(bytes), add(bytes.subarray(0, 10))] as const;
  for (let time = 0; time < 50; time++) await readTwice(old, bytes.length);
  await readTwice(small, 10);
  for (let time = 0; time < 20_000; time++) hot.read(blobPath(dir, small), 0, 10)?.destroy();
  for (let time = 0; time < 3; time++) await readTwice(late, bytes.length);
  rmSync(blobPath(dir, late));
  assert.ok((await buffer(await blobs.open(late, 0, bytes.length))).equals(bytes));
});

test('readers that take their time keep what they read, and the bound holds', async (t) => {
  const { dir, hot, blobs, add, readTwice } = setUp(t, 2.5 * MB);
  const bytes = pattern(MB);
  const slow = [];
  for (let at = 0; at < 2; at++) {
    const name = add(bytes);
    await readTwice(name, bytes.length);
    slow.push(await blobs.open(name, 0, bytes.length));
  }
  const late = add(bytes);
  for (let time = 0; time < 6; time++) await readTwice(late, bytes.length);
  assert.equal(hot.bytes, 2 * MB);
  for (const stream of slow) assert.ok((await buffer(stream)).equals(bytes));
  await readTwice(late, bytes.length);
  rmSync(blobPath(dir, late));
  assert.ok((await buffer(await blobs.open(late, 0, bytes.length))).equals(bytes));
  assert.equal(hot.bytes, 2 * MB);
});

test('a file that is shorter than it should be is not kept', async (t) => {
  const { hot, blobs, add } = setUp(t, 8 * MB);
  const name = add(pattern(MB));
  for (let time = 0; time < 2; time++) await assert.rejects(buffer(await blobs.open(name, 0, MB + 1)));
  await hot.filling;
  assert.equal(hot.bytes, 0);
});
