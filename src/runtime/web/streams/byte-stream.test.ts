import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { setCompatibility } from '../../compat.ts';
import { ReadableStreamBYOBReader } from './byob-reader.ts';
import { ReadableStreamBYOBRequest } from './byte-controller.ts';
import { ReadableStream } from './readable-stream.ts';

type Request = { view: Uint8Array | null; respond(count: unknown): void; respondWithNewView(view: unknown): void };
type Controller = { enqueue(chunk?: unknown): void; close(): void; error(reason?: unknown): void; desiredSize: number | null; byobRequest: Request | null };
type Result = { value: Uint8Array | undefined; done: boolean };
type Reader = {
  read(view?: unknown, options?: unknown): Promise<Result>;
  readAtLeast(min: unknown, view?: unknown): Promise<Result>;
  cancel(reason?: unknown): Promise<undefined>;
  closed: Promise<undefined>;
  releaseLock(): void;
};

const boom = new Error('boom');
const isBoom = (reason: unknown): boolean => reason === boom;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function controlled(source: object = {}, strategy?: object): { stream: ReadableStream; controller: Controller } {
  let controller: unknown;
  const stream = new ReadableStream(Object.assign({ type: 'bytes', start: (c: unknown) => void (controller = c) }, source), strategy);
  return { stream, controller: controller as Controller };
}
const byob = (stream: ReadableStream): Reader => stream.getReader({ mode: 'byob' }) as unknown as Reader;
const plain = (stream: ReadableStream): Reader => stream.getReader() as unknown as Reader;
/** A type-bytes source that answers each BYOB request by a step of `steps`. */
function answering(...steps: ((controller: Controller, request: Request) => void)[]): ReadableStream {
  return new ReadableStream({ type: 'bytes', pull: (c: Controller) => steps.shift()?.(c, c.byobRequest as Request) });
}

test('enqueue: takes the buffer and gives it to a default reader', async () => {
  const { stream, controller } = controlled();
  const chunk = bytes(1, 2, 3);
  controller.enqueue(chunk.subarray(1));
  assert.equal(chunk.byteLength, 0);
  assert.equal(controller.desiredSize, -2);
  const { value } = await plain(stream).read();
  assert.deepEqual(value, bytes(2, 3));
  assert.equal(value?.byteOffset, 1);
});

test('enqueue: refuses what is empty, detached, shared, resizable or no view', () => {
  const { controller } = controlled();
  const detached = bytes(1);
  structuredClone(detached, { transfer: [detached.buffer as ArrayBuffer] });
  const bad = [
    undefined,
    1,
    new ArrayBuffer(1),
    new Uint8Array(0),
    detached,
    new Uint8Array(new SharedArrayBuffer(1)),
    new Uint8Array(new ArrayBuffer(1, { maxByteLength: 2 })),
  ];
  for (const chunk of bad) assert.throws(() => controller.enqueue(chunk), TypeError);
  assert.throws(() => Reflect.apply(controller.enqueue, controller, []), TypeError);
});

test('read: fills the view across chunks and takes its buffer', async () => {
  const { stream, controller } = controlled();
  controller.enqueue(bytes(1, 2));
  controller.enqueue(bytes(3, 4, 5));
  const view = new Uint8Array(4);
  const reader = byob(stream);
  assert.deepEqual(await reader.read(view), { value: bytes(1, 2, 3, 4), done: false });
  assert.equal(view.byteLength, 0);
  const rest = await reader.read(new Uint8Array(4));
  assert.deepEqual(rest.value, bytes(5));
});

test('read: checks its view and min', async () => {
  const reader = byob(controlled().stream);
  const detached = bytes(1);
  structuredClone(detached, { transfer: [detached.buffer as ArrayBuffer] });
  for (const view of [undefined, {}, new ArrayBuffer(1), new Uint8Array(0), detached]) await assert.rejects(reader.read(view), TypeError);
  await assert.rejects(reader.read(bytes(1), { min: 0 }), TypeError);
  await assert.rejects(reader.read(bytes(1), { min: -1 }), TypeError);
  await assert.rejects(reader.read(bytes(1), { min: 2 }), RangeError);
  await assert.rejects(reader.read(new Uint16Array(2), { min: 3 }), RangeError);
  await assert.rejects(reader.read(new DataView(new ArrayBuffer(2)), { min: 3 }), RangeError);
  await assert.rejects(Reflect.apply(ReadableStreamBYOBReader.prototype.read, {}, []), TypeError);
});

