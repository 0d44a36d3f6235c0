import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { AbortController } from './abort.ts';
import { fetch } from './fetch.ts';
import { requestFromHost } from './inbound.ts';
import { sendResponse } from './outbound.ts';
import { Request } from './request.ts';
import { ReadableStream } from './streams/readable-stream.ts';
import { fakeHost, turn } from './testing/fake-host.ts';

type Controller = { enqueue(chunk: unknown): void; close(): void; error(reason: unknown): void };

test('plain: one op, and a response that cannot be changed', async () => {
  const host = fakeHost();
  const promise = fetch('HTTP://Example.com/a#frag');
  assert.deepEqual(
    host.calls.map((call) => call.slice(3, 9)),
    [['GET', 'http://example.com/a', '', 'follow', BodyKind.none, undefined]],
  );
  host.answer(RequestOp.fetch, 201, 'Created', 'x\n1', 'http://example.com/b', true, 9);
  const response = await promise;
  assert.deepEqual(
    [response.status, response.statusText, response.url, response.redirected, response.type, response.ok],
    [201, 'Created', 'http://example.com/b', true, 'basic', true],
  );
  assert.throws(() => response.headers.set('x', '2'), TypeError);
  const text = response.text();
  host.answer(RequestOp.sourceText, 'body');
  assert.equal(await text, 'body');
});

test('passing on: a fetched response becomes the answer without entering the isolate', async () => {
  const host = fakeHost();
  const incoming = requestFromHost('POST', 'http://h/', 'a\n1', 4, '');
  const promise = fetch(incoming);
  assert.deepEqual(host.calls[0]?.slice(3, 9), ['POST', 'http://h/', 'a\n1', 'manual', BodyKind.source, 4]);
  assert.equal(incoming.bodyUsed, true);
  host.answer(RequestOp.fetch, 200, '', 'x\n1', 'http://h/', false, 9);
  sendResponse(await promise, 7);
  assert.deepEqual(host.posts, [[Post.respond, 7, 200, '', 'x\n1', BodyKind.source, 9]]);
});

test('body: text and its content type, bytes, redirect mode and cache mode', () => {
  const host = fakeHost();
  fetch('http://h/', { method: 'post', body: 'x', redirect: 'manual' }).catch(() => undefined);
  assert.deepEqual(host.calls[0]?.slice(3, 9), ['POST', 'http://h/', 'content-type\ntext/plain;charset=UTF-8', 'manual', BodyKind.text, 'x']);
  fetch('http://h/', { method: 'PUT', body: new Uint8Array([1]), cache: 'no-store' }).catch(() => undefined);
  assert.deepEqual(host.calls[1]?.slice(3, 9), [
    'PUT',
    'http://h/',
    'pragma\nno-cache\ncache-control\nno-cache',
    'follow',
    BodyKind.bytes,
    new Uint8Array([1]),
  ]);
});

test('null body: a response without a source has none', async () => {
  const host = fakeHost();
  const promise = fetch('http://h/');
  host.answer(RequestOp.fetch, 204, '', '', 'http://h/', false, 0);
  assert.equal((await promise).body, null);
});

test('upload: a stream goes chunk by chunk', async () => {
  const host = fakeHost();
  let controller: Controller | undefined;
  const body = new ReadableStream({ start: (it: unknown) => void (controller = it as Controller) });
  const promise = fetch('http://h/', { method: 'POST', body });
  const call = host.calls[0]?.[2];
  assert.deepEqual(host.calls[0]?.slice(7), [BodyKind.stream, undefined, undefined, undefined]);
  controller?.enqueue(new Uint8Array([1]));
  controller?.enqueue(new Uint8Array([2]));
  await turn();
  assert.deepEqual(
    host.calls.slice(1).map((it) => [it[0], it[3], it[4]]),
    [[RequestOp.uploadWrite, call, new Uint8Array([1])]],
  );
  host.answer(RequestOp.uploadWrite);
  await turn();
  host.answer(RequestOp.uploadWrite);
  controller?.close();
  await turn();
  assert.deepEqual(host.posts, [[Post.uploadClose, 7, call]]);
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 0);
  assert.equal((await promise).status, 200);
});

test('upload: a stream that fails aborts the request', async () => {
  const host = fakeHost();
  const promise = fetch('http://h/', { method: 'POST', body: new ReadableStream({ start: (it: unknown) => (it as Controller).error(new RangeError('no')) }) });
  await assert.rejects(promise, RangeError);
  assert.deepEqual(host.posts, [[Post.uploadAbort, 7, host.calls[0]?.[2], 'RangeError: no']]);
});

