import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Blob } from './blob.ts';
import { DOMException } from './dom-exception.ts';
import { Event } from './event.ts';
import { File } from './file.ts';
import { structuredClone } from './structured-clone.ts';

const clone = <T>(value: T, options?: object): T => structuredClone(value, options) as T;
const refused = { name: 'DataCloneError' };

test('structuredClone: built-in values of every kind', () => {
  const value = {
    a: [1, , 'x'],
    d: new Date(5),
    r: /x/gi,
    m: new Map<unknown, unknown>([[{ k: 1 }, new Set([1])]]),
    n: Object(1n),
    s: Object('s'),
    u: undefined,
    z: -0,
  };
  assert.deepEqual(clone(value), value);
  assert.ok(!(1 in clone(value).a));
});

test('structuredClone: shared and circular references stay what they are', () => {
  const shared = { x: 1 };
  const value: Record<string, unknown> = { a: shared, b: shared };
  value['self'] = value;
  const copy = clone(value);
  assert.equal(copy['a'], copy['b']);
  assert.equal(copy['self'], copy);
  assert.notEqual(copy['a'], shared);
});

test('structuredClone: errors keep type, message, stack and cause', () => {
  const error = new RangeError('far', { cause: new Error('inner') });
  const copy = clone(error);
  assert.ok(copy instanceof RangeError);
  assert.deepEqual([copy.message, copy.stack, (copy.cause as Error).message], ['far', error.stack, 'inner']);
  const dom = clone(new DOMException('no', 'AbortError'));
  assert.deepEqual([dom.name, dom.message, dom.code], ['AbortError', 'no', 20]);
});

test('structuredClone: views on one buffer share its clone', () => {
  const buffer = new ArrayBuffer(8);
  const [bytes, view] = clone([new Uint16Array(buffer, 2, 2), new DataView(buffer, 4)] as const);
  assert.equal(bytes.buffer, view.buffer);
  assert.deepEqual([bytes.byteOffset, bytes.length, view.byteOffset, view.byteLength], [2, 2, 4, 4]);
  const resizable = clone(new ArrayBuffer(4, { maxByteLength: 8 }));
  assert.deepEqual([resizable.resizable, resizable.maxByteLength], [true, 8]);
});

test('structuredClone: what cannot be cloned is refused', () => {
  for (const value of [
    () => {},
    Symbol('s'),
    Object(Symbol('s')),
    new WeakMap(),
    new WeakRef({}),
    Promise.resolve(),
    new Event('x'),
    (function* () {})(),
    new SharedArrayBuffer(1),
  ]) {
    assert.throws(() => clone({ value }), refused);
  }
});

test('structuredClone: class instances become ordinary objects', () => {
  class Point {
    x = 1;
    get y(): number {
      return 2;
    }
  }
  const copy = clone(new Point());
  assert.deepEqual([Object.getPrototypeOf(copy), { ...copy }], [Object.prototype, { x: 1 }]);
});

test('structuredClone: a property called __proto__ stays a property', () => {
  const copy = clone(JSON.parse('{"__proto__": {"x": 1}}'));
  assert.deepEqual([Object.keys(copy), Object.getPrototypeOf(copy)], [['__proto__'], Object.prototype]);
});

test('structuredClone: transfers buffers, also inside views, maps and errors, in order', () => {
  const buffer = new ArrayBuffer(4);
  const value = { first: buffer, view: new Uint8Array(buffer, 1), map: new Map([[buffer, buffer]]), last: 1 };
  const copy = clone(value, { transfer: [buffer] });
  assert.equal(buffer.detached, true);
  assert.equal(copy.first.byteLength, 4);
  assert.equal(copy.view.buffer, copy.first);
  assert.equal(copy.map.get(copy.first), copy.first);
  assert.deepEqual(Object.keys(copy), ['first', 'view', 'map', 'last']);
});

test('structuredClone: a failed clone transfers nothing', () => {
  const buffer = new ArrayBuffer(4);
  assert.throws(() => clone([buffer, () => {}], { transfer: [buffer] }), refused);
  assert.equal(buffer.detached, false);
  assert.throws(() => clone(1, { transfer: [buffer, buffer] }), refused);
  assert.throws(() => clone(1, { transfer: [{}] }), refused);
});

test('structuredClone: blobs and files', async () => {
  const file = clone(new File(['abc'], 'n', { lastModified: 3, type: 'a/b' }));
  assert.deepEqual([await file.text(), file.name, file.lastModified, file.type], ['abc', 'n', 3, 'a/b']);
  const blob = clone(new Blob(['x'], { type: 't' }));
  assert.deepEqual([await blob.text(), blob.type], ['x', 't']);
});
