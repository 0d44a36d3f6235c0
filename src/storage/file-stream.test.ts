import assert from 'node:assert/strict';
import { fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileStream } from './file-stream.ts';

const CHUNK = 256 * 1024;

function fileOf(t: TestContext, bytes: Buffer): number {
  const dir = mkdtempSync(join(tmpdir(), 'nano-file-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'file'), bytes);
  return openSync(join(dir, 'file'), 'r');
}

/** Four chunks, each of another byte. */
const BYTES = Buffer.concat([1, 2, 3, 4].map((value) => Buffer.alloc(CHUNK, value)));

test('a stream nobody has said anything about gives chunks alone in their memory', async (t) => {
  const chunks: Buffer[] = [];
  for await (const chunk of new FileStream(fileOf(t, BYTES), 10, CHUNK + 10) as AsyncIterable<Buffer>) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(BYTES.subarray(10, CHUNK + 20)));
  for (const chunk of chunks) assert.equal(chunk.buffer.byteLength, chunk.length);
});

test('startRecycling: memory that came back is filled again, and only then', async (t) => {
  const stream = new FileStream(fileOf(t, BYTES), 0, BYTES.length - 5);
  stream.startRecycling();
  const memory = new Set<ArrayBufferLike>();
  const seen: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    seen.push(Buffer.from(chunk));
    memory.add(chunk.buffer);
    stream.recycle(chunk);
  }
  assert.ok(Buffer.concat(seen).equals(BYTES.subarray(0, -5)));
  assert.ok(memory.size < 4);
  const kept = new FileStream(fileOf(t, BYTES), 0, BYTES.length);
  kept.startRecycling();
  const chunks: Buffer[] = [];
  for await (const chunk of kept as AsyncIterable<Buffer>) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(BYTES));
});

test('destroy: closes the file once the read under way is over', async (t) => {
  const fd = fileOf(t, BYTES);
  const stream = new FileStream(fd, 0, BYTES.length);
  stream.read(0);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy();
  assert.ok(fstatSync(fd).isFile());
  await closed;
  assert.throws(() => fstatSync(fd), { code: 'EBADF' });
});

test('a file that is shorter than it was breaks the stream', async (t) => {
  const stream = new FileStream(fileOf(t, BYTES), CHUNK * 3, CHUNK * 2);
  await assert.rejects(async () => {
    for await (const chunk of stream) assert.ok(chunk);
  }, /shorter/);
});
