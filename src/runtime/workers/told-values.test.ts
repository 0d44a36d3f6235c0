import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../web/testing/chunks.ts';
import { toldValues } from './told-values.ts';

const told = (...data: unknown[]): unknown => {
  const read = JSON.parse(toldValues(data, 10_000) ?? 'null') as unknown[];
  return read.length === 1 ? read[0] : read;
};
const throwing = (): never => {
  throw new Error('never to be seen');
};
class Plain {
  a = 1;
}

test('plain values are told as JSON has them', () => {
  assert.deepEqual(told('a', { b: 1 }, [1, 'x', null], 1, true, null, undefined, Number.NaN, -0), [
    'a',
    { b: 1 },
    [1, 'x', null],
    1,
    true,
    null,
    null,
    null,
    0,
  ]);
  assert.deepEqual(told({ u: undefined, f() {}, s: Symbol('x'), d: new Date(0), m: new Map() }, [undefined, () => 1]), [
    { d: '1970-01-01T00:00:00.000Z', m: {} },
    [null, null],
  ]);
  assert.deepEqual(told(Object.create(null), Object.assign(Object.create(null), { a: 1 })), [{}, { a: 1 }]);
  assert.deepEqual(told('\ud800'), ['\ud800']);
});

test('others are told as strings', () => {
  const fn = (): number => 1;
  assert.deepEqual(told(fn, 10n, new Plain(), new Map(), Promise.resolve(), /x/g, new Uint8Array([1, 2]), Object(1n), new Number(1)), [
    String(fn),
    '10',
    '[object Object]',
    '[object Map]',
    '[object Promise]',
    '/x/g',
    '1,2',
    '1',
    '1',
  ]);
});

test('whatever has a toJSON is asked', () => {
  assert.deepEqual(
    told(
      new Date(0),
      Object.assign(new Plain(), { toJSON: (key: string) => ({ key }) }),
      Object.assign(() => 1, { toJSON: () => 'fn' }),
    ),
    ['1970-01-01T00:00:00.000Z', { key: '' }, 'fn'],
  );
  assert.deepEqual(told({ toJSON: () => undefined }, { toJSON: () => 'undefined' }, { toJSON: 5 }), [null, 'undefined', { toJSON: 5 }]);
});

test('what throws is an empty object', () => {
  const cycle: Record<string, unknown> = {};
  cycle['me'] = cycle;
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const getter = Object.defineProperty(new Plain(), 'toJSON', { get: throwing });
  assert.deepEqual(told(Symbol('x'), Object(Symbol('x')), cycle, [cycle], { b: 1n }, { toJSON: throwing }, { toString: throwing }), [
    {},
    {},
    {},
    {},
    {},
    {},
    {},
  ]);
  assert.deepEqual(told(Object.defineProperty({}, 'a', { get: throwing, enumerable: true }), Object.assign(new Plain(), { toString: throwing })), [{}, {}]);
  assert.deepEqual(told(getter, proxy, new Proxy({}, { get: throwing }), Object.create(Object.create(null))), ['[object Object]', {}, {}, {}]);
});

test('proxies are read by their traps', () => {
  const traps = { getPrototypeOf: throwing, ownKeys: () => ['q'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) };
  assert.deepEqual(told(new Proxy({ a: 1 }, {}), new Proxy([1, 2], {}), new Proxy({ q: 2 }, traps)), [{ a: 1 }, [1, 2], { q: 2 }]);
});

test('__proto__ is a key as any other', () => {
  assert.equal(toldValues([JSON.parse('{"__proto__":{"x":1},"constructor":2}')], 1000), '[[{"__proto__":{"x":1},"constructor":2}]]');
});

test('errors are told as strings, and once more with their stacks', () => {
  const error = Object.assign(new Error('one'), { stack: 'Error: one\n    at f (index.js:1:2)' });
  const odd = Object.assign(new TypeError('two'), { name: 5, stack: null });
  const bad = Object.defineProperty(new Error(), 'message', { get: throwing });
  const bare = Object.assign(new Error('three'), { stack: undefined, toJSON: () => ({ x: 1 }) });
  const empty = Object.assign(new Error('four'), { message: undefined, stack: 'Error: four' });
  assert.deepEqual(told('x', error, odd, bad, bare, empty, new Proxy(error, {}), Object.create(error)), [
    ['x', 'Error: one', '5: two', {}, { x: 1 }, 'Error', {}, 'Error: one'].map((it, at) => (at === 6 ? 'Error: one' : it)),
    [
      null,
      { name: 'Error', message: 'one', stack: '    at f (index.js:1:2)' },
      { name: '5', message: 'two', stack: 'null' },
      null,
      { name: 'Error', message: 'three' },
      { name: 'Error', message: 'Error', stack: 'four' },
      null,
      null,
    ],
  ]);
});

test('too much is not told, and not read to its end', () => {
  let reads = 0;
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => [
      `key${at}`,
      {
        get value() {
          return ++reads;
        },
      },
    ]),
  );
  for (const value of [
    many,
    'x'.repeat(1000),
    Object.assign(new Plain(), { toString: () => 'x'.repeat(1000) }),
    new Array(1e7),
    new Float64Array(1e6),
    ['\0'.repeat(200)],
    new Error('x'.repeat(1000)),
  ])
    assert.equal(toldValues(['first', value], 900), undefined);
  assert.ok(reads < 900, `${reads} reads`);
  assert.equal(toldValues(Array.from({ length: 1000 }), 900), undefined);
});

test('what the app does to prototypes changes nothing but its own values', () => {
  const { toJSON } = Object.prototype as { toJSON?: unknown };
  try {
    Object.assign(Object.prototype, { toJSON: () => 'mine' });
    assert.equal(
      toldValues(['text', 1, {}, new Plain(), Object.assign(new Error('e'), { stack: 's' })], 1000),
      '[["text",1,"mine","mine","mine"],[null,null,null,null,{"name":"Error","message":"e","stack":"s"}]]',
    );
  } finally {
    if (toJSON === undefined) delete (Object.prototype as { toJSON?: unknown }).toJSON;
  }
});
