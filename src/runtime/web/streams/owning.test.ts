import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import '../../chunks/clone.ts';
import '../../chunks/transfer.ts';
import { fakeHost } from '../testing/fake-host.ts';
import { ReadableStreamDefaultController } from './default-controller.ts';
import { ReadableStream } from './readable-stream.ts';

fakeHost();
type Control = { desiredSize: number | null; enqueue(chunk: unknown, options?: unknown): void; close(): void; error(reason: unknown): void };
type Reader = { read(): Promise<{ done: boolean; value: unknown }>; releaseLock(): void };

const readerOf = (stream: ReadableStream): Reader => stream.getReader() as unknown as Reader;

/** A stream of the type, with its controller. */
function open(type: string | undefined, strategy: object = {}, rest: object = {}): { stream: ReadableStream; control: Control } {
  const got: Control[] = [];
  const stream = new ReadableStream({ ...rest, type, start: (control: Control) => void got.push(control) }, strategy);
  return { stream, control: got[0] as Control };
}

describe('type "owning"', () => {
  test('is a stream with a default controller', () => {
    const { stream, control } = open('owning');
    assert.ok(control instanceof ReadableStreamDefaultController);
    assert.equal(control.desiredSize, 1);
    assert.throws(() => stream.getReader({ mode: 'byob' }), TypeError);
  });
  test('no other type came with it', () => {
    for (const type of ['owned', 'Owning', 'transfer']) assert.throws(() => new ReadableStream({ type }), TypeError);
  });
  test('enqueue: clones the chunk at once', async () => {
    const { stream, control } = open('owning');
    const chunk = { list: [1] };
    control.enqueue(chunk);
    chunk.list.push(2);
    const { value } = await readerOf(stream).read();
    assert.deepEqual(value, { list: [1] });
  });
  test('enqueue: moves what is in the transfer list', async () => {
    const { stream, control } = open('owning');
    const bytes = new Uint8Array([1, 2, 3]);
    control.enqueue({ bytes }, { transfer: [bytes.buffer] });
    assert.equal(bytes.byteLength, 0);
    const { value } = await readerOf(stream).read();
    assert.deepEqual(value, { bytes: new Uint8Array([1, 2, 3]) });
  });
  test('enqueue: gives a waiting read its own', async () => {
    const { stream, control } = open('owning');
    const read = readerOf(stream).read();
    const { buffer } = new Uint8Array([7]);
    control.enqueue(buffer, { transfer: [buffer] });
    assert.equal(buffer.detached, true);
    assert.deepEqual(new Uint8Array((await read).value as ArrayBuffer), new Uint8Array([7]));
  });
  test('enqueue: an absent or empty list is none', async () => {
    const { stream, control } = open('owning');
    for (const options of [undefined, null, {}, { transfer: undefined }, { transfer: [] }]) control.enqueue('a', options);
    control.close();
    const reader = readerOf(stream);
    for (let i = 0; i < 5; i++) assert.equal((await reader.read()).value, 'a');
    assert.equal((await reader.read()).done, true);
  });
  test('enqueue: refuses options that are none, and the stream goes on', async () => {
    const { stream, control } = open('owning');
    for (const options of [1, 'a', { transfer: 1 }, { transfer: [1] }, { transfer: {} }]) assert.throws(() => control.enqueue('a', options), TypeError);
    control.enqueue('b');
    assert.equal((await readerOf(stream).read()).value, 'b');
  });
  test('enqueue: a chunk that cannot be cloned errors the stream', async () => {
    const { stream, control } = open('owning');
    assert.throws(() => control.enqueue(() => 1), { name: 'DataCloneError' });
    await assert.rejects(readerOf(stream).read(), { name: 'DataCloneError' });
    assert.throws(() => control.enqueue('a'), TypeError);
  });
  test('enqueue: so does one that cannot be transferred, though a read waits', async () => {
    const { stream, control } = open('owning');
    const read = readerOf(stream).read();
    assert.throws(() => control.enqueue('a', { transfer: [{}] }), { name: 'DataCloneError' });
    await assert.rejects(read, { name: 'DataCloneError' });
  });
  test('enqueue: measures the chunk before it is moved', () => {
    const { control } = open('owning', { highWaterMark: 10, size: (chunk: ArrayBuffer) => chunk.byteLength });
    const buffer = new ArrayBuffer(4);
    control.enqueue(buffer, { transfer: [buffer] });
    assert.equal(control.desiredSize, 6);
  });
  test('enqueue: moves nothing where the size is none', () => {
    const { control } = open('owning', { size: () => -1 });
    const buffer = new ArrayBuffer(4);
    assert.throws(() => control.enqueue(buffer, { transfer: [buffer] }), RangeError);
    assert.equal(buffer.byteLength, 4);
    assert.equal(control.desiredSize, null);
  });
  test('enqueue: moves nothing once the stream is closed', () => {
    const { control } = open('owning');
    control.close();
    const buffer = new ArrayBuffer(4);
    assert.throws(() => control.enqueue(buffer, { transfer: [buffer] }), TypeError);
    assert.equal(buffer.byteLength, 4);
  });
  test('enqueue: a getter of the chunk may close or error the stream, or take its reader away', async () => {
    const closing = open('owning');
    const read = readerOf(closing.stream).read();
    closing.control.enqueue({
      get a() {
        closing.control.close();
        return 1;
      },
    });
    assert.equal((await read).done, true);

    const failing = open('owning');
    const failed = readerOf(failing.stream).read();
    failing.control.enqueue({
      get a() {
        failing.control.error(new Error('from the getter'));
        return 1;
      },
    });
    await assert.rejects(failed, /from the getter/);

    const releasing = open('owning');
    const reader = readerOf(releasing.stream);
    const released = reader.read();
    releasing.control.enqueue({
      get a() {
        reader.releaseLock();
        return 1;
      },
    });
    await assert.rejects(released, TypeError);
    assert.deepEqual((await readerOf(releasing.stream).read()).value, { a: 1 });
  });
  test('pull is asked for more after each chunk', async () => {
    let n = 0;
    const pull = (control: Control): void => (n < 3 ? control.enqueue([n++]) : control.close());
    const chunks: unknown[] = [];
    for await (const chunk of new ReadableStream({ type: 'owning', pull }) as unknown as AsyncIterable<unknown>) chunks.push(chunk);
    assert.deepEqual(chunks, [[0], [1], [2]]);
  });
  test('tee: each branch has its own', async () => {
    const { stream, control } = open('owning');
    control.enqueue({ list: [1] });
    const [one, two] = stream.tee();
    const first = (await readerOf(one).read()).value as { list: number[] };
    const second = (await readerOf(two).read()).value;
    first.list.push(2);
    assert.deepEqual(second, { list: [1] });
  });
  test('tee: a chunk that can only be transferred fails both branches and cancels the source', async () => {
    let reason: unknown;
    const { stream, control } = open('owning', {}, { cancel: (given: unknown) => void (reason = given) });
    const inner = new ReadableStream();
    control.enqueue({ inner }, { transfer: [inner] });
    const [one, two] = stream.tee();
    await assert.rejects(readerOf(two).read(), { name: 'DataCloneError' });
    await assert.rejects(readerOf(one).read(), { name: 'DataCloneError' });
    assert.equal((reason as Error).name, 'DataCloneError');
  });
});

