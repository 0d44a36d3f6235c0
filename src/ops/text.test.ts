import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sync } from '../protocol/ops.ts';
import { Handles } from './handles.ts';
import { OpError } from '../base/op-error.ts';
import type { OpContext, SyncOp } from './op.ts';
import { MAX_DECODERS, textOps } from './text.ts';

const [FATAL, IGNORE_BOM, STREAM] = [1, 2, 4];
const run = (op: number, context: OpContext, ...args: unknown[]): unknown => (textOps[op] as SyncOp)(context, 1, ...args);
/** Text ops use nothing but the handles. */
const fresh = (): OpContext => ({ handles: new Handles() }) as unknown as OpContext;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('decodeText: decodes at once, null for malformed input when fatal', () => {
  const context = fresh();
  assert.equal(run(Sync.decodeText, context, 0, 'utf-8', bytes(0xc3, 0xa9), 0), 'é');
  assert.equal(run(Sync.decodeText, context, 0, 'utf-8', bytes(0xff).buffer, 0), '\ufffd');
  assert.equal(run(Sync.decodeText, context, 0, 'utf-8', bytes(0xff), FATAL), null);
  assert.equal(run(Sync.decodeText, context, 0, 'utf-8', bytes(0xef, 0xbb, 0xbf), IGNORE_BOM), '\ufeff');
  assert.equal(run(Sync.decodeText, context, 0, 'x-user-defined', bytes(0x80), 0), '\uf780');
  assert.equal(context.handles.size, 0);
});

test('decodeText: keeps the state of a stream by its number', () => {
  const context = fresh();
  assert.equal(run(Sync.decodeText, context, 1, 'shift_jis', bytes(0x82), STREAM), '');
  assert.equal(run(Sync.decodeText, context, 2, 'gbk', bytes(0xc4), STREAM), '');
  assert.equal(run(Sync.decodeText, context, 1, 'shift_jis', bytes(0xa0), 0), 'あ');
  assert.equal(run(Sync.decodeText, context, 2, 'gbk', bytes(0xe3), 0), '你');
  assert.throws(() => run(Sync.decodeText, context, 1, 'shift_jis', bytes(0xa0), 0), OpError);
});

test('decodeText: drops the stream unused for longest, and refuses to go on with it', () => {
  const context = fresh();
  for (let number = 1; number <= MAX_DECODERS; number++) run(Sync.decodeText, context, number, 'gbk', bytes(0xc4), STREAM);
  run(Sync.decodeText, context, 1, 'gbk', bytes(), STREAM);
  run(Sync.decodeText, context, MAX_DECODERS + 1, 'gbk', bytes(0xc4), STREAM);
  assert.throws(() => run(Sync.decodeText, context, 2, 'gbk', bytes(0xe3), 0), OpError);
  assert.equal(run(Sync.decodeText, context, 1, 'gbk', bytes(0xe3), 0), '你');
});

test('decodeText: keeps isolates apart', () => {
  const [one, other] = [fresh(), fresh()];
  run(Sync.decodeText, one, 1, 'gbk', bytes(0xc4), STREAM);
  assert.equal(run(Sync.decodeText, other, 1, 'gbk', bytes(0xe3), 0), '\ufffd');
});

test('textOps: refuse arguments of the wrong type', () => {
  const context = fresh();
  for (const args of [
    ['1', 'gbk', bytes(), 0],
    [-1, 'gbk', bytes(), 0],
    [0.5, 'gbk', bytes(), 0],
    [0, 'replacement', bytes(), 0],
    [0, 'utf8', bytes(), 0],
    [0, {}, bytes(), 0],
    [0, 'gbk', 'text', 0],
    [0, 'gbk', new Uint16Array(1), 0],
    [0, 'gbk', bytes(), '4'],
    [],
  ]) {
    assert.throws(() => run(Sync.decodeText, context, ...args), OpError);
  }
  for (const value of [undefined, 1, {}, Symbol('s')]) {
    assert.throws(() => run(Sync.encodeUtf8, context, value), OpError);
    assert.throws(() => run(Sync.domainToAscii, context, value, 0), OpError);
  }
});

test('textOps: refuse what would take long', () => {
  assert.throws(() => run(Sync.decodeText, fresh(), 0, 'big5', new Uint8Array(65537), 0), OpError);
  assert.throws(() => run(Sync.encodeUtf8, fresh(), 'a'.repeat(4194305)), OpError);
});

test('encodeUtf8: answers with a buffer of exactly the bytes', () => {
  assert.deepEqual(new Uint8Array(run(Sync.encodeUtf8, fresh(), 'aé\ud800') as ArrayBuffer), bytes(0x61, 0xc3, 0xa9, 0xef, 0xbf, 0xbd));
});

test('domainToAscii: maps, encodes and validates', () => {
  const ascii = (domain: string, beStrict = 0): unknown => run(Sync.domainToAscii, fresh(), domain, beStrict);
  assert.equal(ascii('Bücher.example'), 'xn--bcher-kva.example');
  assert.equal(ascii('faß.de'), 'xn--fa-hia.de');
  assert.equal(ascii('xn--bcher-kva.example'), 'xn--bcher-kva.example');
  assert.equal(ascii('<\u0338'), 'xn--gdh');
  assert.equal(ascii('１.２.３.４'), '1.2.3.4');
  for (const domain of ['xn--', 'xn--a', 'xn--ascii-', '\u00ad', 'a\u200bü/b', 'ü/x', 'ü:80', 'u@ü', 'ü?x', 'ü#x', '%C3%BC', '[::1]', 'ü'.repeat(1025)])
    assert.equal(ascii(domain), null, domain);
});

test('domainToAscii: checks names and lengths when strict', () => {
  const strict = (domain: string): unknown => run(Sync.domainToAscii, fresh(), domain, 1);
  assert.equal(strict('bücher.example'), 'xn--bcher-kva.example');
  for (const domain of ['a_b', '-a', 'a-', 'ab--c', 'a..b', 'a'.repeat(64)]) assert.equal(strict(domain), null, domain);
});