test('read: waits for min elements, and for less only at the end', async () => {
  const { stream, controller } = controlled();
  const reader = byob(stream);
  const read = reader.read(new Uint16Array(4), { min: 2 });
  controller.enqueue(bytes(1, 0, 2));
  let isDone = false;
  void read.then(() => (isDone = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDone, false);
  controller.enqueue(bytes(0, 9));
  assert.deepEqual((await read).value, new Uint16Array([1, 2]));
  const partial = reader.readAtLeast(2, new Uint8Array(2));
  controller.close();
  controller.byobRequest?.respond(0);
  assert.deepEqual(await partial, { value: bytes(9), done: true });
});

test('read: keeps the kind of the view', async () => {
  for (const make of [Int8Array, Uint8ClampedArray, Float32Array, BigInt64Array, DataView] as unknown as (new (
    buffer: ArrayBuffer,
  ) => ArrayBufferView)[]) {
    const { stream, controller } = controlled();
    controller.enqueue(new Uint8Array(8));
    const { value } = await byob(stream).read(new make(new ArrayBuffer(8)));
    assert.equal(Object.getPrototypeOf(value), make.prototype);
    assert.equal(value?.byteLength, 8);
  }
});

test('byobRequest: shows the rest of the view; respond fills it', async () => {
  const stream = answering((controller, request) => {
    assert.equal(controller.byobRequest, request);
    assert.ok(request instanceof ReadableStreamBYOBRequest);
    assert.equal(request.view?.byteOffset, 1);
    (request.view as Uint8Array)[0] = 7;
    request.respond(1);
    assert.equal(request.view, null);
    assert.throws(() => request.respond(1), TypeError);
    assert.throws(() => request.respondWithNewView(bytes(1)), TypeError);
  });
  assert.deepEqual((await byob(stream).read(new Uint8Array(4).subarray(1))).value, bytes(7));
});

test('respond: checks the count', async () => {
  const stream = answering((_, request) => {
    assert.throws(() => Reflect.apply(request.respond, request, []), TypeError);
    assert.throws(() => request.respond(-1), TypeError);
    assert.throws(() => request.respond(0), TypeError);
    assert.throws(() => request.respond(5), RangeError);
    request.respond(4);
  });
  assert.equal((await byob(stream).read(new Uint8Array(4))).value?.byteLength, 4);
});

test('respondWithNewView: must be the same region, transferred or not', async () => {
  const stream = answering((_, request) => {
    const view = request.view as Uint8Array;
    assert.throws(() => request.respondWithNewView(1), TypeError);
    assert.throws(() => request.respondWithNewView(view.subarray(1)), RangeError);
    assert.throws(() => request.respondWithNewView(new Uint8Array(2)), RangeError);
    assert.throws(() => request.respondWithNewView(view.subarray(0, 0)), TypeError);
    const moved = structuredClone(view, { transfer: [view.buffer as ArrayBuffer] });
    assert.throws(() => request.respondWithNewView(view), TypeError);
    moved[0] = 3;
    request.respondWithNewView(moved.subarray(0, 1));
  });
  assert.deepEqual((await byob(stream).read(new Uint8Array(4))).value, bytes(3));
});

test('respond: what does not fill an element goes back to the queue', async () => {
  const stream = answering(
    (_, request) => {
      (request.view as Uint8Array).set([1, 0, 2]);
      request.respond(3);
    },
    (_, request) => request.respond(1),
  );
  const reader = byob(stream);
  assert.deepEqual((await reader.read(new Uint16Array(2))).value, new Uint16Array([1]));
  assert.deepEqual((await reader.read(new Uint8Array(1))).value, bytes(2));
});

test('close: with a BYOB read waiting needs a response of 0 bytes', async () => {
  const { stream, controller } = controlled();
  const reader = byob(stream);
  const read = reader.read(new Uint8Array(2));
  controller.close();
  await reader.closed;
  assert.throws(() => controller.byobRequest?.respond(1), TypeError);
  controller.byobRequest?.respond(0);
  assert.deepEqual(await read, { value: new Uint8Array(0), done: true });
  assert.deepEqual(await reader.read(new Uint8Array(2)), { value: new Uint8Array(0), done: true });
});

test('close: in the middle of an element errors the stream', async () => {
  const { stream, controller } = controlled();
  const reader = byob(stream);
  const read = reader.read(new Uint16Array(1));
  controller.enqueue(bytes(1));
  assert.throws(() => controller.close(), TypeError);
  await assert.rejects(read, TypeError);
  const queued = controlled();
  queued.controller.enqueue(bytes(1));
  queued.controller.close();
  await assert.rejects(byob(queued.stream).read(new Uint16Array(1)), TypeError);
});

test('close: waits until what is queued has been read', async () => {
  const { stream, controller } = controlled();
  controller.enqueue(bytes(1));
  controller.close();
  assert.throws(() => controller.close(), TypeError);
  assert.throws(() => controller.enqueue(bytes(1)), TypeError);
  const reader = plain(stream);
  assert.deepEqual((await reader.read()).value, bytes(1));
  assert.equal((await reader.read()).done, true);
});

test('error and cancel: end what is pending', async () => {
  const failed = controlled();
  const one = byob(failed.stream);
  const pending = one.read(new Uint8Array(1));
  failed.controller.error(boom);
  await assert.rejects(pending, isBoom);
  await assert.rejects(one.read(new Uint8Array(1)), isBoom);
  assert.equal(failed.controller.byobRequest, null);
  const reasons: unknown[] = [];
  const cancelled = controlled({ cancel: (reason: unknown) => void reasons.push(reason) });
  const two = byob(cancelled.stream);
  const read = two.read(new Uint8Array(1));
  await two.cancel('why');
  assert.deepEqual(await read, { value: undefined, done: true });
  assert.deepEqual(reasons, ['why']);
});

test('autoAllocateChunkSize: gives default reads a BYOB request', async () => {
  const stream = new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: 16,
    pull(controller: Controller) {
      assert.equal(controller.byobRequest?.view?.byteLength, 16);
      controller.byobRequest?.respond(2);
    },
  });
  const { value } = await plain(stream).read();
  assert.equal(value?.byteLength, 2);
  assert.equal(value?.buffer.byteLength, 16);
});

