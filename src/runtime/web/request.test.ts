import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { setCompatibility } from '../compat.ts';
import { BodyKind, Post } from '../../protocol/ops.ts';
import { AbortController } from './abort.ts';
import { fetch } from './fetch.ts';
import { requestFromHost } from './inbound.ts';
import { sendResponse } from './outbound.ts';
import { Request } from './request.ts';
import { Response } from './response.ts';
import { ReadableStream } from './streams/readable-stream.ts';
import { fakeHost } from './testing/fake-host.ts';

test('constructor: defaults', () => {
  const request = new Request('HTTP://Example.com');
  const { method, url, redirect, cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy, duplex, destination, body, bodyUsed, cf } = request;
  assert.deepEqual(
    [method, url, redirect, cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy, duplex, destination, body, bodyUsed, cf],
    ['GET', 'http://example.com/', 'follow', 'default', 'same-origin', '', false, 'cors', 'about:client', '', 'half', '', null, false, undefined],
  );
  assert.equal(Request.length, 1);
});

test('constructor: URLs must be absolute and without credentials', () => {
  for (const url of ['', '/x', 'http://', 'http://u:p@h/']) assert.throws(() => new Request(url), TypeError);
  assert.throws(() => new (Request as unknown as new () => Request)(), TypeError);
  assert.equal(new Request('http://h/a#b').url, 'http://h/a#b');
});

test('constructor: methods are normalised, and some forbidden', () => {
  for (const [given, expected] of [
    ['get', 'GET'],
    ['Put', 'PUT'],
    ['patch', 'PATCH'],
    ['PATCH', 'PATCH'],
    ['x-Y', 'X-Y'],
  ])
    assert.equal(new Request('http://h/', { method: given }).method, expected);
  for (const method of ['', 'a b', 'CONNECT', 'trace', 'Track']) assert.throws(() => new Request('http://h/', { method }), TypeError);
});

test('constructor: before the flag, methods that the standard does not name stay as they are', () => {
  setCompatibility(['upper_case_all_http_methods']);
  try {
    assert.deepEqual(
      ['patch', 'Put'].map((method) => new Request('http://h/', { method }).method),
      ['patch', 'PUT'],
    );
  } finally {
    setCompatibility([]);
  }
});

test('constructor: members are checked and read in lexicographical order', () => {
  const read: string[] = [];
  new Request('http://h/', new Proxy({}, { get: (_, key) => void read.push(String(key)) }));
  assert.deepEqual(read, [...read].sort());
  for (const init of [
    { redirect: 'x' },
    { signal: {} },
    { window: {} },
    { cache: 'x' },
    { mode: 'navigate' },
    { duplex: 'full' },
    { referrer: 'http://' },
    { cache: 'only-if-cached' },
  ]) {
    assert.throws(() => new Request('http://h/', init), TypeError, JSON.stringify(init));
  }
});

test('body: not with GET or HEAD; brings its content type', async () => {
  assert.throws(() => new Request('http://h/', { body: 'x' }), TypeError);
  assert.throws(() => new Request('http://h/', { method: 'HEAD', body: 'x' }), TypeError);
  const request = new Request('http://h/', { method: 'POST', body: 'x' });
  assert.equal(request.headers.get('content-type'), 'text/plain;charset=UTF-8');
  assert.equal(await request.text(), 'x');
  assert.equal(request.bodyUsed, true);
});

test('copy: takes the body, and the init goes before what is copied', async () => {
  const first = new Request('http://h/', { method: 'POST', body: 'x', headers: { a: '1' }, cf: { k: 1 }, redirect: 'error' });
  const second = new Request(first, { headers: { b: '2' } });
  assert.deepEqual(
    [second.method, second.url, second.redirect, second.cf, second.headers.get('a'), second.headers.get('b')],
    ['POST', 'http://h/', 'error', { k: 1 }, null, '2'],
  );
  assert.equal(first.bodyUsed, true);
  assert.equal(await second.text(), 'x');
  assert.throws(() => new Request(first), TypeError);
  const third = new Request('http://h/', { method: 'POST', body: 'x' });
  assert.throws(() => new Request(third, { method: 'GET' }), TypeError);
  assert.equal(third.bodyUsed, false);
});

test('copy: a stream is read through, not given away', async () => {
  const stream = new ReadableStream({
    pull(controller: unknown) {
      const it = controller as { enqueue(chunk: unknown): void; close(): void };
      it.enqueue(new Uint8Array([104, 105]));
      it.close();
    },
  });
  const first = new Request('http://h/', { method: 'POST', body: stream });
  const second = new Request(first);
  assert.notEqual(second.body, stream);
  assert.deepEqual([first.bodyUsed, stream.locked], [true, true]);
  assert.equal(await second.text(), 'hi');
});

test('init: an incoming request as init hands its body on untouched', () => {
  const host = fakeHost();
  const incoming = requestFromHost('POST', 'http://h/', 'a\n1', 6, '{"x":1}');
  fetch('http://other/', incoming).catch(() => undefined);
  assert.deepEqual(host.calls[0]?.slice(3, 9), ['POST', 'http://other/', 'a\n1', 'manual', BodyKind.source, 6]);
  assert.equal(incoming.bodyUsed, true);
  assert.deepEqual(host.posts, []);
});

test('signal: follows the one given, and so do copies and clones', () => {
  const controller = new AbortController();
  const request = new Request('http://h/', { signal: controller.signal });
  const signals = [request.signal, request.clone().signal, new Request(request).signal];
  const without = new Request(request, { signal: null }).signal;
  assert.equal(request.signal, signals[0]);
  assert.notEqual(request.signal, controller.signal);
  controller.abort('why');
  for (const signal of signals) assert.deepEqual([signal.aborted, signal.reason], [true, 'why']);
  assert.equal(without.aborted, false);
  assert.equal(request.clone().signal.aborted, true);
});

test('body: of text and bytes passes through its stream without becoming one', () => {
  const host = fakeHost();
  const request = new Request('http://h/', { method: 'POST', body: 'x' });
  sendResponse(new Response(request.body), 7);
  assert.deepEqual(host.posts, [[Post.respond, 7, 200, '', '', BodyKind.text, 'x']]);
});
