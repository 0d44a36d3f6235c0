import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { fixedLengthOf, ReadableStream } from './readable-stream.ts';
import { FixedLengthStream, IdentityTransformStream } from './identity-transform-stream.ts';
import { createTransformStream, isTransformStream, transformPair, TransformStream, TransformStreamDefaultController } from './transform-stream.ts';

type Controller = { enqueue(chunk?: unknown): void; error(reason?: unknown): void; terminate(): void; desiredSize: number | null };
type Result = { value: unknown; done: boolean };
type Reader = { read(view?: unknown): Promise<Result>; closed: Promise<undefined>; cancel(reason?: unknown): Promise<undefined> };

const boom = new Error('boom');
const isBoom = (reason: unknown): boolean => reason === boom;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const readerOf = (stream: TransformStream, options?: object): Reader => stream.readable.getReader(options) as unknown as Reader;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('constructor: converts its arguments as Web IDL says', () => {
  assert.throws(() => new TransformStream(null), TypeError);
  assert.throws(() => new TransformStream({ transform: 1 }), TypeError);
  assert.throws(() => new TransformStream({ readableType: 'bytes' }), RangeError);
  assert.throws(() => new TransformStream({ writableType: 'bytes' }), RangeError);
  assert.throws(() => new TransformStream({}, { highWaterMark: -1 }), RangeError);
  assert.throws(() => new TransformStream({}, {}, { highWaterMark: NaN }), RangeError);
  assert.throws(
    () =>
      new TransformStream({
        start: () => {
          throw boom;
        },
      }),
    isBoom,
  );
  assert.throws(() => new (TransformStreamDefaultController as unknown as new () => object)(), TypeError);
  assert.throws(() => Reflect.get(TransformStream.prototype, 'readable', {}), TypeError);
  assert.equal(TransformStream.length, 0);
});

test('without a transformer: passes chunks and the end', async () => {
  const stream = new TransformStream();
  const writer = stream.writable.getWriter();
  const reader = readerOf(stream);
  void writer.write('a');
  assert.deepEqual(await reader.read(), { value: 'a', done: false });
  await writer.close();
  assert.deepEqual(await reader.read(), { value: undefined, done: true });
});

test('transform: is called on the transformer, only when the readable side wants chunks', async () => {
  const calls: unknown[] = [];
  const transformer = {
    transform(chunk: unknown, controller: Controller) {
      calls.push([this === transformer, chunk]);
      controller.enqueue(`${chunk}!`);
      controller.enqueue(`${chunk}?`);
    },
    flush(controller: Controller) {
      controller.enqueue('end');
    },
  };
  const stream = new TransformStream(transformer);
  const writer = stream.writable.getWriter();
  const done = Promise.all([writer.write('a'), writer.close()]);
  await settled();
  assert.deepEqual(calls, []);
  const reader = readerOf(stream);
  assert.equal((await reader.read()).value, 'a!');
  assert.equal((await reader.read()).value, 'a?');
  assert.equal((await reader.read()).value, 'end');
  assert.equal((await reader.read()).done, true);
  await done;
  assert.deepEqual(calls, [[true, 'a']]);
});

test('transform: what it throws or rejects with errors both sides', async () => {
  for (const transform of [
    () => {
      throw boom;
    },
    () => Promise.reject(boom),
  ]) {
    const stream = new TransformStream({ transform });
    const writer = stream.writable.getWriter();
    const closed = assert.rejects(writer.closed, isBoom);
    const read = assert.rejects(readerOf(stream).read(), isBoom);
    await assert.rejects(writer.write(1), isBoom);
    await read;
    await closed;
  }
});

test('flush: a failure rejects close and errors the readable side', async () => {
  const stream = new TransformStream({
    flush: () => {
      throw boom;
    },
  });
  const reader = readerOf(stream);
  await assert.rejects(stream.writable.close(), isBoom);
  await assert.rejects(reader.closed, isBoom);
});

