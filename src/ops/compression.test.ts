import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Post, Request } from '../protocol/ops.ts';
import { compressionPosts, compressionRequests, MAX_CODECS } from './compression.ts';
import { TestEnd } from './end.fixture.ts';
import { Handles } from './handles.ts';
import type { OpContext } from './op.ts';

type Answer = [bytes: Uint8Array | null, more: 0 | 1];

function isolate() {
  const end = new TestEnd();
  const context = {
    handles: new Handles(),
    event: (id: unknown) => (id === 7 ? { id: 7, atEnd: end.atEnd, ended: end.ended, charge: () => {} } : undefined),
  } as unknown as OpContext;
  const call = async (...args: unknown[]): Promise<Answer> => (await compressionRequests[Request.codec]?.(context, 7, 1, ...args)) as Answer;
  /** Everything that comes of one piece of input that is the last. */
  const whole = async (number: number, format: string, decompresses: 0 | 1, input: Uint8Array): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for (let bytes: Uint8Array | null = input; ; bytes = null) {
      const [chunk, more] = await call(number, format, decompresses, bytes, 1);
      if (chunk !== null) chunks.push(chunk);
      if (more === 0) return Buffer.concat(chunks);
    }
  };
  return { context, call, whole, close: (number: unknown) => compressionPosts[Post.codecClose]?.(context, 7, number), end: () => end.end() };
}

const TEXT = Buffer.from('hello '.repeat(1000));

describe('codec', () => {
  const compressed = {
    gzip: gzipSync(TEXT),
    deflate: deflateSync(TEXT),
    'deflate-raw': deflateRawSync(TEXT),
    brotli: brotliCompressSync(TEXT),
    zstd: zstdCompressSync(TEXT),
  };
  for (const [format, bytes] of Object.entries(compressed)) {
    test(`${format}: there and back`, async () => {
      const { whole } = isolate();
      assert.deepEqual(await whole(1, format, 1, bytes), TEXT);
      assert.deepEqual(await whole(3, format, 1, await whole(2, format, 0, TEXT)), TEXT);
    });
    test(`${format}: what is cut short, empty or followed by more is a TypeError`, async () => {
      const { whole } = isolate();
      await assert.rejects(whole(1, format, 1, bytes.subarray(0, -1)), { name: 'TypeError' });
      await assert.rejects(whole(2, format, 1, new Uint8Array(0)), { name: 'TypeError' });
      await assert.rejects(whole(3, format, 1, Buffer.concat([bytes, Buffer.from([0])])), { name: 'TypeError' });
      await assert.rejects(whole(4, format, 1, Buffer.from('not at all compressed')), { name: 'TypeError' });
    });
  }

  test('what comes out before an error is answered first', async () => {
    const { call } = isolate();
    const [bytes, more] = await call(1, 'gzip', 1, Buffer.concat([compressed.gzip, Buffer.from([1])]), 0);
    assert.equal(bytes?.length, TEXT.length);
    assert.equal(more, 1);
    await assert.rejects(call(1, 'gzip', 1, null, 0), { name: 'TypeError' });
  });

  test('a small input with a huge output comes in pieces, computed when asked for', async () => {
    const { call } = isolate();
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const before = process.memoryUsage.rss();
    const [first, more] = await call(1, 'gzip', 1, bomb.subarray(0, 262_144), 0);
    assert.equal(more, 1);
    assert.ok((first?.length ?? 0) <= 2 * 65_536, `${first?.length} bytes at once`);
    for (let i = 0; i < 20; i++) assert.ok(((await call(1, 'gzip', 1, null, 0))[0]?.length ?? 0) <= 2 * 65_536);
    assert.ok(process.memoryUsage.rss() - before < 32 * 1024 * 1024);
  });

  test('an answer is memory of its own', async () => {
    const { call } = isolate();
    const [bytes] = await call(1, 'gzip', 0, TEXT, 1);
    assert.equal(bytes?.buffer.byteLength, bytes?.byteLength);
    assert.deepEqual(gunzipSync(bytes as Uint8Array), TEXT);
  });
});

describe('bounds', () => {
  test('an isolate holds so many at a time, and closing one makes room', async () => {
    const { call, close } = isolate();
    for (let i = 1; i <= MAX_CODECS; i++) await call(i, 'gzip', 1, compressed(), 0);
    await assert.rejects(call(MAX_CODECS + 1, 'gzip', 1, compressed(), 0), /Too many/);
    close(5);
    await call(MAX_CODECS + 1, 'gzip', 1, compressed(), 0);
  });
  test('a window that is declared counts', async () => {
    const { call } = isolate();
    // WBITS 24 takes 16 MB each.
    for (let i = 1; i <= 3; i++) await call(i, 'brotli', 1, new Uint8Array([0x0f]), 0);
    await assert.rejects(call(4, 'brotli', 1, new Uint8Array([0x0f]), 0), /Too many/);
  });
  test('the end of the event frees what it had', async () => {
    const { call, end, context } = isolate();
    await call(1, 'gzip', 1, compressed(), 0);
    end();
    await assert.rejects(call(1, 'gzip', 1, null, 0), { name: 'TypeError' });
    for (const held of context.handles.values()) (held as { cancel(): void }).cancel();
  });
  test('a number that is gone does not come back', async () => {
    const { call, close } = isolate();
    await call(2, 'gzip', 1, compressed(), 0);
    close(2);
    await assert.rejects(call(2, 'gzip', 1, compressed(), 0), { name: 'TypeError' });
    await assert.rejects(call(1, 'gzip', 1, compressed(), 0), { name: 'TypeError' });
  });
  const compressed = (): Buffer => gzipSync('x').subarray(0, 12);
});

describe('hostile arguments', () => {
  const cases: unknown[][] = [
    [0, 'gzip', 0, null, 0],
    ['1', 'gzip', 0, null, 0],
    [1.5, 'gzip', 0, null, 0],
    [1, 'constructor', 0, null, 0],
    [1, '__proto__', 1, null, 0],
    [1, {}, 0, null, 0],
    [1, 'gzip', 0, 'text', 0],
    [1, 'gzip', 0, undefined, 0],
    [1, 'gzip', 0, new Uint8Array(262_145), 0],
  ];
  for (const args of cases) {
    test(`${args.map((arg) => (arg instanceof Uint8Array ? `${arg.length} bytes` : String(arg))).join(', ')}`, async () => {
      await assert.rejects(isolate().call(...args), { name: 'TypeError' });
    });
  }
  test('two calls at once on one codec', async () => {
    const { call } = isolate();
    const input = new Uint8Array(200_000).map((_, i) => (i * 7919) >> 3);
    const first = call(1, 'gzip', 0, input, 0);
    await assert.rejects(Promise.all([call(1, 'gzip', 0, input, 0), first]), { name: 'TypeError' });
  });
  test('closing nothing', () => {
    const { close } = isolate();
    for (const number of [0, -1, 'x', undefined, {}]) close(number);
  });
});
