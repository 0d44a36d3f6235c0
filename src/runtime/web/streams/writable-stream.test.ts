import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import {
  acquireWritableStreamDefaultWriter,
  createWritableStream,
  isWritableStream,
  isWritableStreamLocked,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  writableStreamError,
} from './writable-stream.ts';
import { releaseWriter, writeInternal } from './writable-state.ts';

type Controller = { error(reason?: unknown): void; signal: { aborted: boolean; reason: unknown; addEventListener(type: string, listener: () => void): void } };

const boom = new Error('boom');
const isBoom = (reason: unknown): boolean => reason === boom;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function controlled(sink: object = {}, strategy?: object): { stream: WritableStream; controller: Controller } {
  let controller: unknown;
  const stream = new WritableStream(Object.assign({ start: (c: unknown) => void (controller = c) }, sink), strategy);
  return { stream, controller: controller as Controller };
}
/** A promise and what settles it. */
const gate = (): { promise: Promise<unknown>; open: (value?: unknown) => void; fail: (reason: unknown) => void } => {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  return { promise, open: resolve, fail: reject };
};

test('constructor: converts its arguments as Web IDL says', () => {
  assert.throws(() => new WritableStream(null), TypeError);
  assert.throws(() => new WritableStream({ write: 1 }), TypeError);
  assert.throws(() => new WritableStream({ type: 'bytes' }), RangeError);
  assert.throws(() => new WritableStream({}, { highWaterMark: -1 }), RangeError);
  assert.throws(
    () =>
      new WritableStream({
        start: () => {
          throw boom;
        },
      }),
    isBoom,
  );
  assert.throws(() => new (WritableStreamDefaultController as unknown as new () => object)(), TypeError);
  assert.throws(() => new WritableStreamDefaultWriter({}), TypeError);
  assert.equal(WritableStream.length, 0);
  assert.deepEqual(Object.keys(WritableStreamDefaultWriter.prototype).sort(), ['abort', 'close', 'closed', 'desiredSize', 'ready', 'releaseLock', 'write']);
});

test('write: hands chunks to the sink one at a time, in order, after start', async () => {
  const calls: unknown[] = [];
  const start = gate();
  const sink = {
    start: () => start.promise,
    write(chunk: unknown, controller: unknown) {
      calls.push([this === sink, chunk, controller instanceof WritableStreamDefaultController]);
    },
    close(...args: unknown[]) {
      calls.push(['close', args.length]);
    },
  };
  const writer = new WritableStream(sink).getWriter();
  const done = Promise.all([writer.write('a'), writer.write('b'), writer.close()]);
  await settled();
  assert.deepEqual(calls, []);
  start.open();
  assert.deepEqual(await done, [undefined, undefined, undefined]);
  assert.deepEqual(calls, [
    [true, 'a', true],
    [true, 'b', true],
    ['close', 0],
  ]);
  await writer.closed;
  assert.equal(writer.desiredSize, 0);
});

test('ready: is pending under backpressure and resolved again below the mark', async () => {
  const write = gate();
  const writer = new WritableStream({ write: () => write.promise }).getWriter();
  const { ready } = writer;
  await ready;
  assert.equal(writer.desiredSize, 1);
  void writer.write('a');
  assert.equal(writer.desiredSize, 0);
  assert.notEqual(writer.ready, ready);
  let isReady = false;
  void writer.ready.then(() => (isReady = true));
  await settled();
  assert.equal(isReady, false);
  write.open();
  await writer.ready;
  assert.equal(writer.desiredSize, 1);
});

test('write: a failure of the sink rejects it and all that follow, and errors the stream', async () => {
  const writer = new WritableStream({
    write: () => {
      throw boom;
    },
  }).getWriter();
  const closed = assert.rejects(writer.closed, isBoom);
  const writes = [writer.write(1), writer.write(2), writer.close()];
  for (const result of await Promise.allSettled(writes)) assert.deepEqual(result, { status: 'rejected', reason: boom });
  await closed;
  await assert.rejects(writer.ready, isBoom);
  assert.equal(writer.desiredSize, null);
  await assert.rejects(writer.write(3), isBoom);
  await assert.rejects(writer.close(), TypeError);
});

