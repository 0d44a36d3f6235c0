import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { abortInbound, forgetInbound, requestFromHost } from './inbound.ts';
import { sendResponse } from './outbound.ts';
import { Request } from './request.ts';
import { Response } from './response.ts';
import { fakeHost, turn } from './testing/fake-host.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

const from = (url: string): Request => requestFromHost('GET', url, '', 0, '');

test('url: is what the URL parser makes of it, whether it looks normal or not', () => {
  fakeHost();
  const urls = [
    'http://h/',
    'http://h',
    'http://H/',
    'http://h:80/',
    'http://h:8080/',
    'http://h:65536/',
    'http://h:08/',
    'https://h:443/x',
    'http://h:443/',
    'http://127.0.0.1:8787/a',
  ];
  urls.push(
    'http://127.1/',
    'http://1.2.3.256/',
    'http://1.2.3/',
    'http://a.1/',
    'http://0x7f.1/',
    'http://01.2.3.4/',
    'http://xn--a/',
    'http://a.xn--b.c/',
    'http://a..b/',
    'http://a.b./',
    'http://1.2.3.4.5/',
  );
  urls.push(
    'http://h/a/../b',
    'http://h/a/./b',
    'http://h/%2e%2E/b',
    'http://h/.well-known/x',
    'http://h/a.b/c..d',
    'http://h//',
    "http://h/a'b",
    "http://h/?a'b",
    'http://h/?a"b',
    'http://h/a b',
    'http://h/a\\b',
  );
  urls.push(
    'http://h/?a=%20&b={c}|d^`',
    'http://h/{a}',
    'http://h/a#f',
    'http://h/?a#f',
    'http://h/é',
    'http://h/?é',
    'http://h/%zz',
    'http://h?x',
    'http://u:p@h/',
    'http://[::1]:80/',
    'http://h/a\tb',
    'http://255.255.255.255/',
  );
  for (const url of urls) {
    const record = parseUrl(url);
    assert.equal(from(url).url, record === null ? url : serializeUrl(record), url);
  }
});

test('method, headers and cf: as they came', () => {
  fakeHost();
  const request = requestFromHost('PURGE', 'http://h/', 'host\nh\ncookie\na=1', 0, '{"colo":"X"}');
  assert.equal(request.method, 'PURGE');
  assert.equal(request.headers.get('Cookie'), 'a=1');
  assert.equal(request.headers, request.headers);
  assert.throws(() => request.headers.set('a', 'b'), TypeError);
  assert.deepEqual(request.cf, { colo: 'X' });
  assert.equal(request.redirect, 'manual');
  assert.equal(request.body, null);
  assert.equal(requestFromHost('GET', 'http://h/', '', 0, 'null').cf, undefined);
});

test('cf: from outside, an object with what is known', () => {
  assert.deepEqual(from('http://h/').cf, { httpProtocol: 'HTTP/1.1', clientAcceptEncoding: '' });
  const request = requestFromHost('GET', 'http://h/', 'accept-encoding\ngzip, br', 0, '');
  assert.deepEqual(new Request(request).cf, { httpProtocol: 'HTTP/1.1', clientAcceptEncoding: 'gzip, br' });
  assert.equal(request.cf, request.cf);
});

test('copy: can be changed, keeps the rest and takes the body', () => {
  const host = fakeHost();
  const request = requestFromHost('POST', 'http://h/', 'a\n1', 3, '{"x":1}');
  const copy = new Request(request);
  copy.headers.set('a', '2');
  assert.equal(request.headers.get('a'), '1');
  assert.deepEqual(copy.cf, { x: 1 });
  assert.equal(request.bodyUsed, true);
  assert.equal(copy.bodyUsed, false);
  sendResponse(new Response(copy.body), 7);
  assert.deepEqual(host.posts.at(-1)?.slice(5), [BodyKind.source, 3]);
});

