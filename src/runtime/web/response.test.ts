import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Headers } from './headers.ts';
import { Response } from './response.ts';

test('constructor: defaults', () => {
  const response = new Response();
  assert.deepEqual(
    [response.type, response.status, response.statusText, response.ok, response.url, response.redirected, response.body, response.bodyUsed, response.webSocket],
    ['default', 200, '', true, '', false, null, false, null],
  );
  assert.equal(Response.length, 0);
});

test('constructor: status and statusText are checked', () => {
  for (const status of [0, 100, 199, 600, 65536 + 99]) assert.throws(() => new Response(null, { status }), RangeError);
  assert.throws(() => new Response(null, { status: 101 }), RangeError);
  assert.throws(() => new Response(null, { status: 101, webSocket: {} }), TypeError);
  assert.equal(new Response(null, { status: 65536 + 200 }).status, 200);
  for (const statusText of ['a\nb', '\0', '\u0100']) assert.throws(() => new Response(null, { statusText }), TypeError);
  for (const status of [204, 205, 304]) assert.throws(() => new Response('x', { status }), TypeError);
  assert.throws(() => new Response(null, 1), TypeError);
  assert.throws(() => new Response(null, { encodeBody: 'sometimes' }), TypeError);
});

test('constructor: the content type is the body’s unless the init has one', () => {
  assert.equal(new Response('x').headers.get('content-type'), 'text/plain;charset=UTF-8');
  assert.equal(new Response('x', { headers: { 'Content-Type': 'a/b' } }).headers.get('content-type'), 'a/b');
  assert.equal(new Response('x', { headers: { a: 'b' } }).headers.get('content-type'), 'text/plain;charset=UTF-8');
  assert.equal(new Response(new Uint8Array(1)).headers.has('content-type'), false);
});

test('constructor: the init is read in lexicographical order, and a getter may throw', () => {
  const read: string[] = [];
  const init = new Proxy({}, { get: (_, key) => void read.push(String(key)) });
  new Response(null, init);
  assert.deepEqual(read, ['cf', 'encodeBody', 'headers', 'status', 'statusText', 'webSocket']);
  const mine = new Error('mine');
  assert.throws(
    () =>
      new Response(null, {
        get headers() {
          throw mine;
        },
      }),
    (error) => error === mine,
  );
});

test('constructor: headers are copied, and another response serves as init', () => {
  const headers = new Headers({ a: '1' });
  const response = new Response('x', { headers, status: 201 });
  headers.set('a', '2');
  assert.equal(response.headers.get('a'), '1');
  const copy = new Response(response.body, response);
  assert.deepEqual([copy.status, copy.headers.get('a')], [201, '1']);
});

test('json: text, content type, and a TypeError for what has no JSON', async () => {
  const response = Response.json({ a: ['é'] }, { status: 201 });
  assert.deepEqual([response.status, response.headers.get('content-type'), await response.text()], [201, 'application/json', '{"a":["é"]}']);
  assert.equal(Response.json(1, { headers: { 'content-type': 'x/y' } }).headers.get('content-type'), 'x/y');
  assert.throws(() => Response.json(undefined), TypeError);
  assert.throws(() => Response.json(1, { status: 204 }), TypeError);
  assert.throws(() => (Response.json as () => unknown)(), TypeError);
});

test('redirect: location, status, and headers that cannot be changed', () => {
  const response = Response.redirect('HTTP://A/b');
  assert.deepEqual([response.status, response.headers.get('location')], [302, 'http://a/b']);
  assert.throws(() => response.headers.set('a', 'b'), TypeError);
  assert.throws(() => Response.redirect('/b'), TypeError);
  assert.throws(() => Response.redirect('http://a/', 200), RangeError);
  assert.equal(Response.redirect.length, 1);
});

test('error: status 0, headers that cannot be changed', () => {
  const response = Response.error();
  assert.deepEqual([response.type, response.status, response.body], ['error', 0, null]);
  assert.throws(() => response.headers.set('a', 'b'), TypeError);
});

test('clone: is independent', async () => {
  const response = new Response('x', { headers: { a: '1' } });
  const clone = response.clone();
  clone.headers.set('a', '2');
  assert.equal(response.headers.get('a'), '1');
  assert.deepEqual([await response.text(), await clone.text()], ['x', 'x']);
  assert.throws(() => response.clone(), TypeError);
});

test('brand: methods and getters want a response', async () => {
  assert.throws(() => Reflect.get(Response.prototype, 'status', {}), TypeError);
  await assert.rejects((Response.prototype as unknown as { text(): Promise<string> }).text.call({} as never), TypeError);
});