test('upload: an upstream that takes no more may still answer', async () => {
  const host = fakeHost();
  let reason: unknown;
  const body = new ReadableStream({ start: (it: unknown) => (it as Controller).enqueue(new Uint8Array([1])), cancel: (it: unknown) => void (reason = it) });
  const promise = fetch('http://h/', { method: 'POST', body });
  await turn();
  host.fail(RequestOp.uploadWrite, 'TypeError', 'over');
  await turn();
  assert.equal((reason as Error).message, 'over');
  host.answer(RequestOp.fetch, 413, '', '', 'http://h/', false, 0);
  assert.equal((await promise).status, 413);
  assert.deepEqual(host.posts, []);
});

test('abort: before, while waiting for the head, and in the body', async () => {
  const host = fakeHost();
  const early = new AbortController();
  early.abort('why');
  await assert.rejects(fetch('http://h/', { signal: early.signal }), (reason) => reason === 'why');
  assert.deepEqual(host.calls, []);

  const waiting = new AbortController();
  const first = fetch('http://h/', { signal: waiting.signal });
  waiting.abort();
  await assert.rejects(first, { name: 'AbortError' });
  assert.deepEqual(host.posts, [[Post.fetchAbort, 7, host.calls[0]?.[2]]]);
  host.clear();

  const late = new AbortController();
  const second = fetch('http://h/', { signal: late.signal });
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 9);
  const response = await second;
  const text = response.text();
  late.abort();
  await assert.rejects(text, { name: 'AbortError' });
  assert.deepEqual(host.posts, [[Post.fetchAbort, 7, host.calls[0]?.[2]]]);
});

test('abort: errors the stream of the body, and comes too late for one that was read', async () => {
  const host = fakeHost();
  const controller = new AbortController();
  const promise = fetch('http://h/', { signal: controller.signal });
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 9);
  const reader = (await promise).body?.getReader() as { read(): Promise<unknown> };
  const read = reader.read();
  controller.abort();
  await assert.rejects(read, { name: 'AbortError' });
  host.clear();

  const other = new AbortController();
  const second = fetch('http://h/', { signal: other.signal });
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 10);
  const text = (await second).text();
  host.answer(RequestOp.sourceText, 'all');
  assert.equal(await text, 'all');
  other.abort();
  assert.deepEqual(host.posts, []);
});

test('abort: a body nobody touched fails as well', async () => {
  const host = fakeHost();
  const controller = new AbortController();
  const promise = fetch('http://h/', { signal: controller.signal });
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 9);
  const response = await promise;
  controller.abort();
  await assert.rejects(response.text(), { name: 'AbortError' });
});

test('signal: of a Request is followed', async () => {
  fakeHost();
  const controller = new AbortController();
  const request = new Request('http://h/', { signal: controller.signal });
  const promise = fetch(request);
  controller.abort();
  await assert.rejects(promise, { name: 'AbortError' });
});

test('refusals: scheme, URL, arguments, the global scope', async () => {
  fakeHost();
  await assert.rejects(fetch('ftp://h/x'), { name: 'TypeError', message: 'Fetch API cannot load: ftp://h/x' });
  await assert.rejects(fetch('/relative'), { name: 'TypeError', message: 'Invalid URL: /relative' });
  await assert.rejects((fetch as () => Promise<unknown>)(), TypeError);
  enterEvent(0);
  await assert.rejects(fetch('http://h/'), /Disallowed operation called within global scope/);
});

test('failure: the error is the host’s', async () => {
  const host = fakeHost();
  const promise = fetch('http://h/');
  host.fail(RequestOp.fetch, 'TypeError', 'connection refused');
  await assert.rejects(promise, { name: 'TypeError', message: 'connection refused' });
});

test('data: URLs are answered inside', async () => {
  const host = fakeHost();
  const response = await fetch('data:text/x;base64,aGk=#f');
  assert.deepEqual(
    [response.status, response.statusText, response.headers.get('content-type'), response.url],
    [200, 'OK', 'text/x', 'data:text/x;base64,aGk='],
  );
  assert.equal(await response.text(), 'hi');
  assert.deepEqual(host.calls, []);
  await assert.rejects(fetch('data:nothing'), TypeError);
});

test('tenant: a patched Array iterator is not consulted', async () => {
  const host = fakeHost();
  const iterator = Array.prototype[Symbol.iterator];
  const promise = fetch('http://h/', { method: 'POST', body: 'x', headers: { a: '1' } });
  Array.prototype[Symbol.iterator] = () => {
    throw new Error('patched');
  };
  try {
    const clone = new Request('http://h/', { method: 'POST', body: new ReadableStream() }).clone();
    clone.headers.set('a', 'b');
  } finally {
    Array.prototype[Symbol.iterator] = iterator;
  }
  host.answer(RequestOp.fetch, 200, '', '', 'http://h/', false, 0);
  assert.equal((await promise).status, 200);
});
