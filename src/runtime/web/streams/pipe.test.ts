import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { AbortController } from '../abort.ts';
import { ReadableStream, readableStreamTee } from './readable-stream.ts';
import { TransformStream } from './transform-stream.ts';
import { WritableStream } from './writable-stream.ts';

type Controller = {
  enqueue(chunk?: unknown): void;
  close(): void;
  error(reason?: unknown): void;
  byobRequest?: { view: Uint8Array; respond(count: number): void } | null;
};
type Result = { value: unknown; done: boolean };
type Reader = { read(view?: unknown): Promise<Result>; closed: Promise<undefined>; cancel(reason?: unknown): Promise<undefined> };

const boom = new Error('boom');
const isBoom = (reason: unknown): boolean => reason === boom;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const readerOf = (stream: ReadableStream | undefined, options?: object): Reader => stream?.getReader(options) as unknown as Reader;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function source(events: unknown[], extra: object = {}): { stream: ReadableStream; controller: Controller } {
  let controller: unknown;
  const stream = new ReadableStream(
    Object.assign({ start: (c: unknown) => void (controller = c), cancel: (reason: unknown) => void events.push(['cancel', reason]) }, extra),
  );
  return { stream, controller: controller as Controller };
}
function sink(events: unknown[], extra: object = {}, strategy?: object): { stream: WritableStream; controller: Controller } {
  let controller: unknown;
  const stream = new WritableStream(
    Object.assign(
      {
        start: (c: unknown) => void (controller = c),
        write: (chunk: unknown) => void events.push(chunk),
        close: () => void events.push('close'),
        abort: (reason: unknown) => void events.push(['abort', reason]),
      },
      extra,
    ),
    strategy,
  );
  return { stream, controller: controller as Controller };
}

test('pipeTo: moves every chunk, closes, and gives both locks back', async () => {
  const events: unknown[] = [];
  const from = source(events);
  const to = sink(events);
  const pipe = from.stream.pipeTo(to.stream);
  assert.equal(from.stream.locked && to.stream.locked, true);
  from.controller.enqueue(1);
  from.controller.enqueue(2);
  from.controller.close();
  assert.equal(await pipe, undefined);
  assert.deepEqual(events, [1, 2, 'close']);
  assert.equal(from.stream.locked || to.stream.locked, false);
});

test('pipeTo: preventClose leaves the destination open', async () => {
  const events: unknown[] = [];
  const to = sink(events);
  await ReadableStream.from([1]).pipeTo(to.stream, { preventClose: true });
  assert.deepEqual(events, [1]);
  await to.stream.close();
});

test('pipeTo: an error of the source aborts the destination, after what was read is written', async () => {
  for (const preventAbort of [false, true]) {
    const events: unknown[] = [];
    const from = source(events);
    const to = sink(events);
    const pipe = from.stream.pipeTo(to.stream, { preventAbort });
    await settled();
    from.controller.enqueue(1);
    await settled();
    from.controller.error(boom);
    await assert.rejects(pipe, isBoom);
    assert.deepEqual(events, preventAbort ? [1] : [1, ['abort', boom]]);
  }
});

test('pipeTo: an error of the destination cancels the source', async () => {
  for (const preventCancel of [false, true]) {
    const events: unknown[] = [];
    const from = source(events);
    const to = sink(events);
    const pipe = from.stream.pipeTo(to.stream, { preventCancel });
    await settled();
    to.controller.error(boom);
    await assert.rejects(pipe, isBoom);
    assert.deepEqual(events, preventCancel ? [] : [['cancel', boom]]);
    assert.equal(from.stream.locked, false);
  }
});

test('pipeTo: into a closed destination cancels the source with a TypeError', async () => {
  const events: [string, unknown][] = [];
  const to = sink([]);
  await to.stream.close();
  await assert.rejects(source(events).stream.pipeTo(to.stream), TypeError);
  assert.equal(events[0]?.[0], 'cancel');
  assert.ok(events[0]?.[1] instanceof TypeError);
});