test('start: a rejection errors the stream', async () => {
  const writer = new WritableStream({ start: () => Promise.reject(boom) }).getWriter();
  await assert.rejects(writer.write(1), isBoom);
  await assert.rejects(writer.closed, isBoom);
});

test('controller.error: errors at once, drops what is queued, lets the write in flight end', async () => {
  const write = gate();
  const { stream, controller } = controlled({ write: () => write.promise });
  const writer = stream.getWriter();
  await settled();
  const first = writer.write(1);
  const second = writer.write(2);
  controller.error(boom);
  controller.error('again, which does nothing');
  await assert.rejects(writer.ready, isBoom);
  write.open();
  await first;
  await assert.rejects(second, isBoom);
  await assert.rejects(writer.closed, isBoom);
});

test('size: what it throws errors the stream; what is no size too', async () => {
  const writer = new WritableStream(
    {},
    {
      size: () => {
        throw boom;
      },
    },
  ).getWriter();
  await assert.rejects(writer.write(1), isBoom);
  const other = new WritableStream({}, { size: () => -1 }).getWriter();
  await assert.rejects(other.write(1), RangeError);
});

test('size: may release the writer', async () => {
  let writer: WritableStreamDefaultWriter | undefined;
  const stream = new WritableStream({}, { size: () => (writer?.releaseLock(), 1) });
  writer = stream.getWriter();
  await assert.rejects(writer.write(1), TypeError);
  assert.equal(stream.locked, false);
});

test('close: twice is refused, and so is writing after it', async () => {
  const close = gate();
  const writer = new WritableStream({ close: () => close.promise }).getWriter();
  const closing = writer.close();
  await assert.rejects(writer.close(), TypeError);
  await assert.rejects(writer.write(1), TypeError);
  await writer.ready;
  close.open();
  await closing;
  await writer.closed;
});

test('close: a failure of the sink rejects close and closed', async () => {
  const writer = new WritableStream({ close: () => Promise.reject(boom) }).getWriter();
  const closed = assert.rejects(writer.closed, isBoom);
  await assert.rejects(writer.close(), isBoom);
  await closed;
});

test('abort: signals, calls the sink with the reason, rejects what is queued', async () => {
  const reasons: unknown[] = [];
  const { stream, controller } = controlled({ abort: (reason: unknown) => void reasons.push(reason) });
  const writer = stream.getWriter();
  const write = assert.rejects(writer.write(1), isBoom);
  const closed = assert.rejects(writer.closed, isBoom);
  const { signal } = controller;
  let events = 0;
  signal.addEventListener('abort', () => events++);
  assert.equal(await writer.abort(boom), undefined);
  assert.equal(signal.aborted, true);
  assert.equal(signal.reason, boom);
  assert.equal(events, 1);
  await write;
  await closed;
  assert.deepEqual(reasons, [boom]);
  assert.equal(await writer.abort('again'), undefined);
});

test('abort: the signal asked for afterwards is aborted already', async () => {
  const { stream, controller } = controlled();
  await stream.abort(boom);
  assert.equal(controller.signal.reason, boom);
  assert.equal(controller.signal, controller.signal);
});

test('abort: waits for the write in flight, and two aborts share a promise', async () => {
  const write = gate();
  const events: string[] = [];
  const writer = new WritableStream({ write: () => write.promise, abort: () => void events.push('abort') }).getWriter();
  writer.closed.catch(() => {});
  await settled();
  const writing = writer.write(1);
  const aborting = writer.abort(boom);
  assert.equal(writer.abort('other'), aborting);
  await settled();
  assert.deepEqual(events, []);
  write.open();
  await writing;
  await aborting;
  assert.deepEqual(events, ['abort']);
});

