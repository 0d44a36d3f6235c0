import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readResponseHead } from './response-head.ts';

test('readResponseHead: splits, and keeps framing to itself', () => {
  const flat = [
    'X-A',
    '1',
    'set-cookie',
    'a',
    'set-cookie',
    'b',
    'Connection',
    'x',
    'transfer-encoding',
    'x',
    'Date',
    'x',
    'X-Request-Id',
    'x',
    'keep-alive',
    'x',
    'upgrade',
    'x',
  ].join('\n');
  assert.deepEqual(readResponseHead(200, '', flat), {
    status: 200,
    statusText: 'OK',
    headers: ['X-A', '1', 'set-cookie', 'a', 'set-cookie', 'b'],
    length: undefined,
    coding: undefined,
  });
  assert.deepEqual(readResponseHead(299, '', '').statusText, '');
  assert.deepEqual(readResponseHead(200, 'Ja', '').statusText, 'Ja');
});

test('readResponseHead: Content-Length counts where it is a number', () => {
  assert.equal(readResponseHead(200, '', 'Content-Length\n12').length, 12);
  for (const value of ['', '-1', '1.5', '0x10', '1, 1', '9'.repeat(20)]) {
    const head = readResponseHead(200, '', `content-length\n${value}`);
    assert.deepEqual([head.length, head.headers], [undefined, []]);
  }
});

test('readResponseHead: the coding that the body is to get', () => {
  for (const [value, coding] of [
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['deflate', undefined],
    ['gzip, br', undefined],
  ] as const) {
    const head = readResponseHead(200, '', `content-encoding\n${value}`);
    assert.deepEqual([head.coding, head.headers], [coding, ['content-encoding', value]]);
  }
});

test('readResponseHead: what was read once is not changed by whoever gets it', () => {
  const first = readResponseHead(200, '', 'a\n1');
  first.headers.push('b', '2');
  assert.deepEqual(readResponseHead(200, '', 'a\n1').headers, ['a', '1']);
  for (let i = 0; i < 1000; i++) readResponseHead(200, '', `a\n${i}`);
  assert.deepEqual(readResponseHead(200, '', 'a\n1').headers, ['a', '1']);
});

test('readResponseHead: values go out as UTF-8', () => {
  assert.deepEqual(readResponseHead(200, '', 'a\ncaf\u00e9 \u20ac').headers, ['a', 'caf\xc3\xa9 \xe2\x82\xac']);
});

test('readResponseHead: what HTTP forbids is refused', () => {
  for (const status of [0, 99, 100, 199, 600, 200.5, Number.NaN]) assert.throws(() => readResponseHead(status, '', ''));
  assert.throws(() => readResponseHead(200, 'x'.repeat(130_000), `a\n${'x'.repeat(2000)}`), /characters of headers/);
  for (const text of ['a\r\nb', 'a\nb', '\0', '€']) assert.throws(() => readResponseHead(200, text, ''));
  for (const flat of ['a', 'a\nb\nc', 'a b\nc', '\nb', 'a:\nb', 'ä\nb', 'a\nb\rc', 'a\nb\0', 'a\n\x01', `a\n${'x'.repeat(200_000)}`]) {
    assert.throws(() => readResponseHead(200, '', flat), flat.slice(0, 20));
    assert.throws(() => readResponseHead(200, '', flat), flat.slice(0, 20));
  }
});