test('abort: cancels the transformer and errors the readable side with the reason', async () => {
  const reasons: unknown[] = [];
  const stream = new TransformStream({ cancel: (reason: unknown) => void reasons.push(reason) });
  await stream.writable.abort(boom);
  assert.deepEqual(reasons, [boom]);
  await assert.rejects(readerOf(stream).read(), isBoom);
});

test('cancel: cancels the transformer and errors the writable side with the reason', async () => {
  const reasons: unknown[] = [];
  const stream = new TransformStream({ cancel: (reason: unknown) => void reasons.push(reason) });
  const writer = stream.writable.getWriter();
  const closed = assert.rejects(writer.closed, isBoom);
  await readerOf(stream).cancel(boom);
  assert.deepEqual(reasons, [boom]);
  await closed;
  await assert.rejects(writer.write(1), isBoom);
});

test('cancel: a failure of the transformer rejects it', async () => {
  const stream = new TransformStream({ cancel: () => Promise.reject(boom) });
  const writer = stream.writable.getWriter();
  const closed = assert.rejects(writer.closed, isBoom);
  await assert.rejects(readerOf(stream).cancel('why'), isBoom);
  await closed;
});

test('controller: error errors both sides; terminate closes one and errors the other', async () => {
  let controller: Controller | undefined;
  const failing = new TransformStream({ start: (c: Controller) => void (controller = c) });
  controller?.error(boom);
  await assert.rejects(readerOf(failing).read(), isBoom);
  await assert.rejects(failing.writable.getWriter().closed, isBoom);
  assert.equal(controller?.desiredSize, null);
  assert.throws(() => controller?.enqueue(1), TypeError);

  const ending = new TransformStream({ start: (c: Controller) => (c.enqueue('last'), c.terminate()) }, undefined, { highWaterMark: 1 });
  const reader = readerOf(ending);
  assert.equal((await reader.read()).value, 'last');
  assert.equal((await reader.read()).done, true);
  await assert.rejects(ending.writable.getWriter().closed, TypeError);
});

test('controller: enqueue throws what the readable size throws, and errors both sides', async () => {
  let caught: unknown;
  const stream = new TransformStream(
    {
      start: (c: Controller) => {
        try {
          c.enqueue(1);
        } catch (error) {
          caught = error;
        }
      },
    },
    undefined,
    {
      size: () => {
        throw boom;
      },
      highWaterMark: 1,
    },
  );
  assert.equal(caught, boom);
  await assert.rejects(stream.writable.getWriter().closed, isBoom);
});

test('createTransformStream: gives its algorithms a control of their own', async () => {
  const stream = createTransformStream({ transform: (chunk, control) => control.enqueue(`<${chunk}>`), flush: (control) => control.enqueue('end') });
  assert.equal(isTransformStream(stream), true);
  assert.equal(transformPair(stream).readable, stream.readable);
  const writer = stream.writable.getWriter();
  void writer.write('a');
  void writer.close();
  const reader = readerOf(stream);
  assert.equal((await reader.read()).value, '<a>');
  assert.equal((await reader.read()).value, 'end');
  assert.equal((await reader.read()).done, true);
});

test('IdentityTransformStream: a write is done when its bytes are read; the writer keeps its buffer', async () => {
  const stream = new IdentityTransformStream();
  assert.equal(stream instanceof TransformStream, true);
  const writer = stream.writable.getWriter();
  const chunk = bytes(1, 2);
  let isWritten = false;
  const written = writer.write(chunk).then(() => (isWritten = true));
  await settled();
  assert.equal(isWritten, false);
  const reader = readerOf(stream);
  assert.deepEqual((await reader.read()).value, bytes(1, 2));
  await written;
  assert.equal(chunk.byteLength, 2);
  void writer.write(bytes(7).buffer);
  assert.deepEqual((await reader.read()).value, bytes(7));
  await writer.close();
  assert.equal((await reader.read()).done, true);
});

test('IdentityTransformStream: its readable side takes BYOB reads, to the end', async () => {
  const stream = new IdentityTransformStream();
  const writer = stream.writable.getWriter();
  const reader = readerOf(stream, { mode: 'byob' });
  void writer.write(bytes(1, 2, 3));
  assert.deepEqual((await reader.read(new Uint8Array(2))).value, bytes(1, 2));
  assert.deepEqual((await reader.read(new Uint8Array(2))).value, bytes(3));
  const end = reader.read(new Uint8Array(2));
  await writer.close();
  assert.deepEqual(await end, { value: new Uint8Array(0), done: true });
});

