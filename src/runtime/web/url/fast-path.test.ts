import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { parseOrdinary } from './fast-path.ts';
import { parseUrl, serializeUrl } from './parser.ts';
import type { UrlRecord } from './record.ts';

// A leading space is stripped by the full parser and refused by the fast path.
const full = (input: string) => parseUrl(` ${input}`);

const taken = [
  'http://a',
  'https://example.com',
  'https://example.com/',
  'https://example.com/path/to?x=1',
  'https://example.com/path/to?x=1#y',
  'https://a-b.example.com:8443/a//b/?',
  'https://example.com:443/',
  'http://example.com:80?q',
  'http://example.com:080#',
  'http://0x1.example/a%20b/c.d/e%2ef',
  "https://example.com/a'b?a=%27&b=/?#/?",
  'http://a.b..c/',
  'http://-/',
];

const left = [
  'http://',
  'https:/a',
  'http:a',
  'httpx://a',
  'HTTP://a',
  'http://A/',
  'http://a:',
  'http://a:99999',
  'http://a:1x',
  'http://u@a/',
  'http://1.2.3.4/',
  'http://a.1',
  'http://a.0x1',
  'http://a./',
  'http://[::1]/',
  'http://xn--a/',
  'http://a.xn--b/',
  'http://a\\b',
  'http://a/\\',
  'http://a/.',
  'http://a/..',
  'http://a/b/../c',
  'http://a/%2e',
  'http://a/b/.%2E/',
  'http://a/ ',
  'http://a/b\tc',
  'http://a/{',
  'http://a/?"',
  "http://a/?'",
  'http://a/#`',
  'http://a/é',
  'http://a/?é',
  'http://a/#é',
  'http://a/\x7f',
  'http://a%41/',
  'http://é/',
  'http://a_b/',
  'http://a/^',
];

test('parseOrdinary: agrees with the full parser on what it takes', () => {
  for (const input of taken) {
    const record = parseOrdinary(input);
    assert.notEqual(record, null, input);
    assert.deepEqual(record, full(input), input);
  }
});

test('parseOrdinary: leaves alone what needs more than slicing', () => {
  for (const input of left) assert.equal(parseOrdinary(input), null, input);
});

test('parseOrdinary: never disagrees with the full parser', () => {
  // Every short string over the characters that matter, after an ordinary beginning.
  const alphabet = ['a', '1', '.', '/', '?', '#', ':', '%2e', "'", '-', '\\', '@'];
  let inputs = ['http://', 'http://a', 'https://a/', 'http://a/?', 'http://a/#'];
  for (let length = 0; length < 3; length++) {
    inputs = inputs.flatMap((input) => alphabet.map((next) => input + next));
    for (const input of inputs) {
      const record = parseOrdinary(input);
      if (record !== null) assert.deepEqual(record, full(input), input);
    }
  }
});

test('serializeUrl: gives an ordinary URL back as it was', () => {
  for (const input of ['https://example.com/path/to?x=1#y', 'http://a:81/']) assert.equal(serializeUrl(full(input) as UrlRecord), input);
});
