import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import './testing/chunks.ts';
import { Post, Request } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { CompressionStream, DecompressionStream } from './compression.ts';
import { type FakeHost, fakeHost, turn } from './testing/fake-host.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

const writerOf = (stream: CompressionStream | DecompressionStream) =>
  stream.writable.getWriter() as unknown as { write(chunk: unknown): Promise<void>; close(): Promise<void>; abort(): Promise<void> };
const readerOf = (stream: CompressionStream | DecompressionStream) =>
  stream.readable.getReader() as unknown as { read(): Promise<{ done: boolean; value: Uint8Array }>; cancel(): Promise<void> };
/** Format, direction, input's length and whether it was the last, of every call. */
const calls = (): unknown[] =>
  host.calls.map(([, , , , format, decompresses, bytes, last]) => [format, decompresses, (bytes as Uint8Array | null)?.length ?? null, last]);

describe('CompressionStream', () => {
  test('a short body is one call', async () => {
    const stream = new CompressionStream('gzip');
    const writer = writerOf(stream);
    const reading = readerOf(stream).read();
    void writer.write(new Uint8Array(100));
    void writer.write(new Uint8Array(10).buffer);
    void writer.close();
    await turn();
    assert.deepEqual(calls(), [['gzip', 0, 110, 1]]);
    host.answer(Request.codec, new Uint8Array([1, 2]), 0);
    assert.deepEqual((await reading).value, new Uint8Array([1, 2]));
  });
  test('long input goes in parts, each after the one before', async () => {
    const stream = new CompressionStream('deflate');
    readerOf(stream)
      .read()
      .catch(() => undefined);
    void writerOf(stream).write(new Uint8Array(600_000));
    for (let i = 0; i < 3; i++) {
      await turn();
      host.answer(Request.codec, null, 0);
    }
    await turn();
    assert.deepEqual(calls(), [
      ['deflate', 0, 262_144, 0],
      ['deflate', 0, 262_144, 0],
      ['deflate', 0, 75_712, 0],
    ]);
  });
  test('a chunk may be changed once it is written', async () => {
    const stream = new CompressionStream('gzip');
    const reader = readerOf(stream);
    void reader.read();
    const writer = writerOf(stream);
    const chunk = new Uint8Array([7]);
    await writer.write(chunk);
    chunk[0] = 0;
    void writer.close();
    await turn();
    assert.deepEqual((host.calls[0] as unknown[])[6], new Uint8Array([7]));
  });
  for (const chunk of [undefined, null, 3, {}, [1], new Uint8Array(new SharedArrayBuffer(1))]) {
    test(`refuses ${String(chunk)} of type ${typeof chunk}`, async () => {
      const stream = new CompressionStream('gzip');
      const reading = readerOf(stream).read();
      await assert.rejects(writerOf(stream).write(chunk), TypeError);
      await assert.rejects(reading, TypeError);
    });
  }
  test('takes text as UTF-8', async () => {
    const stream = new CompressionStream('gzip');
    const writer = writerOf(stream);
    await writer.write('hé');
    void writer.close();
    await turn();
    assert.deepEqual((host.calls[0] as unknown[])[6], new Uint8Array([104, 195, 169]));
  });
  test('the global scope has no streams at work', async () => {
    const stream = new CompressionStream('gzip');
    enterEvent(0);
    const reading = readerOf(stream).read();
    await assert.rejects(writerOf(stream).write(new Uint8Array(1)), /global scope/);
    await assert.rejects(reading);
  });
});

describe('DecompressionStream', () => {
  test('output is asked for ahead of its reader, some parts and no more', async () => {
    const stream = new DecompressionStream('deflate-raw');
    const reader = readerOf(stream);
    const first = reader.read();
    const written = writerOf(stream).write(new Uint8Array(10));
    await turn();
    host.answer(Request.codec, new Uint8Array(5), 1);
    assert.equal((await first).value.length, 5);
    for (let part = 1; part <= 16; part++) {
      await turn();
      assert.deepEqual(calls()[part], ['deflate-raw', 1, null, 0]);
      host.answer(Request.codec, new Uint8Array(6), 1);
    }
    await turn();
    assert.equal(host.calls.length, 17, 'nobody reads');
    assert.equal((await reader.read()).value.length, 6);
    await turn();
    host.answer(Request.codec, null, 0);
    await written;
    assert.equal(host.calls.length, 18);
  });
  test('writing and closing need no reader', async () => {
    const stream = new CompressionStream('gzip');
    const writer = writerOf(stream);
    await writer.write(new Uint8Array(100));
    const closed = writer.close();
    await turn();
    host.answer(Request.codec, new Uint8Array(9), 0);
    await closed;
    assert.equal((await readerOf(stream).read()).value.length, 9);
  });
  test('bad data is a TypeError on both sides', async () => {
    const stream = new DecompressionStream('gzip');
    const reading = readerOf(stream).read();
    const writing = writerOf(stream).write(new Uint8Array(10));
    await turn();
    host.fail(Request.codec, 'TypeError', 'incorrect header check');
    await assert.rejects(reading, TypeError);
    await assert.rejects(writing, TypeError);
  });
  test('a cancelled stream is given back', async () => {
    const stream = new DecompressionStream('gzip');
    const reader = readerOf(stream);
    void reader.read();
    void writerOf(stream).write(new Uint8Array(10));
    await turn();
    host.answer(Request.codec, new Uint8Array(1), 1);
    await turn();
    await reader.cancel();
    await turn();
    const number = (host.calls[0] as unknown[])[3];
    assert.ok(host.posts.some((post) => post[0] === Post.codecClose && post[2] === number));
    assert.equal(host.calls.length, 2);
  });
});

describe('Web IDL', () => {
  test('the format is an enumeration', () => {
    for (const format of ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd']) assert.ok(new CompressionStream(format));
    for (const format of ['GZIP', '', 'br', undefined]) assert.throws(() => new DecompressionStream(format), TypeError);
    assert.throws(() => Reflect.construct(CompressionStream, []), TypeError);
  });
  test('getters are branded', () => {
    const getter = Object.getOwnPropertyDescriptor(CompressionStream.prototype, 'readable')?.get;
    assert.throws(() => getter?.call(new DecompressionStream('gzip')), TypeError);
    assert.equal(Object.prototype.toString.call(new CompressionStream('gzip')), '[object CompressionStream]');
  });
});
