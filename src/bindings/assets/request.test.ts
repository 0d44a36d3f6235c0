import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePath, encodePath, readRequest, requestOf } from './request.ts';

test('requestOf: reads every URL as the standard does', () => {
  const urls = [
    'http://a.localhost/',
    'http://a.localhost:8080/a/b.c?d=e',
    'https://example.com',
    'https://example.com?x',
    'https://example.com:443/a',
    'http://example.com:80/',
    'http://example.com:80',
    'http://example.com:8080?a',
    'http://example.com:59999/',
    'http://example.com:65535/',
    'http://example.com:0080/',
    'http://127.0.0.1/a',
    'http://1.2.3/',
    'http://0x7f.1/',
    'http://EXAMPLE.com/a',
    'http://a/./b/../c',
    'http://a/..',
    'http://a/...',
    'http://a/b/.',
    'http://a/.b',
    'http://a/%2e%2e/b',
    'http://a//b',
    'http://a\\b',
    'http://a/b\\c',
    'http://a/b c?d e#f',
    'http://a/ü?ü',
    "http://a/b?'",
    'http://a/b?',
    'http://a/~b/-c/_d/',
    'http://[::1]:80/a',
  ];
  for (const url of urls) {
    const { origin, hostname, pathname, search } = new URL(url);
    const read = requestOf('GET', url, '');
    assert.deepEqual([read?.origin, read?.hostname, read?.pathname, read?.search], [origin, hostname, pathname, search], url);
  }
  for (const url of ['*', 'http://', 'http://a:b/', 'no URL', 'http://*']) if (!URL.canParse(url)) assert.equal(requestOf('OPTIONS', url, ''), undefined, url);
});

test('readRequest: method, URL and headers of a head', () => {
  const request = readRequest('HEAD\nhttp://a/b?c\nrange\nbytes=0-1\naccept\nx');
  assert.deepEqual(
    [request?.method, request?.pathname, request?.search, request?.header('range'), request?.header('host')],
    ['HEAD', '/b', '?c', 'bytes=0-1', undefined],
  );
  assert.equal(readRequest('GET\nhttp://a/')?.header('accept'), undefined);
});

test('decodePath and encodePath: segment by segment, and back', () => {
  for (const [path, decoded] of [
    ['/a%20b', '/a b'],
    ['/%e4', '/%e4'],
    ['/a%2fb', '/a/b'],
    ['//a///b/', '/a/b/'],
    ['/%2f%2fevil', '/evil'],
    ['/%', '/%'],
    ['/%00', '/\0'],
  ])
    assert.equal(decodePath(String(path)), decoded);
  for (const [path, encoded] of [
    ['/a b', '/a%20b'],
    ['/[x]', '/%5Bx%5D'],
    ['/%41', '/%2541'],
    ['/\ud800', '/\ud800'],
    ['/plain-1_2.3~4', '/plain-1_2.3~4'],
  ])
    assert.equal(encodePath(String(path)), encoded);
});
