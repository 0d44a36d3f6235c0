import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { Sync } from '../../../protocol/ops.ts';
import { attach } from '../../bridge.ts';
import { HOST_DECODES_FROM, HOST_ENCODES_FROM, decodeUtf8, encodeUtf8, encodeUtf8Into, incompleteUtf8, utf8ByteLength } from './utf8.ts';

const asked: unknown[] = [];
attach(
  () => {},
  (op, _event, ...args) => {
    asked.push(op);
    if (op === Sync.encodeUtf8) return new TextEncoder().encode(args[0] as string).buffer;
    return new TextDecoder(args[1] as string, { ignoreBOM: true }).decode(args[2] as Uint8Array);
  },
);

const reference = new TextEncoder();

const texts = [
  '',
  'a',
  'plain ascii, longer than sixteen bytes',
  'é',
  'Grüße aus Zürich',
  '你好',
  '😀',
  'a😀b',
  '\ud800',
  '\udc00',
  'a\ud800b',
  '\udc00\ud800',
  '\ud800\ud800\udc00',
  '\ufeffx',
  '\0',
  '\uffff\u0800\u07ff\u0080',
];

test('encodeUtf8: encodes every kind of character, a lone surrogate as U+FFFD', () => {
  for (const text of [...texts, `${'a'.repeat(5000)}é${'b'.repeat(100)}`, 'é\ud800😀'.repeat(2000)]) {
    const expected = reference.encode(text);
    assert.deepEqual(encodeUtf8(text), expected);
    assert.equal(utf8ByteLength(text), expected.length);
  }
});

test('encodeUtf8: gives an array that owns exactly its bytes', () => {
  for (const text of ['abc', 'é', 'é'.repeat(5000)]) {
    const bytes = encodeUtf8(text);
    assert.equal(bytes.byteOffset, 0);
    assert.equal(bytes.buffer.byteLength, bytes.length);
  }
});

test('encodeUtf8Into: stops before a character that does not fit', () => {
  for (const [text, room, read, written] of [
    ['aé你😀', 2, 1, 1],
    ['aé你😀', 5, 2, 3],
    ['aé你😀', 6, 3, 6],
    ['aé你😀', 9, 3, 6],
    ['aé你😀', 10, 5, 10],
    ['\ud800', 2, 0, 0],
    ['', 0, 0, 0],
  ] as const) {
    assert.deepEqual(encodeUtf8Into(text, new Uint8Array(room)), { read, written });
  }
});

test('decodeUtf8: inverts encodeUtf8, with runs of ASCII of any length between', () => {
  for (let run = 0; run < 40; run++) {
    const text = `${'x'.repeat(run)}é${'y'.repeat(40 - run)}😀${'z'.repeat(run)}`;
    assert.equal(decodeUtf8(reference.encode(text)), text);
  }
  const long = 'aé你😀'.repeat(1000);
  assert.equal(decodeUtf8(reference.encode(long)), long);
});

test('decodeUtf8: replaces each maximal subpart of a malformed sequence', () => {
  const cases: [number[], string][] = [
    [[0x80], '\ufffd'],
    [[0xc0, 0x80], '\ufffd\ufffd'],
    [[0xc1, 0xbf], '\ufffd\ufffd'],
    [[0xc3], '\ufffd'],
    [[0xc3, 0x41], '\ufffdA'],
    [[0xe0, 0x80, 0x80], '\ufffd\ufffd\ufffd'],
    [[0xe2, 0x82], '\ufffd'],
    [[0xe2, 0x82, 0x41], '\ufffdA'],
    [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    [[0xf0, 0x9f, 0x98], '\ufffd'],
    [[0xf0, 0x80, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    [[0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    [[0xf5, 0x41], '\ufffdA'],
    [[0xff], '\ufffd'],
    [[0xf0, 0x9f, 0xc3, 0xa9], '\ufffdé'],
  ];
  for (const [bytes, expected] of cases) {
    assert.equal(decodeUtf8(new Uint8Array(bytes)), expected);
    assert.throws(() => decodeUtf8(new Uint8Array(bytes), { fatal: true }), TypeError);
  }
});

test('decodeUtf8: drops one byte order mark unless told otherwise', () => {
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x61]);
  assert.equal(decodeUtf8(bytes), '\ufeffa');
  assert.equal(decodeUtf8(bytes, { ignoreBOM: true }), '\ufeff\ufeffa');
});

test('incompleteUtf8: counts the bytes that more input may complete', () => {
  const cases: [number[], number][] = [
    [[], 0],
    [[0x61], 0],
    [[0xc3], 1],
    [[0xc3, 0xa9], 0],
    [[0x61, 0xe2, 0x82], 2],
    [[0xf0, 0x9f, 0x98], 3],
    [[0xf0, 0x9f, 0x98, 0x80], 0],
    [[0xe0, 0x80], 0],
    [[0xed, 0xa0], 0],
    [[0xf4, 0x90], 0],
    [[0x80, 0x80, 0x80, 0x80], 0],
    [[0xff], 0],
  ];
  for (const [bytes, expected] of cases) assert.equal(incompleteUtf8(new Uint8Array(bytes)), expected);
});

test('encodeUtf8, decodeUtf8: take long input to the host', () => {
  asked.length = 0;
  const text = 'é'.repeat(HOST_ENCODES_FROM);
  const bytes = encodeUtf8(text);
  assert.equal(bytes.length, 2 * text.length);
  assert.equal(decodeUtf8(bytes.subarray(0, HOST_DECODES_FROM)), 'é'.repeat(HOST_DECODES_FROM / 2));
  assert.deepEqual(asked, [Sync.encodeUtf8, Sync.decodeText]);
});
