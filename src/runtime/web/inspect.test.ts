import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { AbortController } from './abort.ts';
import { DOMException } from './dom-exception.ts';
import { File } from './file.ts';
import { inspect } from './inspect.ts';

test('inspect: primitives', () => {
  assert.deepEqual(
    [1, -0, 5n, 'a\n', "it's", null, undefined, true, Symbol('s')].map((value) => inspect(value)),
    ['1', '-0', '5n', "'a\\n'", '"it\'s"', 'null', 'undefined', 'true', 'Symbol(s)'],
  );
});

test('inspect: collections and built-ins', () => {
  assert.equal(inspect(new Map<unknown, unknown>([['a', new Set([1])]])), "Map(1) { 'a' => Set(1) { 1 } }");
  assert.equal(inspect([1, , [2, [3, [4, [5]]]]]), '[ 1, <1 empty item>, [ 2, [ 3, [Array] ] ] ]');
  assert.equal(inspect(new Uint8Array(2)), 'Uint8Array(2) [ 0, 0 ]');
  assert.equal(inspect(new ArrayBuffer(2)), 'ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }');
  assert.equal(inspect([new Date(0), /x/g, new WeakMap(), Object('s')]), "[ 1970-01-01T00:00:00.000Z, /x/g, WeakMap {}, [String: 's'] ]");
});

test('inspect: functions and classes', () => {
  class Base {
    a = 1;
  }
  class Sub extends Base {}
  assert.equal(
    inspect([Base, Sub, new Sub(), function f() {}, async () => {}]),
    '[\n  [class Base],\n  [class Sub extends Base],\n  Sub { a: 1 },\n  [Function: f],\n  [AsyncFunction (anonymous)]\n]',
  );
  assert.equal(inspect(Object.create(null)), '[Object: null prototype] {}');
});

test('inspect: circular references, depth and accessors, without running a getter', () => {
  const value: Record<string, unknown> = {
    deep: { a: { b: { c: 1 } } },
    get g(): unknown {
      return assert.fail('ran');
    },
    set s(_: unknown) {},
  };
  value['self'] = value;
  assert.equal(inspect(value), '<ref *1> {\n  deep: { a: { b: [Object] } },\n  g: [Getter],\n  s: [Setter],\n  self: [Circular *1]\n}');
  assert.equal(inspect({ a: { b: 1 } }, { depth: 0 }), '{ a: [Object] }');
});

test('inspect: errors with stack, properties and cause', () => {
  const error = Object.assign(new RangeError('far', { cause: 'why' }), { code: 7 });
  error.stack = 'RangeError: far\n    at here';
  assert.equal(inspect(error), "RangeError: far\n    at here {\n  code: 7,\n  [cause]: 'why'\n}");
  assert.match(inspect({ error: new DOMException('no', 'AbortError') }), /^\{\n {2}error: AbortError: no\n {6}at /);
});

test('inspect: Web API objects', () => {
  assert.equal(inspect(new File(['x'], 'n', { lastModified: 1 })), "File { size: 1, type: '', name: 'n', lastModified: 1 }");
  assert.equal(inspect(new AbortController()), 'AbortController {\n  signal: AbortSignal { aborted: false, reason: undefined }\n}');
});

test('inspect: never throws, whatever a Proxy does', () => {
  const hostile = new Proxy({}, { ownKeys: () => assert.fail('no'), getPrototypeOf: () => assert.fail('no') });
  assert.equal(inspect({ hostile }), '{ hostile: [Object] }');
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.equal(inspect(proxy), '[Object]');
});

test('inspect: output is bounded', () => {
  assert.equal(inspect('x'.repeat(20_000)).length < 10_100, true);
  assert.match(inspect(new Array(10_000_000).fill(1)), /9999900 more items\n\]$/);
  const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 'y'.repeat(9_000)));
  assert.ok(inspect(wide).length < 200_000);
  let deep: unknown = 0;
  for (let i = 0; i < 50_000; i++) deep = [deep];
  assert.ok(inspect(deep, { depth: Infinity }).length < 200_000);
});

test('inspect: colours do not count for line breaks', () => {
  const value = { a: 1, b: 'x', c: null, d: undefined };
  assert.ok(!inspect(value, { colors: true }).includes('\n'));
  assert.equal(inspect(1, { colors: true }), '\u001b[33m1\u001b[39m');
});
