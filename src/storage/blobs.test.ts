import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { blobPath, Blobs } from './blobs.ts';

const MiB = 1024 * 1024;
const tooLarge = (): Error => new Error('too large');

function setUp(t: TestContext, fsync: 'full' | 'normal' = 'full'): { dir: string; blobs: Blobs } {
  const dir = mkdtempSync(join(tmpdir(), 'nano-blobs-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return { dir, blobs: new Blobs(dir, fsync) };
}

const files = (dir: string): string[] => readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));

async function all(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Bytes that tell where they are. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + (at >> 8)) & 255;
  return bytes;
}

for (const fsync of ['full', 'normal'] as const) {
  test(`write: chunks of any size come back as they were, with fsync "${fsync}"`, async (t) => {
    const { blobs } = setUp(t, fsync);
    const bytes = pattern(3 * MiB + 17);
    const chunks = [bytes.subarray(0, 5), bytes.subarray(5, 5), bytes.subarray(5, 2 * MiB + 9), bytes.subarray(2 * MiB + 9)];
    const { name, size, digests } = await blobs.write(chunks, ['md5', 'sha256'], bytes.length, tooLarge);
    assert.equal(size, bytes.length);
    assert.equal(Buffer.from(digests['md5'] as Uint8Array).toString('hex'), createHash('md5').update(bytes).digest('hex'));
    assert.equal(Buffer.from(digests['sha256'] as Uint8Array).toString('hex'), createHash('sha256').update(bytes).digest('hex'));
    assert.ok((await all(blobs.read(name))).equals(bytes));
    assert.ok((await all(await blobs.open(name, MiB - 3, MiB))).equals(bytes.subarray(MiB - 3, 2 * MiB - 3)));
  });
}

test('write: nothing is left of a body that is too large, or fails', async (t) => {
  const { dir, blobs } = setUp(t);
  await assert.rejects(blobs.write([Buffer.alloc(10), Buffer.alloc(10)], [], 15, tooLarge), { message: 'too large' });
  const failing = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.alloc(2 * MiB);
    throw new Error('broken off');
  };
  await assert.rejects(blobs.write(failing(), ['md5'], 10 * MiB, tooLarge), { message: 'broken off' });
  assert.deepEqual(files(dir), []);
});

test('open: what is open is read to its end after it was removed', async (t) => {
  const { dir, blobs } = setUp(t);
  const bytes = pattern(MiB);
  const { name } = await blobs.write([bytes], [], MiB, tooLarge);
  const stream = await blobs.open(name, 0, MiB);
  await blobs.remove([name]);
  assert.deepEqual(files(dir), []);
  assert.ok((await all(stream)).equals(bytes));
  await assert.rejects(blobs.open(name, 0, MiB), { code: 'ENOENT' });
});

test('sweep: removes what is old and not wanted', async (t) => {
  const { dir, blobs } = setUp(t);
  const [wanted, old, fresh] = await Promise.all(['a', 'b', 'c'].map(async (text) => (await blobs.write([Buffer.from(text)], [], 1, tooLarge)).name));
  for (const name of [wanted, old]) utimesSync(blobPath(dir, name as string), 1000, 1000);
  assert.equal(await blobs.sweep(2_000_000, (name) => name === wanted), 1);
  assert.deepEqual(files(dir).sort(), [wanted, fresh].sort());
});

test('blobPath: only names of blobs', () => {
  for (const name of ['', '../x', 'a'.repeat(31), 'G'.repeat(32)]) assert.throws(() => blobPath('/dir', name));
});
