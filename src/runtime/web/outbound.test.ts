import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { Headers } from './headers.ts';
import { requestFromHost } from './inbound.ts';
import { sendResponse } from './outbound.ts';
import { Response } from './response.ts';
import { FixedLengthStream } from './streams/identity-transform-stream.ts';
import { ReadableStream } from './streams/readable-stream.ts';
import { fakeHost, turn } from './testing/fake-host.ts';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
type Controller = { enqueue(chunk: unknown): void; close(): void; error(reason: unknown): void };

test('text: head and body in one op', () => {
  const host = fakeHost();
  assert.equal(sendResponse(new Response('Hello'), 7), undefined);
  assert.deepEqual(host.posts, [[Post.respond, 7, 200, '', 'content-type\ntext/plain;charset=UTF-8', BodyKind.text, 'Hello']]);
});

test('null body, status and headers: in one op', () => {
  const host = fakeHost();
  const headers = new Headers([
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['X', 'y'],
  ]);
  sendResponse(new Response(null, { status: 204, statusText: 'Nothing', headers }), 7);
  assert.deepEqual(host.posts, [[Post.respond, 7, 204, 'Nothing', 'set-cookie\na=1\nset-cookie\nb=2\nx\ny', BodyKind.none, undefined]]);
});

test('bytes: copied when the response was made', () => {
  const host = fakeHost();
  const data = bytes(1, 2);
  const response = new Response(data);
  data[0] = 9;
  sendResponse(response, 7);
  assert.deepEqual(host.posts, [[Post.respond, 7, 200, '', '', BodyKind.bytes, bytes(1, 2)]]);
});

test('host body: passed on by its number, also through its stream', () => {
  const host = fakeHost();
  const direct = requestFromHost('POST', 'http://a/', '', 5, '');
  sendResponse(new Response(direct.body), 7);
  assert.deepEqual(host.posts.at(-1)?.slice(5), [BodyKind.source, 5]);
  assert.equal(direct.bodyUsed, true);
  assert.equal(direct.body?.locked, true);
  assert.deepEqual(host.calls, []);
  assert.equal(host.posts.length, 1, 'the source is not cancelled');
});

test('host body: read in part, it is a stream', async () => {
  const host = fakeHost();
  const request = requestFromHost('POST', 'http://a/', '', 5, '');
  const reader = request.body?.getReader() as { read(): Promise<unknown>; releaseLock(): void };
  const first = reader.read();
  host.answer(RequestOp.sourceRead, bytes(1));
  await first;
  reader.releaseLock();
  assert.throws(() => new Response(request.body), TypeError);
});

test('encodeBody: manual is told to the host', () => {
  const host = fakeHost();
  sendResponse(new Response('x', { encodeBody: 'manual' }), 7);
  assert.equal(host.posts[0]?.[7], 1);
});

test('stream: each chunk waits for the one before', async () => {
  const host = fakeHost();
  let controller: Controller | undefined;
  const stream = new ReadableStream({ start: (it: unknown) => void (controller = it as Controller) });
  const sent = sendResponse(new Response(stream), 7);
  assert.deepEqual(host.posts, [[Post.respond, 7, 200, '', '', BodyKind.stream, undefined]]);
  controller?.enqueue(bytes(1));
  controller?.enqueue(new Uint16Array([0x0302]).buffer);
  controller?.enqueue(bytes());
  controller?.close();
  await turn();
  assert.deepEqual(
    host.calls.map((call) => call[3]),
    [bytes(1)],
  );
  host.answer(RequestOp.sinkWrite);
  await turn();
  assert.deepEqual(
    host.calls.map((call) => call[3]),
    [bytes(1), bytes(2, 3)],
  );
  host.answer(RequestOp.sinkWrite);
  await sent;
  assert.deepEqual(host.posts.at(-1), [Post.sinkClose, 7]);
});

