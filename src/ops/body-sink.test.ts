import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { BodyKind, Post, Request } from '../protocol/ops.ts';
import { bodyPosts, bodyRequests } from './bodies.ts';
import { StreamBody } from './body-stream.ts';
import { TestIsolate } from './egress/fixture.ts';

const isolate = (): TestIsolate =>
  new TestIsolate({
    fetch: () => Promise.reject(new Error('no network')),
    connect: () => Promise.reject(new Error('no network')),
    startTls: () => Promise.reject(new Error('no network')),
  });
const post = (target: TestIsolate, op: number, ...args: unknown[]): void => bodyPosts[op]?.(target, 1, ...args);
const write = async (target: TestIsolate, chunk: unknown): Promise<unknown> => bodyRequests[Request.sinkWrite]?.(target, 1, 1, chunk);

test('respond: text, bytes and no body are sent at once', () => {
  for (const [kind, body, sent] of [
    [BodyKind.none, undefined, [undefined]],
    [BodyKind.text, 'x', ['x', false]],
    [BodyKind.bytes, new Uint8Array([1]).buffer, [new Uint8Array([1]), false]],
  ] as const) {
    const one = isolate();
    post(one, Post.respond, 201, 'Created', 'a\nb', kind, body);
    assert.deepEqual(one.responder.calls, [['send', 201, 'Created', 'a\nb', ...sent]]);
  }
  const encoded = isolate();
  post(encoded, Post.respond, 200, '', 'content-encoding\ngzip', BodyKind.text, 'x', 1);
  assert.deepEqual(encoded.responder.calls, [['send', 200, '', 'content-encoding\ngzip', 'x', true]]);
});

test('respond: the first answer counts', () => {
  const one = isolate();
  post(one, Post.respond, 200, '', '', BodyKind.text, 'x');
  assert.throws(() => post(one, Post.respond, 200, '', '', BodyKind.text, 'y'), { name: 'TypeError' });
  assert.equal(one.responder.calls.length, 1);
});

test('respond: a streamed body is written, held back and ended', async () => {
  const one = isolate();
  await assert.rejects(write(one, new Uint8Array(1)), { name: 'TypeError' });
  post(one, Post.respond, 200, '', '', BodyKind.stream);
  assert.equal(await write(one, new Uint8Array([1])), undefined);
  const drained = Promise.withResolvers<void>();
  one.responder.pending = drained.promise;
  let done = false;
  const second = write(one, new Uint8Array([2]).buffer).then(() => void (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done, false);
  drained.resolve();
  await second;
  post(one, Post.sinkClose);
  post(one, Post.sinkClose);
  post(one, Post.sinkAbort);
  await assert.rejects(write(one, new Uint8Array(1)), { name: 'TypeError' });
  assert.deepEqual(one.responder.calls, [['start', 200, '', '', false, undefined], ['end']]);
  assert.equal(one.responder.chunks.length, 2);
});

test('respond: a streamed body that fails cuts the response', () => {
  const one = isolate();
  post(one, Post.respond, 200, '', '', BodyKind.stream, '7');
  post(one, Post.sinkAbort, 'boom');
  post(one, Post.sinkClose);
  assert.deepEqual(one.responder.calls, [['start', 200, '', '', false, '7'], ['abort']]);
});

test('respond: an isolate that does not wait loses its response', async () => {
  const one = isolate();
  post(one, Post.respond, 200, '', '', BodyKind.stream);
  one.responder.pending = new Promise(() => {});
  for (let i = 0; i < 17; i++) void write(one, new Uint8Array(1024 * 1024));
  await assert.rejects(write(one, new Uint8Array(1)), /without waiting/);
  assert.deepEqual(one.responder.calls.at(-1), ['abort']);
  assert.equal(one.responder.chunks.length, 17);
});

test('respond: a host body is passed on and its handle forgotten', async () => {
  const one = isolate();
  const source = one.handles.add(new StreamBody(Readable.from([Buffer.from('ab')])));
  assert.throws(() => post(one, Post.respond, 200, '', '', BodyKind.source, source + 1), /on behalf of a different request/);
  post(one, Post.respond, 200, '', '', BodyKind.source, source);
  assert.equal(await one.responder.body, 'ab');
  assert.equal(one.handles.size, 0);
});
