import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { extractMimeType, parseMimeType, serializeMimeType } from './mime-type.ts';

const roundTrip = (text: string): string | null => {
  const parsed = parseMimeType(text);
  return parsed === null ? null : serializeMimeType(parsed);
};

test('parse: lower-cases, trims and keeps the first of each parameter', () => {
  assert.equal(roundTrip(' Text/HTML ; Charset=UTF-8;charset=x '), 'text/html;charset=UTF-8');
  assert.equal(roundTrip('text/html;x="a\\"b;c"; y=1'), 'text/html;x="a\\"b;c";y=1');
  assert.equal(roundTrip('text/html;charset='), 'text/html');
  assert.equal(roundTrip('text/html;x=""'), 'text/html;x=""');
  assert.equal(roundTrip('text/html;x;y=2'), 'text/html;y=2');
});

test('parse: what is no MIME type is null', () => {
  for (const text of ['', 'text', '/html', 'text/', 'te xt/html', 'text/ht ml', '\u0100/x']) assert.equal(parseMimeType(text), null);
});

test('extract: the last valid type wins and inherits a charset', () => {
  const extract = (text: string): string | null => {
    const type = extractMimeType(text);
    return type === null ? null : serializeMimeType(type);
  };
  assert.equal(extract('text/plain;charset=gbk, text/html'), 'text/html');
  assert.equal(extract('text/html;charset=gbk;a=b, text/html;x=y'), 'text/html;x=y;charset=gbk');
  assert.equal(extract('text/html, cannot-parse'), 'text/html');
  assert.equal(extract('text/html, */*'), 'text/html');
  assert.equal(extract('text/html;x=",text/plain", image/gif'), 'image/gif');
  assert.equal(extract(''), null);
  assert.equal(extractMimeType(null), null);
});
