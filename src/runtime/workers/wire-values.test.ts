import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../web/testing/chunks.ts';
import { DOMException } from '../web/dom-exception.ts';
import { deserialize, serialize } from './wire-values.ts';

const through = <T>(value: T): T => deserialize(serialize(value)) as T;
const refused = { name: 'DataCloneError' };

test('wire values: primitives', () => {
  const values = [undefined, null, true, false, 0, 1, -1, 127, 128, -(2 ** 31), 2 ** 31 - 1, 2 ** 31, 2 ** 53, 0.1, -0, Number.NaN, Number.POSITIVE_INFINITY];
  for (const value of [...values, 0n, -5n, 2n ** 200n, '', 'a', 'é', '日本 €', '\ud800 alone', 'x'.repeat(5000), '€'.repeat(1500)])
    assert.ok(Object.is(through(value), value), String(value));
});

test('wire values: built-in objects of every kind', () => {
  const value = {
    a: [1, , 'x'],
    d: new Date(5),
    never: new Date(Number.NaN),
    r: /x\//gi,
    m: new Map<unknown, unknown>([[{ k: 1 }, new Set([1, 'two'])]]),
    wrapped: [Object(1n), Object('s'), Object(true), Object(1.5)],
    u: undefined,
    buffer: new Uint8Array([1, 2, 3]).buffer,
    nested: { deep: [[[{}]]] },
    extra: Object.assign([1, 2], { more: true }),
  };
  assert.deepEqual(through(value), value);
  assert.ok(!(1 in through(value).a));
});

test('wire values: shared and circular references stay what they are', () => {
  const shared = { x: 1 };
  const value: Record<string, unknown> = { a: shared, b: [shared], m: new Map([[shared, shared]]) };
  value['self'] = value;
  const copy = through(value) as Record<string, unknown>;
  assert.equal(copy['a'], (copy['b'] as unknown[])[0]);
  assert.equal((copy['m'] as Map<unknown, unknown>).get(copy['a']), copy['a']);
  assert.equal(copy['self'], copy);
});

test('wire values: views on one buffer share it', () => {
  const buffer = new ArrayBuffer(16);
  const [words, view, bytes] = through([new Uint16Array(buffer, 2, 2), new DataView(buffer, 4), new Uint8Array(buffer)] as const);
  assert.equal(words.buffer, view.buffer);
  assert.equal(bytes.buffer, view.buffer);
  assert.deepEqual([words.byteOffset, words.length, view.byteOffset, view.byteLength], [2, 2, 4, 12]);
});

test('wire values: errors keep type, message, stack and cause', () => {
  const error = new RangeError('far', { cause: new Error('inner') });
  const copy = through(error);
  assert.ok(copy instanceof RangeError);
  assert.deepEqual([copy.message, copy.stack, (copy.cause as Error).message], ['far', error.stack, 'inner']);
  const around = new Error('around');
  around.cause = around;
  const same = through(around);
  assert.equal(same.cause, same);
  const dom = through(new DOMException('no', 'AbortError'));
  assert.deepEqual([dom.name, dom.message, dom.code], ['AbortError', 'no', 20]);
});

test('wire values: class instances become ordinary objects, __proto__ stays a property', () => {
  class Point {
    x = 1;
  }
  assert.deepEqual([Object.getPrototypeOf(through(new Point())), through(new Point())], [Object.prototype, { x: 1 }]);
  const copy = through(JSON.parse('{"__proto__": {"x": 1}}') as object);
  assert.deepEqual([Object.keys(copy), Object.getPrototypeOf(copy)], [['__proto__'], Object.prototype]);
});

test('wire values: what cannot be cloned is refused, with its name', () => {
  for (const value of [Object(Symbol('s')), new WeakMap(), new WeakRef({}), Promise.resolve(), new SharedArrayBuffer(1), (function* () {})()])
    assert.throws(() => serialize({ value }), refused);
  assert.throws(() => serialize(Symbol('s')), { ...refused, message: 'Symbol(s) could not be cloned.' });
  assert.throws(() => serialize({ f: () => 1 }), { ...refused, message: '() => 1 could not be cloned.' });
  assert.throws(() => serialize(Promise.resolve()), { ...refused, message: '#<Promise> could not be cloned.' });
});

test('wire values: what is no data is replaced, and revived at the other end', () => {
  const f = (): number => 1;
  const bytes = serialize({ f, again: f, map: new Map([[1, f]]) }, (value) => (typeof value === 'function' ? { kind: 7, data: { id: 5 } } : undefined));
  const made: unknown[] = [];
  const copy = deserialize(bytes, (kind, data) => {
    made.push([kind, data]);
    return { stub: true };
  }) as Record<string, unknown>;
  assert.deepEqual(made, [[7, { id: 5 }]]);
  assert.equal(copy['f'], copy['again']);
  assert.throws(() => deserialize(bytes), refused);
});

test('wire values: every cut and every changed byte is refused or comes to some value', () => {
  const value = {
    text: 'text €',
    list: [1, 2.5, -3, 4n],
    when: new Date(1),
    like: /a/g,
    map: new Map([[{ a: 1 }, new Set([1])]]),
    bytes: new Uint16Array([1, 2]),
    error: new TypeError('t', { cause: 1 }),
    box: Object('s'),
    holes: [, 1],
  };
  const bytes = serialize(value);
  for (let length = 0; length < bytes.length; length++) assert.throws(() => deserialize(bytes.slice(0, length)), `${length} bytes`);
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [0, 1, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 21, 22, 127, 128, 255]) {
      const changed = Uint8Array.from(bytes);
      changed[at] = byte;
      try {
        deserialize(changed);
      } catch (error) {
        assert.ok(error instanceof DOMException || error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError, String(error));
      }
    }
  }
});

test('wire values: counts beyond the bytes take no memory', () => {
  const many = [0xff, 0xff, 0xff, 0xff, 0x0f];
  for (const tag of [7, 8, 10, 11, 15, 16, 17]) assert.throws(() => deserialize(Uint8Array.from([1, tag, ...many])), refused, `tag ${tag}`);
});

test('wire values: depth ends with a RangeError, not with the process', () => {
  const deep = new Uint8Array(400_000);
  deep.fill(1);
  deep[0] = 1;
  for (let at = 1; at + 1 < deep.length; at += 2) {
    deep[at] = 11;
    deep[at + 1] = 1;
  }
  assert.throws(() => deserialize(deep), RangeError);
});