test('stream: its failure is told to the host', async () => {
  const host = fakeHost();
  const stream = new ReadableStream({ pull: () => Promise.reject(new Error('broken')) });
  await sendResponse(new Response(stream), 7);
  assert.deepEqual(host.posts.at(-1), [Post.sinkAbort, 7, 'Error: broken']);
});

test('stream: a chunk may be text, which is sent as UTF-8', async () => {
  const host = fakeHost();
  const stream = new ReadableStream({
    start: (it: unknown) => {
      (it as Controller).enqueue('');
      (it as Controller).enqueue('h\u00e9\ud800');
      (it as Controller).close();
    },
  });
  const sent = sendResponse(new Response(stream), 7);
  await turn();
  host.answer(RequestOp.sinkWrite);
  await sent;
  assert.deepEqual(
    host.calls.map((call) => Buffer.from(call[3] as Uint8Array).toString()),
    ['h\u00e9\ufffd'],
  );
  assert.equal(host.posts.at(-1)?.[0], Post.sinkClose);
});

test('stream: a chunk that is neither bytes nor text fails it', async () => {
  for (const chunk of [1, {}, null]) {
    const host = fakeHost();
    let reason: unknown;
    const stream = new ReadableStream({ start: (it: unknown) => (it as Controller).enqueue(chunk), cancel: (it: unknown) => void (reason = it) });
    await sendResponse(new Response(stream), 7);
    assert.equal(host.posts.at(-1)?.[0], Post.sinkAbort);
    assert.match(`${host.posts.at(-1)?.[2]}`, /^TypeError: This TransformStream is being used as a byte stream/);
    assert.equal((reason as Error).name, 'TypeError');
  }
});

test('stream: is cancelled when the client takes no more', async () => {
  const host = fakeHost();
  let reason: unknown;
  const stream = new ReadableStream({ start: (it: unknown) => (it as Controller).enqueue(bytes(1)), cancel: (it: unknown) => void (reason = it) });
  const sent = sendResponse(new Response(stream), 7);
  await turn();
  host.fail(RequestOp.sinkWrite, 'Error', 'gone');
  await sent;
  assert.equal((reason as Error).message, 'gone');
  assert.deepEqual(host.posts.at(-1), [Post.sinkAbort, 7, 'Error: gone']);
});

test('stream: a chunk that comes in the turn of another event ends it, and reaches nobody', async () => {
  const host = fakeHost();
  let controller: Controller | undefined;
  const stream = new ReadableStream({ start: (it: unknown) => void (controller = it as Controller) });
  const sent = sendResponse(new Response(stream), 7);
  enterEvent(8);
  controller?.enqueue(bytes(1));
  await sent;
  assert.deepEqual(host.calls, []);
  assert.deepEqual(host.posts.at(-1)?.slice(0, 2), [Post.sinkAbort, 7]);
});

test('stream: its length is that of a FixedLengthStream, or unknown', () => {
  const host = fakeHost();
  const headers = { 'content-length': '99', a: '1' };
  sendResponse(new Response(new ReadableStream(), { headers }), 7);
  assert.equal(host.posts[0]?.[4], 'a\n1');
  sendResponse(new Response(new FixedLengthStream(5).readable, { headers }), 8);
  assert.equal(host.posts[1]?.[4], 'a\n1\ncontent-length\n5');
});

test('refusals: what is no response, and what was used', async () => {
  fakeHost();
  for (const value of [undefined, null, 'text', {}, Object.create(Response.prototype)]) {
    assert.throws(() => sendResponse(value, 7), { name: 'TypeError', message: "Incorrect type for Promise: the Promise did not resolve to 'Response'." });
  }
  const used = new Response('x');
  await used.text();
  assert.throws(() => sendResponse(used, 7), { message: 'Response body object should not be disturbed or locked' });
  const locked = new Response('x');
  locked.body?.getReader();
  assert.throws(() => sendResponse(locked, 7), TypeError);
  assert.throws(() => sendResponse(Response.error(), 7), TypeError);
  const twice = new Response('x');
  sendResponse(twice, 7);
  assert.throws(() => sendResponse(twice, 7), TypeError);
});