test('abort: rejects with what the sink throws, closed with the reason', async () => {
  const writer = new WritableStream({
    abort: () => {
      throw boom;
    },
  }).getWriter();
  const closed = assert.rejects(writer.closed, (reason) => reason === 'why');
  await assert.rejects(writer.abort('why'), isBoom);
  await closed;
});

test('abort: of a stream that is erroring rejects with the error', async () => {
  const { stream, controller } = controlled();
  const writer = stream.getWriter();
  writer.closed.catch(() => {});
  controller.error(boom);
  await assert.rejects(writer.abort('why'), isBoom);
});

test('abort: during a close that succeeds leaves the stream closed', async () => {
  const close = gate();
  const writer = new WritableStream({ close: () => close.promise }).getWriter();
  await settled();
  const closing = writer.close();
  const aborting = writer.abort(boom);
  close.open();
  await closing;
  await aborting;
  await writer.closed;
});

test('abort: during a close that fails rejects with its failure', async () => {
  const close = gate();
  const writer = new WritableStream({ close: () => close.promise }).getWriter();
  writer.closed.catch(() => {});
  await settled();
  const closing = assert.rejects(writer.close(), isBoom);
  const aborting = assert.rejects(writer.abort('why'), isBoom);
  close.fail(boom);
  await closing;
  await aborting;
});

test('locking: a locked stream refuses abort, close and a second writer', async () => {
  const stream = new WritableStream();
  const writer = stream.getWriter();
  assert.equal(stream.locked, true);
  assert.throws(() => stream.getWriter(), TypeError);
  await assert.rejects(stream.abort(), TypeError);
  await assert.rejects(stream.close(), TypeError);
  const { ready, closed } = writer;
  closed.catch(() => {});
  writer.releaseLock();
  writer.releaseLock();
  assert.notEqual(writer.ready, ready);
  assert.equal(writer.closed, closed);
  await assert.rejects(writer.ready, TypeError);
  await assert.rejects(writer.closed, TypeError);
  await assert.rejects(writer.write(1), TypeError);
  await assert.rejects(writer.close(), TypeError);
  await assert.rejects(writer.abort(), TypeError);
  assert.throws(() => writer.desiredSize, TypeError);
  await stream.close();
  await assert.rejects(stream.close(), TypeError);
});

test('getWriter: shows the state the stream is in', async () => {
  const closed = new WritableStream();
  await closed.close();
  await closed.getWriter().closed;
  const errored = new WritableStream();
  await errored.abort(boom);
  const writer = errored.getWriter();
  await assert.rejects(writer.ready, isBoom);
  await assert.rejects(writer.closed, isBoom);
});

test('wrong receivers: promises reject, the rest throws', async () => {
  const { prototype } = WritableStreamDefaultWriter;
  await assert.rejects(Reflect.apply(prototype.write, {}, []), TypeError);
  await assert.rejects(Reflect.get(prototype, 'ready', {}) as Promise<unknown>, TypeError);
  await assert.rejects(Reflect.apply(WritableStream.prototype.abort, undefined, []), TypeError);
  assert.throws(() => Reflect.get(prototype, 'desiredSize', {}), TypeError);
  assert.throws(() => Reflect.apply(prototype.releaseLock, {}, []), TypeError);
});

test('createWritableStream: works by the functions of the runtime alone', async () => {
  const chunks: unknown[] = [];
  const stream = createWritableStream({ write: (chunk) => void chunks.push(chunk), highWaterMark: 2 });
  assert.equal(isWritableStream(stream), true);
  const writer = acquireWritableStreamDefaultWriter(stream);
  assert.equal(isWritableStreamLocked(stream), true);
  const answers: unknown[] = [];
  const request = { resolve: () => void answers.push('written'), reject: (reason: unknown) => void answers.push(reason) };
  writeInternal(writer, 'a', request);
  await settled();
  writableStreamError(stream, boom);
  writeInternal(writer, 'b', request);
  releaseWriter(writer);
  assert.deepEqual(chunks, ['a']);
  assert.deepEqual(answers, ['written', boom]);
});