test('pipeTo: a failure of the action takes the place of the error', async () => {
  const from = source([]);
  const to = sink([], { abort: () => Promise.reject(boom) });
  const pipe = from.stream.pipeTo(to.stream);
  await settled();
  from.controller.error('first');
  await assert.rejects(pipe, isBoom);
});

test('pipeTo: an abort signal aborts and cancels, unless prevented', async () => {
  for (const [options, expected] of [
    [{}, ['abort', 'cancel']],
    [{ preventAbort: true }, ['cancel']],
    [{ preventCancel: true }, ['abort']],
    [{ preventAbort: true, preventCancel: true }, []],
  ] as const) {
    const events: [string, unknown][] = [];
    const controller = new AbortController();
    const pipe = source(events).stream.pipeTo(sink(events).stream, { ...options, signal: controller.signal });
    await settled();
    controller.abort(boom);
    await assert.rejects(pipe, isBoom);
    assert.deepEqual(
      events.map((it) => it[0]),
      expected,
    );
    assert.ok(events.every((it) => it[1] === boom));
  }
});

test('pipeTo: a signal that is aborted already ends the pipe before a chunk moves', async () => {
  const events: unknown[] = [];
  const controller = new AbortController();
  controller.abort(boom);
  const from = source(events);
  from.controller.enqueue(1);
  await assert.rejects(from.stream.pipeTo(sink(events).stream, { signal: controller.signal, preventAbort: true, preventCancel: true }), isBoom);
  assert.deepEqual(events, []);
});

test('pipeTo: reads nothing while the destination wants nothing', async () => {
  const events: unknown[] = [];
  let pulls = 0;
  const stream = new ReadableStream({ pull: (c: Controller) => void c.enqueue(pulls++) }, { highWaterMark: 0 });
  void stream.pipeTo(sink(events, { write: () => new Promise(() => {}) }, { highWaterMark: 2 }).stream);
  await settled();
  assert.equal(pulls, 2);
});

test('pipeTo: enqueue never writes synchronously', async () => {
  const events: unknown[] = [];
  const from = source(events);
  void from.stream.pipeTo(sink(events).stream);
  await settled();
  from.controller.enqueue(1);
  assert.deepEqual(events, []);
  await settled();
  assert.deepEqual(events, [1]);
});

test('pipeTo and pipeThrough: check their arguments', async () => {
  const stream = new ReadableStream();
  await assert.rejects(stream.pipeTo({}), TypeError);
  await assert.rejects(stream.pipeTo(new WritableStream(), { signal: {} }), TypeError);
  const locked = new WritableStream();
  locked.getWriter();
  await assert.rejects(stream.pipeTo(locked), TypeError);
  assert.throws(() => stream.pipeThrough({}), TypeError);
  assert.throws(() => stream.pipeThrough({ readable: new ReadableStream(), writable: locked }), TypeError);
  const { locked: isLocked } = stream;
  assert.equal(isLocked, false);
  stream.getReader();
  await assert.rejects(stream.pipeTo(new WritableStream()), TypeError);
  assert.throws(() => stream.pipeThrough(new TransformStream()), TypeError);
});

test('pipeThrough: returns the readable side and hides the failure of the pipe', async () => {
  const transform = new TransformStream({ transform: (chunk: number, c: Controller) => c.enqueue(chunk * 2) });
  const out = ReadableStream.from([1, 2]).pipeThrough(transform);
  assert.equal(out, transform.readable);
  const reader = readerOf(out);
  assert.equal((await reader.read()).value, 2);
  assert.equal((await reader.read()).value, 4);
  assert.equal((await reader.read()).done, true);
  const failing = source([]);
  const failed = readerOf(failing.stream.pipeThrough(new TransformStream()));
  failing.controller.error(boom);
  await assert.rejects(failed.read(), isBoom);
});

