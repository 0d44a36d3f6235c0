import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { ReadableStreamDefaultController } from './default-controller.ts';
import { ReadableStreamDefaultReader } from './default-reader.ts';
import {
  acquireReadableStreamDefaultReader,
  createReadableByteStream,
  createReadableStream,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  ReadableStream,
  readableStreamCancel,
  readableStreamCloseController,
  readableStreamEnqueue,
  readableStreamErrorController,
} from './readable-stream.ts';
import { readInternal, releaseReader } from './reader.ts';
import { ByteLengthQueuingStrategy, CountQueuingStrategy } from './strategies.ts';

type Controller = { enqueue(chunk?: unknown): void; close(): void; error(reason?: unknown): void; desiredSize: number | null };
type Reader = {
  read(): Promise<{ value: unknown; done: boolean }>;
  closed: Promise<undefined>;
  cancel(reason?: unknown): Promise<undefined>;
  releaseLock(): void;
};

/** Lets every microtask that is due, and those they make, run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const boom = new Error('boom');
const isBoom = (reason: unknown): boolean => reason === boom;

/** A stream with its controller in hand. */
function controlled(source: object = {}, strategy?: object): { stream: ReadableStream; controller: Controller } {
  let controller: unknown;
  const stream = new ReadableStream(Object.assign({ start: (c: unknown) => void (controller = c) }, source), strategy);
  return { stream, controller: controller as Controller };
}
const readerOf = (stream: ReadableStream): Reader => stream.getReader() as unknown as Reader;

async function all(stream: ReadableStream): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream as unknown as AsyncIterable<unknown>) chunks.push(chunk);
  return chunks;
}

test('constructor: converts its arguments as Web IDL says', () => {
  assert.throws(() => new ReadableStream(null), TypeError);
  assert.throws(() => new ReadableStream(1), TypeError);
  assert.throws(() => new ReadableStream({ type: 'nonsense' }), TypeError);
  assert.throws(() => new ReadableStream({ pull: 1 }), TypeError);
  assert.throws(() => new ReadableStream({}, { highWaterMark: -1 }), RangeError);
  assert.throws(() => new ReadableStream({}, { highWaterMark: NaN }), RangeError);
  assert.throws(() => new ReadableStream({}, { size: 1 }), TypeError);
  assert.throws(() => new ReadableStream({ type: 'bytes' }, { size: () => 1 }), RangeError);
  assert.throws(() => new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 }), TypeError);
  assert.throws(
    () =>
      new ReadableStream({
        start: () => {
          throw boom;
        },
      }),
    isBoom,
  );
});

test('constructor: reads the members of the source in lexicographical order, after the strategy', () => {
  const seen: string[] = [];
  const spy = (name: string): object => new Proxy({}, { get: (_, key) => void seen.push(`${name}.${String(key)}`) });
  new ReadableStream(spy('source'), spy('strategy'));
  assert.deepEqual(seen, [
    'strategy.highWaterMark',
    'strategy.size',
    'source.autoAllocateChunkSize',
    'source.cancel',
    'source.expectedLength',
    'source.pull',
    'source.start',
    'source.type',
  ]);
});

test('interface: has the shape Web IDL gives it', () => {
  assert.equal(ReadableStream.length, 0);
  assert.equal(ReadableStream.from.length, 1);
  assert.equal(ReadableStream.prototype.pipeTo.length, 1);
  assert.equal(ReadableStream.prototype.getReader.length, 0);
  assert.equal(Object.prototype.toString.call(new ReadableStream()), '[object ReadableStream]');
  assert.deepEqual(Object.keys(ReadableStream.prototype).sort(), ['cancel', 'getReader', 'locked', 'pipeThrough', 'pipeTo', 'tee', 'values']);
  assert.equal((ReadableStream.prototype as unknown as Record<symbol, unknown>)[Symbol.asyncIterator], ReadableStream.prototype.values);
  assert.throws(() => new (ReadableStreamDefaultController as unknown as new () => object)(), TypeError);
  assert.throws(() => Reflect.get(ReadableStream.prototype, 'locked', {}), TypeError);
});

