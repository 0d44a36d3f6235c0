import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { type RequestHead, readHead } from './request-head.ts';

const read = (url: string, ...rawHeaders: string[]): RequestHead | string => readHead({ url, rawHeaders } as unknown as IncomingMessage);
const good = (url: string, ...rawHeaders: string[]): RequestHead => {
  const head = read(url, ...rawHeaders);
  if (typeof head === 'string') assert.fail(head);
  return head;
};

test('readHead: names in lower case, values as they are, in order', () => {
  const head = good('/a?b', 'HOST', 'Test:80', 'X-B', 'One', 'x-a', '', 'X-B', 'Two');
  assert.equal(head.host, 'Test:80');
  assert.equal(head.target, '/a?b');
  assert.equal(head.headers, '\nx-b\nOne\nx-a\n\nx-b\nTwo');
  assert.deepEqual([head.requestId, head.forwarded, head.length, head.hasBody], [undefined, undefined, undefined, false]);
});

test('readHead: what the platform sets itself is kept apart', () => {
  const head = good(
    '/',
    'Host',
    'a',
    'X-Request-Id',
    'r',
    'X-Forwarded-Proto',
    'https',
    'CF-Connecting-IP',
    '1.1.1.1',
    'X-Real-IP',
    '2.2.2.2',
    'X-Forwarded-For',
    '3',
    'X-Forwarded-For',
    '4',
  );
  assert.equal(head.headers, '');
  assert.equal(head.requestId, 'r');
  assert.deepEqual(head.forwarded, { proto: 'https', cfConnectingIp: '1.1.1.1', realIp: '2.2.2.2', for: '3, 4' });
});

test('readHead: bodies, declared, chunked or none', () => {
  assert.deepEqual([good('/', 'Content-Length', '5').length, good('/', 'Content-Length', '5').hasBody], [5, true]);
  assert.equal(good('/', 'Content-Length', '0').hasBody, false);
  assert.deepEqual([good('/', 'Transfer-Encoding', 'Chunked').length, good('/', 'Transfer-Encoding', 'Chunked').hasBody], [undefined, true]);
});

test('readHead: what would be ambiguous behind a proxy is refused', () => {
  for (const headers of [
    ['Host', 'a', 'host', 'b'],
    ['Content-Length', '5', 'Content-Length', '5'],
    ['Content-Length', '+5'],
    ['Content-Length', '5, 5'],
    ['Content-Length', '1e3'],
    ['Content-Length', '9999999999999999'],
    ['Transfer-Encoding', 'gzip'],
    ['Transfer-Encoding', 'chunked, chunked'],
    ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'],
    ['Content-Length', '5', 'Transfer-Encoding', 'chunked'],
  ]) {
    assert.equal(typeof read('/', ...headers), 'string', headers.join());
  }
});

test('readHead: absolute form has the host, anything else is refused', () => {
  assert.deepEqual([good('http://b/x?y', 'Host', 'a').host, good('http://b/x?y', 'Host', 'a').target], ['b', '/x?y']);
  assert.equal(good('HTTP://b', 'Host', 'a').target, '/');
  assert.equal(good('http://b?x').target, '/?x');
  assert.equal(good('http://b/x#y').target, '/x');
  const origin = read('/a?b#c/d', 'Host', 'a');
  assert.equal(typeof origin === 'string' ? '' : origin.target, '/a?b');
  for (const url of ['*', 'ftp://a/', 'a:80', 'http:/a']) assert.equal(typeof read(url, 'Host', 'a'), 'string');
});