test('autoAllocateChunkSize: is 4096 where nothing is said, unless the flag makes it nothing', async (t) => {
  const sizes: (number | undefined)[] = [];
  const once = async (): Promise<void> => {
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller: Controller) {
        sizes.push(controller.byobRequest?.view?.byteLength);
        controller.enqueue(bytes(1));
      },
    });
    assert.deepEqual((await plain(stream).read()).value, bytes(1));
  };
  await once();
  t.after(() => setCompatibility([]));
  setCompatibility(['streams_no_default_auto_allocate_chunk_size']);
  await once();
  assert.deepEqual(sizes, [4096, undefined]);
});

test('byobRequest.atLeast: tells how many bytes the read still waits for', async () => {
  type AtLeast = { atLeast: number | null } | null;
  const { stream, controller } = controlled();
  const current = (): AtLeast => controller.byobRequest as unknown as AtLeast;
  const read = byob(stream).read(new Uint32Array(4) as never, { min: 2 });
  const first = current();
  assert.equal(first?.atLeast, 8);
  controller.byobRequest?.respond(5);
  assert.deepEqual([first?.atLeast, current()?.atLeast], [null, 3]);
  controller.byobRequest?.respond(3);
  assert.equal((await read).value?.byteLength, 8);
});

test('releaseLock: bytes already put into the released view are not lost', async () => {
  const { stream, controller } = controlled();
  const first = byob(stream);
  const read = first.read(new Uint8Array(4), { min: 4 });
  controller.enqueue(bytes(1, 2));
  first.releaseLock();
  await assert.rejects(read, TypeError);
  const second = byob(stream);
  const next = second.read(new Uint8Array(4), { min: 3 });
  controller.byobRequest?.respond(1);
  assert.equal((await next).value?.byteLength, 3);
});

test('enqueue: while a BYOB request stands fills it, and takes the request back', async () => {
  const { stream, controller } = controlled();
  const reader = byob(stream);
  const read = reader.read(new Uint8Array(2));
  const request = controller.byobRequest as Request;
  controller.enqueue(bytes(8, 9, 10));
  assert.deepEqual((await read).value, bytes(8, 9));
  assert.equal(request.view, null);
  assert.deepEqual((await reader.read(new Uint8Array(2))).value, bytes(10));
});

test('several reads: are filled in order from one chunk', async () => {
  const { stream, controller } = controlled();
  const reader = byob(stream);
  const reads = [reader.read(new Uint8Array(2)), reader.read(new Uint8Array(2)), reader.read(new Uint8Array(2))];
  controller.enqueue(bytes(1, 2, 3));
  controller.enqueue(bytes(4));
  assert.deepEqual(
    (await Promise.all(reads)).map((it) => it.value),
    [bytes(1, 2), bytes(3), bytes(4)],
  );
});