test('promise-returning members reject, and never throw, on a wrong receiver', async () => {
  await assert.rejects(Reflect.apply(ReadableStream.prototype.cancel, undefined, []), TypeError);
  await assert.rejects(Reflect.apply(ReadableStream.prototype.pipeTo, {}, []), TypeError);
  await assert.rejects(Reflect.apply(ReadableStreamDefaultReader.prototype.read, null, []), TypeError);
  await assert.rejects(Reflect.get(ReadableStreamDefaultReader.prototype, 'closed', {}) as Promise<unknown>, TypeError);
});

test('read: gives what is queued, in order, then the end', async () => {
  const { stream, controller } = controlled();
  controller.enqueue('a');
  controller.enqueue('b');
  controller.close();
  const reader = readerOf(stream);
  assert.deepEqual(await reader.read(), { value: 'a', done: false });
  assert.deepEqual(await reader.read(), { value: 'b', done: false });
  assert.deepEqual(await reader.read(), { value: undefined, done: true });
  await reader.closed;
});

test('read: waits for chunks that come later, first come first served', async () => {
  const { stream, controller } = controlled();
  const reader = readerOf(stream);
  const reads = [reader.read(), reader.read(), reader.read()];
  controller.enqueue(1);
  controller.enqueue(2);
  controller.close();
  assert.deepEqual(await Promise.all(reads), [
    { value: 1, done: false },
    { value: 2, done: false },
    { value: undefined, done: true },
  ]);
});

test('error: drops what is queued and rejects reads, closed and cancel', async () => {
  const { stream, controller } = controlled();
  const reader = readerOf(stream);
  const pending = reader.read();
  controller.error(boom);
  await assert.rejects(pending, isBoom);
  await assert.rejects(reader.read(), isBoom);
  await assert.rejects(reader.closed, isBoom);
  await assert.rejects(reader.cancel(), isBoom);
  assert.equal(controller.desiredSize, null);
  assert.throws(() => controller.enqueue(1), TypeError);
  assert.throws(() => controller.close(), TypeError);
  controller.error('again, which does nothing');
  await assert.rejects(reader.closed, isBoom);
});

test('start: a rejection errors the stream, and pull waits for it', async () => {
  let pulls = 0;
  let go: (value?: unknown) => void = () => {};
  const waiting = new ReadableStream({ start: () => new Promise((resolve) => (go = resolve)), pull: () => void pulls++ });
  await settled();
  assert.equal(pulls, 0);
  go();
  await settled();
  assert.equal(pulls, 1);
  assert.equal(waiting.locked, false);
  await assert.rejects(readerOf(new ReadableStream({ start: () => Promise.reject(boom) })).read(), isBoom);
});

test('pull: is called while chunks are wanted, one at a time, and once more if asked meanwhile', async () => {
  let pulls = 0;
  const { stream, controller } = controlled({ pull: () => (pulls++, pulls === 1 ? new Promise(() => {}) : undefined) }, { highWaterMark: 2 });
  await settled();
  assert.equal(pulls, 1);
  const reader = readerOf(stream);
  void reader.read();
  controller.enqueue(1);
  await settled();
  assert.equal(pulls, 1);

  let rounds = 0;
  const again = new ReadableStream({ pull: (c: Controller) => void (rounds++, c.enqueue(rounds)) }, { highWaterMark: 3 });
  await settled();
  assert.equal(rounds, 3);
  assert.equal(isReadableStream(again), true);
});

test('pull: what it throws or rejects with errors the stream', async () => {
  await assert.rejects(
    readerOf(
      new ReadableStream({
        pull: () => {
          throw boom;
        },
      }),
    ).read(),
    isBoom,
  );
  await assert.rejects(readerOf(new ReadableStream({ pull: () => Promise.reject(boom) })).read(), isBoom);
});

