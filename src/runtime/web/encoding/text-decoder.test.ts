import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { attach } from '../../bridge.ts';
import { encodingFromLabel } from './labels.ts';
import { TextDecoder } from './text-decoder.ts';

const NodeDecoder = globalThis.TextDecoder;
const asked: unknown[][] = [];
attach(
  () => {},
  (_op, _event, ...args) => {
    asked.push(args);
    return (args[3] as number) & 1 ? null : new NodeDecoder(args[1] as string).decode(args[2] as Uint8Array);
  },
);

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

/** Decodes in two chunks, split at every place. */
function* splits(label: string, input: Uint8Array): Generator<string> {
  for (let i = 0; i <= input.length; i++) {
    const decoder = new TextDecoder(label);
    yield decoder.decode(input.slice(0, i), { stream: true }) + decoder.decode(input.slice(i));
  }
}

test('encodingFromLabel: knows the labels, whatever their case and the spaces around', () => {
  for (const [label, name] of [
    ['utf8', 'utf-8'],
    [' \t\nUTF-8\f\r', 'utf-8'],
    ['latin1', 'windows-1252'],
    ['Ascii', 'windows-1252'],
    ['ucs-2', 'utf-16le'],
    ['l6', 'iso-8859-10'],
    ['x-user-defined', 'x-user-defined'],
    ['hz-gb-2312', 'replacement'],
    ['866', 'ibm866'],
    ['logical', 'iso-8859-8-i'],
    ['gb2312', 'gbk'],
  ] as const) {
    assert.equal(encodingFromLabel(label), name);
  }
  for (const label of ['', ' ', 'utf', 'utf-7', 'l5 latin5', 'utf-8\0', '\u000butf-8', '\u212aoi8-r', 'utf-8\n ibm866'])
    assert.equal(encodingFromLabel(label), null);
});

test('new TextDecoder: refuses unknown labels and replacement with RangeError', () => {
  for (const label of ['x', '', 'replacement', 'iso-2022-kr']) assert.throws(() => new TextDecoder(label), RangeError);
  const decoder = new TextDecoder('LATIN1', { fatal: 1, ignoreBOM: 'x' });
  assert.deepEqual([decoder.encoding, decoder.fatal, decoder.ignoreBOM], ['windows-1252', true, true]);
});

test('decode: streams UTF-8 over any split, byte order mark included', () => {
  for (const text of splits('utf-8', bytes(0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82))) assert.equal(text, 'aé😀\ufffd');
});

test('decode: streams UTF-16 over any split, lone surrogates and half units included', () => {
  for (const text of splits('utf-16le', bytes(0xff, 0xfe, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xdc, 0x61, 0x00, 0x3d, 0xd8, 0x01)))
    assert.equal(text, '😀\ufffda\ufffd');
  for (const text of splits('utf-16be', bytes(0xfe, 0xff, 0xd8, 0x3d, 0xde, 0x00, 0x00, 0x61, 0x00))) assert.equal(text, '😀a\ufffd');
});

test('decode: starts anew after a call without stream', () => {
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(bytes(0xef, 0xbb, 0xbf, 0x61), { stream: true }), 'a');
  assert.equal(decoder.decode(bytes(0xef, 0xbb, 0xbf)), '\ufeff');
  assert.equal(decoder.decode(bytes(0xef, 0xbb, 0xbf, 0x62)), 'b');
  assert.equal(decoder.decode(), '');
});

test('decode: throws TypeError for malformed input when fatal, and recovers', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  assert.throws(() => decoder.decode(bytes(0xff)), TypeError);
  assert.equal(decoder.decode(bytes(0xc3), { stream: true }), '');
  assert.throws(() => decoder.decode(), TypeError);
  assert.equal(decoder.decode(bytes(0x61)), 'a');
  assert.throws(() => new TextDecoder('utf-16le', { fatal: true }).decode(bytes(0, 0xd8)), TypeError);
});

test('decode: asks for the table of a single-byte encoding once', () => {
  asked.length = 0;
  const decoder = new TextDecoder('koi8-r');
  assert.equal(decoder.decode(bytes(0x61, 0xc1)), 'aа');
  assert.equal(decoder.decode(bytes(0xc2)), 'б');
  assert.equal(asked.length, 1);
  assert.throws(() => new TextDecoder('windows-1253', { fatal: true }).decode(bytes(0xd2)), TypeError);
});

test('decode: numbers the streams the host decodes', () => {
  asked.length = 0;
  const decoder = new TextDecoder('shift_jis');
  decoder.decode(bytes(0x82, 0xa0));
  decoder.decode(bytes(0x82), { stream: true });
  decoder.decode(bytes(0xa0), { stream: true });
  decoder.decode();
  decoder.decode();
  assert.deepEqual(
    asked.map(([number, , , flags]) => [(number as number) > 0, flags]),
    [
      [false, 2],
      [true, 6],
      [true, 6],
      [true, 2],
    ],
  );
  assert.equal(new Set(asked.slice(1).map(([number]) => number)).size, 1);
});

test('decode: hands long legacy input over in parts', () => {
  asked.length = 0;
  new TextDecoder('gbk').decode(new Uint8Array(150000));
  assert.deepEqual(
    asked.map(([, , part, flags]) => [(part as Uint8Array).length, flags]),
    [
      [65536, 6],
      [65536, 6],
      [18928, 2],
    ],
  );
});

test('decode: takes any buffer source and refuses anything else', () => {
  const { buffer } = bytes(0, 0x61, 0x62, 0);
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(new DataView(buffer, 1, 2)), 'ab');
  assert.equal(decoder.decode(new Uint16Array(bytes(0x61, 0x62).buffer)), 'ab');
  const shared = new SharedArrayBuffer(1);
  new Uint8Array(shared)[0] = 0x61;
  assert.equal(decoder.decode(shared), 'a');
  assert.equal(decoder.decode(new Uint8Array(shared)), 'a');
  for (const value of [null, 'a', 1, [], {}, new ArrayBuffer(1, { maxByteLength: 2 })]) assert.throws(() => decoder.decode(value), TypeError);
});

test('decode: sees a detached buffer as empty', () => {
  const input = bytes(0x61);
  assert.equal(
    new TextDecoder().decode(input, {
      get stream() {
        return void (input.buffer as ArrayBuffer).transfer();
      },
    }),
    '',
  );
  assert.equal(new TextDecoder().decode(input), '');
});