describe('streams of other types', () => {
  test('enqueue: refuses a transfer list, and the stream goes on', async () => {
    const { stream, control } = open(undefined);
    const buffer = new ArrayBuffer(4);
    assert.throws(() => control.enqueue(buffer, { transfer: [buffer] }), TypeError);
    assert.equal(buffer.byteLength, 4);
    control.enqueue(buffer);
    assert.equal((await readerOf(stream).read()).value, buffer);
  });
  test('enqueue: throws what the getter of the list throws', () => {
    const { control } = open(undefined);
    const options = {
      get transfer(): unknown {
        throw new RangeError('mine');
      },
    };
    assert.throws(() => control.enqueue('a', options), /mine/);
  });
  test('enqueue: lets anything else follow the chunk', async () => {
    const { stream, control } = open(undefined);
    // As callbacks get it: the index, the key, the element again, the whole.
    for (const extra of [0, 'a', null, {}, [], new ArrayBuffer(1), { transfer: [] }, { transfer: undefined }, () => 1]) control.enqueue('b', extra);
    control.close();
    const chunks: unknown[] = [];
    for await (const chunk of stream as unknown as AsyncIterable<unknown>) chunks.push(chunk);
    assert.deepEqual(chunks, Array(9).fill('b'));
  });
  test('tee: branches share their chunks', async () => {
    const { stream, control } = open(undefined);
    const chunk = {};
    control.enqueue(chunk);
    const [one, two] = stream.tee();
    assert.equal((await readerOf(one).read()).value, chunk);
    assert.equal((await readerOf(two).read()).value, chunk);
  });
});