test('methods of the source are called on it, with the controller', async () => {
  const calls: unknown[] = [];
  const source = {
    start(c: unknown) {
      calls.push([this, c instanceof ReadableStreamDefaultController]);
    },
    pull(c: unknown) {
      calls.push([this, c instanceof ReadableStreamDefaultController]);
    },
    cancel(reason: unknown) {
      calls.push([this, reason]);
    },
  };
  const stream = new ReadableStream(source);
  await settled();
  await stream.cancel('why');
  assert.deepEqual(calls, [
    [source, true],
    [source, true],
    [source, 'why'],
  ]);
});

test('size: what it throws, and what is no size, errors the stream and is thrown by enqueue', async () => {
  const { stream, controller } = controlled(
    {},
    {
      size: () => {
        throw boom;
      },
    },
  );
  assert.throws(() => controller.enqueue(1), isBoom);
  await assert.rejects(readerOf(stream).read(), isBoom);
  for (const size of [NaN, -1, Infinity]) {
    const it = controlled({}, { size: () => size });
    assert.throws(() => it.controller.enqueue(1), RangeError);
    await assert.rejects(readerOf(it.stream).closed, RangeError);
  }
});

test('desiredSize: is the high water mark less what is queued', async () => {
  const { stream, controller } = controlled({}, new ByteLengthQueuingStrategy({ highWaterMark: 10 }));
  controller.enqueue(new Uint8Array(4));
  assert.equal(controller.desiredSize, 6);
  await readerOf(stream).read();
  assert.equal(controller.desiredSize, 10);
  const counted = controlled({}, new CountQueuingStrategy({ highWaterMark: 1 }));
  counted.controller.enqueue('a');
  counted.controller.enqueue('b');
  assert.equal(counted.controller.desiredSize, -1);
  await counted.stream.cancel();
  assert.equal(counted.controller.desiredSize, 0);
});

test('strategies: require a high water mark and do not check it', () => {
  assert.throws(() => new CountQueuingStrategy(undefined), TypeError);
  assert.throws(() => new ByteLengthQueuingStrategy({}), TypeError);
  assert.equal(new CountQueuingStrategy({ highWaterMark: -4 }).highWaterMark, -4);
  assert.equal(new CountQueuingStrategy({ highWaterMark: 1 }).size, new CountQueuingStrategy({ highWaterMark: 2 }).size);
  assert.equal(new ByteLengthQueuingStrategy({ highWaterMark: 1 }).size.name, 'size');
});

test('cancel: hands on the reason, ends reads, and resolves with undefined when the source is done', async () => {
  const reasons: unknown[] = [];
  const { stream, controller } = controlled({ cancel: (reason: unknown) => (reasons.push(reason), Promise.resolve('ignored')) });
  controller.enqueue('dropped');
  const reader = readerOf(stream);
  await reader.read();
  const pending = reader.read();
  await assert.rejects(stream.cancel(), TypeError);
  assert.equal(await reader.cancel('why'), undefined);
  assert.deepEqual(reasons, ['why']);
  assert.deepEqual(await pending, { value: undefined, done: true });
  assert.equal(await reader.cancel('twice'), undefined);
  assert.throws(() => controller.enqueue(1), TypeError);
});

test('cancel: rejects with what the source throws, leaving the stream closed', async () => {
  const stream = new ReadableStream({
    cancel: () => {
      throw boom;
    },
  });
  await assert.rejects(stream.cancel(), isBoom);
  assert.deepEqual(await readerOf(stream).read(), { value: undefined, done: true });
});

test('getReader: locks; a second reader is refused; mode must be byob, on byte streams', () => {
  const stream = new ReadableStream();
  readerOf(stream);
  assert.equal(stream.locked, true);
  assert.throws(() => stream.getReader(), TypeError);
  assert.throws(() => new ReadableStream().getReader({ mode: 'byob' }), TypeError);
  assert.throws(() => new ReadableStream().getReader({ mode: 'other' }), TypeError);
  assert.throws(() => new ReadableStreamDefaultReader({} as never), TypeError);
  assert.throws(() => Reflect.construct(ReadableStreamDefaultReader, []), TypeError);
});

