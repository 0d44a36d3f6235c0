import assert from 'node:assert/strict';
import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { keyOfFile, openValue, seal, sealedLength, sealedSpan, sealValue, unsealed } from './sealing.ts';

const FRAME = 64 * 1024;
const KEY = keyOfFile(createSecretKey(Buffer.alloc(32, 1)), 'ab'.repeat(16));

async function sealedBytes(bytes: Uint8Array, size = bytes.length, key = KEY, chunkBytes = 10_000): Promise<Buffer> {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const wrongLength = (): Error => new Error('wrong length');
  return Buffer.concat(await Array.fromAsync(seal(chunks, { key, size, hashes: [], wrongLength })));
}

async function read(sealed: Uint8Array, size: number, offset = 0, length = size - offset, chunkBytes = 7001): Promise<Buffer> {
  const span = sealedSpan({ offset, length }, size);
  const part = sealed.subarray(span.offset, span.offset + span.length);
  const chunks = [];
  for (let at = 0; at < part.length; at += chunkBytes) chunks.push(part.subarray(at, at + chunkBytes));
  return Buffer.concat(await Array.fromAsync(unsealed(Readable.from(chunks), { key: KEY, offset, length, size }) as AsyncIterable<Buffer>));
}

describe('frames', () => {
  for (const size of [1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 5]) {
    test(`of ${size} bytes come back, whole and in ranges`, async () => {
      const bytes = randomBytes(size);
      const sealed = await sealedBytes(bytes);
      assert.equal(sealed.length, sealedLength(size));
      assert.ok((await read(sealed, size)).equals(bytes));
      const edges = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME, size - 1].filter((at) => at < size);
      for (const from of edges)
        for (const to of [...edges, size].filter((at) => at > from))
          assert.ok((await read(sealed, size, from, to - from)).equals(bytes.subarray(from, to)), `${from} to ${to}`);
    });
  }

  test('chunks that are larger than a frame, and small ones', async () => {
    const bytes = randomBytes(2 * FRAME + 3);
    const sealed = await sealedBytes(bytes, bytes.length, KEY, bytes.length);
    assert.ok(sealed.equals(await sealedBytes(bytes, bytes.length, KEY, 61)));
    assert.ok((await read(sealed, bytes.length, 0, bytes.length, sealed.length)).equals(bytes));
    assert.ok((await read(sealed, bytes.length, 0, bytes.length, 61)).equals(bytes));
  });

  test('digests are of the bytes in the clear', async () => {
    const hash = createHash('md5');
    const bytes = randomBytes(FRAME + 9);
    await Array.fromAsync(seal([bytes], { key: KEY, size: bytes.length, hashes: [hash], wrongLength: () => new Error() }));
    assert.equal(hash.digest('hex'), createHash('md5').update(bytes).digest('hex'));
  });

  test('fewer or more bytes than announced are refused', async () => {
    for (const size of [9, 11, FRAME, FRAME + 1]) await assert.rejects(sealedBytes(Buffer.alloc(10), size), /wrong length/);
  });

  test('equal frames look different, and equal files with different names do', async () => {
    const bytes = Buffer.alloc(2 * FRAME);
    const sealed = await sealedBytes(bytes);
    assert.ok(!sealed.subarray(0, 1000).equals(sealed.subarray(FRAME + 16, FRAME + 16 + 1000)));
    const other = await sealedBytes(bytes, bytes.length, keyOfFile(createSecretKey(Buffer.alloc(32, 1)), 'cd'.repeat(16)));
    assert.ok(!sealed.subarray(0, 1000).equals(other.subarray(0, 1000)));
  });

  test('what was changed, moved, cut off or sealed with another key is not given out', async () => {
    const size = 3 * FRAME;
    const bytes = randomBytes(size);
    const sealed = await sealedBytes(bytes);
    const frames = [0, 1, 2].map((at) => sealed.subarray(at * (FRAME + 16), (at + 1) * (FRAME + 16)));
    const [first, second, third] = frames as [Buffer, Buffer, Buffer];
    const flipped = Buffer.from(sealed);
    flipped[FRAME + 20] = (flipped[FRAME + 20] as number) ^ 1;
    const damaged = { name: 'Error', message: /not those that were stored/ };
    await assert.rejects(read(flipped, size), damaged);
    assert.ok((await read(flipped, size, 0, FRAME)).equals(bytes.subarray(0, FRAME)), 'the frame before is whole');
    await assert.rejects(read(Buffer.concat([second, first, third]), size), damaged);
    await assert.rejects(read(Buffer.concat([first, second]), 2 * FRAME), damaged);
    await assert.rejects(read(sealed.subarray(0, -1), size), damaged);
    await assert.rejects(read(await sealedBytes(bytes, size, Buffer.alloc(32)), size), damaged);
  });

  test('what is read is left as it is', async () => {
    const bytes = randomBytes(FRAME + 100);
    const sealed = await sealedBytes(bytes);
    const before = Buffer.from(sealed);
    await read(sealed, bytes.length);
    assert.ok(sealed.equals(before));
  });
});

describe('values', () => {
  const key = createSecretKey(Buffer.alloc(32, 2));

  test('come back, and look different each time', () => {
    for (const size of [0, 1, 100, FRAME]) {
      const bytes = randomBytes(size);
      const sealed = sealValue(key, bytes);
      assert.deepEqual(Buffer.from(openValue(key, sealed)), bytes);
      assert.ok(!Buffer.from(sealed).equals(sealValue(key, bytes)));
    }
  });

  test('that were changed, or sealed with another key, are not given out', () => {
    const sealed = sealValue(key, Buffer.from('value'));
    for (let at = 0; at < sealed.length; at++)
      assert.throws(
        () =>
          openValue(
            key,
            sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)),
          ),
        /not those that were stored/,
      );
    assert.throws(() => openValue(createSecretKey(Buffer.alloc(32, 3)), sealed), /not those that were stored/);
    assert.throws(() => openValue(key, sealed.subarray(0, 20)), /not those that were stored/);
  });
});