test('text: one op', async () => {
  const host = fakeHost();
  const request = requestFromHost('POST', 'http://h/', '', 3, '');
  const text = request.text();
  assert.equal(request.bodyUsed, true);
  assert.deepEqual(
    host.calls.map((call) => [call[0], call[3]]),
    [[RequestOp.sourceText, 3]],
  );
  host.answer(RequestOp.sourceText, 'hello');
  assert.equal(await text, 'hello');
  await assert.rejects(request.text(), { name: 'TypeError', message: /Body has already been used/ });
});

test('json: one op, and a SyntaxError where it is none', async () => {
  const host = fakeHost();
  const good = requestFromHost('POST', 'http://h/', '', 3, '').json();
  host.answer(RequestOp.sourceText, '{"a":1}');
  assert.deepEqual(await good, { a: 1 });
  const bad = requestFromHost('POST', 'http://h/', '', 4, '').json();
  host.answer(RequestOp.sourceText, '{');
  await assert.rejects(bad, SyntaxError);
});

test('arrayBuffer, bytes and blob: one op', async () => {
  const host = fakeHost();
  for (const method of ['arrayBuffer', 'bytes', 'blob'] as const) {
    const request = requestFromHost('POST', 'http://h/', 'content-type\nText/X', 3, '') as unknown as Record<string, () => Promise<unknown>>;
    const result = request[method]?.();
    host.answer(RequestOp.sourceBytes, new Uint8Array([1, 2]).buffer);
    const value = await result;
    if (method === 'arrayBuffer') assert.deepEqual(value, new Uint8Array([1, 2]).buffer);
    else if (method === 'bytes') assert.deepEqual(value, new Uint8Array([1, 2]));
    else assert.deepEqual([(value as { type: string }).type, (value as { size: number }).size], ['text/x', 2]);
  }
});

test('failure: the host says why', async () => {
  const host = fakeHost();
  const text = requestFromHost('POST', 'http://h/', '', 3, '').text();
  host.fail(RequestOp.sourceText, 'TypeError', 'too long');
  await assert.rejects(text, { name: 'TypeError', message: 'too long' });
});

test('stream: one op for each chunk, none before the first read', async () => {
  const host = fakeHost();
  const reader = requestFromHost('POST', 'http://h/', '', 3, '').body?.getReader() as { read(): Promise<{ done: boolean; value: unknown }> };
  await turn();
  assert.deepEqual(host.calls, []);
  const first = reader.read();
  assert.equal(host.calls.length, 1);
  host.answer(RequestOp.sourceRead, new Uint8Array([1]));
  assert.deepEqual(await first, { done: false, value: new Uint8Array([1]) });
  await turn();
  assert.equal(host.calls.length, 1);
  const second = reader.read();
  host.answer(RequestOp.sourceRead, null);
  assert.deepEqual(await second, { done: true, value: undefined });
});

test('stream: cancelling tells the host', async () => {
  const host = fakeHost();
  const request = requestFromHost('POST', 'http://h/', '', 3, '');
  await request.body?.cancel();
  assert.deepEqual(host.posts, [[Post.sourceCancel, 7, 3]]);
  assert.equal(request.bodyUsed, true);
});

test('clone: both have the body', async () => {
  const host = fakeHost();
  const request = requestFromHost('POST', 'http://h/', 'a\n1', 3, '');
  const clone = request.clone();
  assert.equal(clone.headers.get('a'), '1');
  const texts = Promise.all([request.text(), clone.text()]);
  await turn();
  host.answer(RequestOp.sourceRead, new Uint8Array([104, 105]));
  await turn();
  host.answer(RequestOp.sourceRead, null);
  assert.deepEqual(await texts, ['hi', 'hi']);
});

test('signal: aborts with the event, whenever it was asked for', () => {
  fakeHost();
  const early = from('http://h/');
  const { signal } = early;
  assert.equal(signal.aborted, false);
  abortInbound(7, 'The client has disconnected.');
  assert.equal(signal.aborted, true);
  assert.equal((signal.reason as Error).name, 'AbortError');
  assert.equal(from('http://h/').signal.aborted, true);
  forgetInbound(7);
  assert.equal(from('http://h/').signal.aborted, false);
});