test('releaseLock: rejects pending reads and closed, and leaves chunks to the next reader', async () => {
  const { stream, controller } = controlled();
  const reader = readerOf(stream);
  const pending = reader.read();
  const closed = reader.closed;
  reader.releaseLock();
  reader.releaseLock();
  await assert.rejects(pending, TypeError);
  await assert.rejects(closed, TypeError);
  assert.equal(reader.closed, closed);
  await assert.rejects(reader.read(), TypeError);
  await assert.rejects(reader.cancel(), TypeError);
  controller.enqueue('kept');
  assert.deepEqual(await readerOf(stream).read(), { value: 'kept', done: false });
});

test('closed: is replaced by a rejected promise when the lock on a finished stream is released', async () => {
  const { stream, controller } = controlled();
  controller.close();
  const reader = readerOf(stream);
  const { closed } = reader;
  await closed;
  reader.releaseLock();
  assert.notEqual(reader.closed, closed);
  await assert.rejects(reader.closed, TypeError);
});

test('async iteration: yields chunks and cancels on an early exit, unless told not to', async () => {
  const reasons: unknown[] = [];
  const make = (): ReadableStream => new ReadableStream({ pull: (c: Controller) => c.enqueue('x'), cancel: (reason: unknown) => void reasons.push(reason) });
  const first = make();
  for await (const chunk of first as unknown as AsyncIterable<unknown>) {
    assert.equal(chunk, 'x');
    break;
  }
  assert.deepEqual(reasons, [undefined]);
  assert.equal(first.locked, false);
  const second = make();
  for await (const _ of second.values({ preventCancel: true }) as AsyncIterable<unknown>) break;
  assert.equal(reasons.length, 1);
  assert.equal(second.locked, false);
});

test('async iteration: calls made without waiting are answered in order', async () => {
  let n = 0;
  const stream = new ReadableStream({ pull: (c: Controller) => (n < 3 ? c.enqueue(n++) : c.close()) }, { highWaterMark: 0 });
  const iterator = stream.values() as AsyncIterator<unknown>;
  const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
  assert.deepEqual(steps, [
    { value: 0, done: false },
    { value: 1, done: false },
    { value: 2, done: false },
    { value: undefined, done: true },
    { value: undefined, done: true },
  ]);
  assert.deepEqual(await iterator.return?.('end'), { value: 'end', done: true });
});

test('async iteration: an error ends it and releases the lock', async () => {
  const { stream, controller } = controlled();
  const iterator = stream.values() as AsyncIterator<unknown>;
  const pending = iterator.next();
  controller.error(boom);
  await assert.rejects(pending, isBoom);
  assert.equal(stream.locked, false);
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
});

test('async iteration: the iterator has the prototype Web IDL gives it', () => {
  const prototype = Object.getPrototypeOf(new ReadableStream().values()) as object;
  assert.deepEqual(Object.keys(prototype), ['next', 'return']);
  assert.equal(Object.prototype.toString.call(prototype), '[object ReadableStream AsyncIterator]');
  assert.equal(Object.getPrototypeOf(prototype), Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype));
});

test('from: takes sync and async iterables, strings and streams', async () => {
  assert.deepEqual(await all(ReadableStream.from([1, Promise.resolve(2)])), [1, 2]);
  assert.deepEqual(await all(ReadableStream.from('ab')), ['a', 'b']);
  assert.deepEqual(
    await all(
      ReadableStream.from(
        (async function* () {
          yield 1;
          yield 2;
        })(),
      ),
    ),
    [1, 2],
  );
  assert.deepEqual(await all(ReadableStream.from(ReadableStream.from(new Set(['x'])))), ['x']);
});

test('from: refuses what has no iterator', () => {
  for (const value of [undefined, null, 1, {}, { [Symbol.iterator]: 1 }, { [Symbol.asyncIterator]: () => 1 }])
    assert.throws(() => ReadableStream.from(value), TypeError);
});