test('tee: both branches get every chunk, and each its own end', async () => {
  const [one, two] = ReadableStream.from(['a', 'b']).tee();
  for (const branch of [one, two]) {
    const reader = readerOf(branch);
    assert.equal((await reader.read()).value, 'a');
    assert.equal((await reader.read()).value, 'b');
    assert.equal((await reader.read()).done, true);
  }
});

test('tee: cancels the source when both branches are cancelled, with both reasons', async () => {
  const events: unknown[] = [];
  const [one, two] = source(events).stream.tee();
  const first = one?.cancel('1');
  await settled();
  assert.deepEqual(events, []);
  await two?.cancel('2');
  await first;
  assert.deepEqual(events, [['cancel', ['1', '2']]]);
});

test('tee: an error of the source errors both branches', async () => {
  const from = source([]);
  const branches = from.stream.tee().map((it) => readerOf(it).read());
  from.controller.error(boom);
  for (const read of branches) await assert.rejects(read, isBoom);
  assert.throws(() => from.stream.tee(), TypeError);
});

test('tee: a cloner makes the chunks of the second branch; its failure errors both', async () => {
  const chunk = bytes(1);
  const [one, two] = readableStreamTee(ReadableStream.from([chunk]), true);
  assert.equal((await readerOf(one).read()).value, chunk);
  const copy = (await readerOf(two).read()).value;
  assert.notEqual(copy, chunk);
  assert.deepEqual(copy, chunk);
  const failing = readableStreamTee(ReadableStream.from([() => 1]), true).map((it) => readerOf(it).read());
  for (const read of failing) await assert.rejects(read, { name: 'DataCloneError' });
});

test('tee: a cloner serialises other objects, too', async () => {
  const second = async (chunk: unknown): Promise<unknown> => (await readerOf(readableStreamTee(ReadableStream.from([chunk]), true)[1]).read()).value;
  const object = { list: [1] };
  const copy = (await second(object)) as typeof object;
  assert.deepEqual(copy, object);
  assert.notEqual(copy.list, object.list);
  const view = new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2);
  const other = (await second(view)) as DataView;
  assert.deepEqual([other.byteOffset, other.byteLength, other.getUint8(1)], [1, 2, 3]);
  assert.notEqual(other.buffer, view.buffer);
});

test('byte tee: the branches do not share memory', async () => {
  const stream = new ReadableStream({ type: 'bytes', start: (c: Controller) => (c.enqueue(bytes(1, 2)), c.close()) });
  const [one, two] = stream.tee();
  const first = (await readerOf(one).read()).value as Uint8Array;
  const second = (await readerOf(two).read()).value as Uint8Array;
  assert.deepEqual(first, second);
  assert.notEqual(first.buffer, second.buffer);
});

test('byte tee: a BYOB read of a branch reaches the source, the other branch gets a copy', async () => {
  const stream = new ReadableStream({
    type: 'bytes',
    pull(c: Controller) {
      assert.equal(c.byobRequest?.view.byteLength, 4);
      c.byobRequest?.view.set([5, 6]);
      c.byobRequest?.respond(2);
    },
  });
  const [one, two] = stream.tee();
  const first = await readerOf(one, { mode: 'byob' }).read(new Uint8Array(4));
  assert.deepEqual(first.value, bytes(5, 6));
  assert.deepEqual((await readerOf(two).read()).value, bytes(5, 6));
});

test('byte tee: closing ends BYOB reads of both branches', async () => {
  let controller: Controller | undefined;
  const stream = new ReadableStream({ type: 'bytes', start: (c: Controller) => void (controller = c) });
  const reads = stream.tee().map((it) => readerOf(it, { mode: 'byob' }).read(new Uint8Array(2)));
  await settled();
  controller?.close();
  controller?.byobRequest?.respond(0);
  for (const read of reads) assert.deepEqual(await read, { value: new Uint8Array(0), done: true });
});
