import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { structuredClone } from '../structured-clone.ts';
import { fakeHost, turn } from '../testing/fake-host.ts';
import { ReadableStream } from './readable-stream.ts';
import './transfer.ts';
import { TransformStream } from './transform-stream.ts';
import { WritableStream } from './writable-stream.ts';

fakeHost();
type Reader = { read(): Promise<{ done: boolean; value: unknown }>; closed: Promise<void> };
type Writer = { write(chunk: unknown): Promise<void>; close(): Promise<void>; closed: Promise<void> };
const move = <T>(stream: T): T => structuredClone(stream, { transfer: [stream] }) as T;
const readerOf = (stream: ReadableStream): Reader => stream.getReader() as unknown as Reader;
const writerOf = (stream: WritableStream): Writer => stream.getWriter() as unknown as Writer;

describe('transfer', () => {
  test('of a ReadableStream: its chunks are cloned', async () => {
    const chunk = { n: 1 };
    const stream = ReadableStream.from([chunk]) as ReadableStream;
    const moved = move(stream);
    assert.ok(moved !== stream && moved instanceof ReadableStream);
    assert.ok(stream.locked);
    const reader = readerOf(moved);
    const { value } = await reader.read();
    assert.deepEqual(value, chunk);
    assert.notEqual(value, chunk);
    assert.equal((await reader.read()).done, true);
  });
  test('of a WritableStream', async () => {
    const written: unknown[] = [];
    const writer = writerOf(move(new WritableStream({ write: (chunk: unknown) => void written.push(chunk) })));
    await writer.write('a');
    await writer.close();
    assert.deepEqual(written, ['a']);
  });
  test('of a TransformStream: both of its ends', async () => {
    const stream = move(new TransformStream({ transform: (chunk: number, control: { enqueue(chunk: number): void }) => control.enqueue(chunk * 2) }));
    void writerOf(stream.writable).write(21);
    assert.equal((await readerOf(stream.readable).read()).value, 42);
  });
  test('refuses a locked stream', () => {
    const stream = new ReadableStream();
    stream.getReader();
    assert.throws(() => move(stream), { name: 'DataCloneError' });
    const transform = new TransformStream();
    transform.writable.getWriter();
    assert.throws(() => move(transform), { name: 'DataCloneError' });
    assert.throws(() => structuredClone(new ReadableStream()), { name: 'DataCloneError' });
  });
  test('a chunk that cannot be cloned fails both sides', async () => {
    let reason: unknown;
    const source = new ReadableStream({
      start: (control: { enqueue(chunk: unknown): void }) => control.enqueue(() => 1),
      cancel: (given: unknown) => void (reason = given),
    });
    await assert.rejects(readerOf(move(source)).read(), { name: 'DataCloneError' });
    await turn();
    assert.equal((reason as Error).name, 'DataCloneError');
  });
});