test('IdentityTransformStream: refuses what is no bytes', async () => {
  for (const chunk of [1, {}, null]) {
    const stream = new IdentityTransformStream();
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write(chunk), { name: 'TypeError', message: /^This TransformStream is being used as a byte stream/ });
    await assert.rejects(readerOf(stream).read(), TypeError);
  }
});

test('IdentityTransformStream: takes text as UTF-8, and undefined as nothing', async () => {
  const stream = new IdentityTransformStream({ highWaterMark: 10 });
  const writer = stream.writable.getWriter();
  const written = [writer.write(undefined), writer.write(''), writer.write('hé')];
  assert.equal(writer.desiredSize, 7);
  assert.deepEqual(await readerOf(stream).read(), { value: new Uint8Array([104, 195, 169]), done: false });
  await Promise.all(written);
  await assert.rejects(new FixedLengthStream(2).writable.getWriter().write('hé'), TypeError);
});

test('IdentityTransformStream: highWaterMark counts bytes', async () => {
  const writer = new IdentityTransformStream({ highWaterMark: 10 }).writable.getWriter();
  writer.write(bytes(1, 2, 3)).catch(() => {});
  assert.equal(writer.desiredSize, 7);
  assert.equal(new IdentityTransformStream({ highWaterMark: 5n }).writable.getWriter().desiredSize, 5);
});

test('IdentityTransformStream: abort and cancel do not wait for a read', async () => {
  const aborted = new IdentityTransformStream();
  const one = aborted.writable.getWriter();
  one.closed.catch(() => {});
  const write = assert.rejects(one.write(bytes(1)), isBoom);
  await one.abort(boom);
  await write;
  await assert.rejects(readerOf(aborted).read(), isBoom);
  const cancelled = new IdentityTransformStream();
  const two = cancelled.writable.getWriter();
  two.closed.catch(() => {});
  const other = assert.rejects(two.write(bytes(1)), isBoom);
  await settled();
  await readerOf(cancelled).cancel(boom);
  await other;
});

test('FixedLengthStream: passes exactly as many bytes as promised', async () => {
  const stream = new FixedLengthStream(3);
  assert.equal(fixedLengthOf(stream.readable), 3);
  assert.equal(fixedLengthOf(new IdentityTransformStream().readable), undefined);
  const writer = stream.writable.getWriter();
  const reader = readerOf(stream);
  void writer.write(bytes(1, 2));
  await reader.read();
  void writer.write(bytes(3));
  await reader.read();
  await writer.close();
  assert.equal((await reader.read()).done, true);
});

test('FixedLengthStream: too many or too few bytes error both sides', async () => {
  const long = new FixedLengthStream(1n).writable.getWriter();
  long.closed.catch(() => {});
  await assert.rejects(long.write(bytes(1, 2)), TypeError);
  const short = new FixedLengthStream(1);
  const reader = readerOf(short);
  await assert.rejects(short.writable.close(), TypeError);
  await assert.rejects(reader.read(), TypeError);
  for (const length of [-1, NaN, {}, 2 ** 60]) assert.throws(() => new FixedLengthStream(length), TypeError);
  assert.throws(() => Reflect.construct(FixedLengthStream, []), TypeError);
});

test('expectedLength: a source or a transformer tells how long its stream is', () => {
  assert.equal(fixedLengthOf(new ReadableStream({ expectedLength: 10 })), 10);
  assert.equal(fixedLengthOf(new ReadableStream({ type: 'bytes', expectedLength: 10n })), 10);
  assert.equal(fixedLengthOf(new TransformStream({ expectedLength: 3 }).readable), 3);
  assert.equal(fixedLengthOf(new ReadableStream({})), undefined);
  for (const expectedLength of [-1, Number.NaN, 'text', 2 ** 60]) assert.throws(() => new ReadableStream({ expectedLength }), TypeError);
});