test('from: failures of the iterator error the stream', async () => {
  const failing = [
    {
      next: () => {
        throw boom;
      },
    },
    { next: () => Promise.reject(boom) },
    {
      next: () => ({
        done: false,
        get value() {
          throw boom;
        },
      }),
    },
    {
      get next() {
        return () => Promise.reject(boom);
      },
    },
  ];
  for (const iterator of failing) await assert.rejects(readerOf(ReadableStream.from({ [Symbol.asyncIterator]: () => iterator })).read(), isBoom);
  await assert.rejects(readerOf(ReadableStream.from({ [Symbol.asyncIterator]: () => ({ next: () => 1 }) })).read(), TypeError);
  await assert.rejects(readerOf(ReadableStream.from([Promise.reject(boom)])).read(), isBoom);
});

test('from: cancelling returns the iterator, whose answer must be an object', async () => {
  const reasons: unknown[] = [];
  const make = (answer: unknown): ReadableStream =>
    ReadableStream.from({
      [Symbol.asyncIterator]: () => ({ next: () => ({ done: false, value: 1 }), return: (reason: unknown) => (reasons.push(reason), answer) }),
    });
  await make({}).cancel('why');
  assert.deepEqual(reasons, ['why']);
  await assert.rejects(make(1).cancel(), TypeError);
  await ReadableStream.from({ [Symbol.asyncIterator]: () => ({ next: () => ({}) }) }).cancel();
});

test('createReadableStream: works by the functions of this file alone', async () => {
  const stream = createReadableStream({});
  assert.equal(isReadableStreamLocked(stream), false);
  readableStreamEnqueue(stream, 'a');
  readableStreamCloseController(stream);
  readableStreamEnqueue(stream, 'too late');
  const seen: unknown[] = [];
  const request = { chunk: (v: unknown) => void seen.push(v), close: () => void seen.push('end'), error: (e: unknown) => void seen.push(e) };
  const reader = acquireReadableStreamDefaultReader(stream);
  assert.equal(isReadableStreamLocked(stream), true);
  readInternal(reader, request);
  readInternal(reader, request);
  assert.deepEqual(seen, ['a', 'end']);
  assert.equal(isReadableStreamDisturbed(stream), true);
  releaseReader(reader);
  const failed = createReadableStream({});
  readableStreamErrorController(failed, boom);
  await assert.rejects(readableStreamCancel(failed, 'x'), isBoom);
});

test('createReadableByteStream: pulls on the first read, and ends BYOB reads that wait when it closes', async () => {
  let pulls = 0;
  const stream = createReadableByteStream({
    pull(control) {
      pulls++;
      if (pulls === 1) control.enqueue(new Uint8Array([1, 2, 3]));
      else control.close();
    },
  });
  assert.equal(pulls, 0);
  const reader = stream.getReader({ mode: 'byob' }) as unknown as { read(view: Uint8Array): Promise<{ value: Uint8Array; done: boolean }> };
  assert.deepEqual(await reader.read(new Uint8Array(8)), { value: new Uint8Array([1, 2, 3]), done: false });
  const end = await reader.read(new Uint8Array(8));
  assert.equal(end.done, true);
  assert.equal(end.value.byteLength, 0);
});

test('patched globals: neither prototypes nor Object.prototype change what streams do', async () => {
  const { read } = ReadableStreamDefaultReader.prototype;
  const { getReader } = ReadableStream.prototype;
  const stream = new ReadableStream({ start: (c: Controller) => (c.enqueue('a'), c.close()) });
  const [one, two] = stream.tee();
  const seen: unknown[] = [];
  try {
    ReadableStream.prototype.getReader = () => {
      throw boom;
    };
    ReadableStreamDefaultReader.prototype.read = () => {
      throw boom;
    };
    const iterator = two.values() as AsyncIterator<unknown>;
    seen.push((await iterator.next()).value);
    const own = acquireReadableStreamDefaultReader(one);
    readInternal(own, { chunk: (v) => void seen.push(v), close() {}, error() {} });
  } finally {
    ReadableStream.prototype.getReader = getReader;
    ReadableStreamDefaultReader.prototype.read = read;
  }
  assert.deepEqual(seen, ['a', 'a']);
});
