import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Headers, copyHeaders, getHeader, headersFromWire, headersToWire, isHeaders } from './headers.ts';

test('constructor: takes a record, pairs, Headers and nothing', () => {
  assert.deepEqual(
    [...new Headers({ B: '1', a: '2' })],
    [
      ['a', '2'],
      ['b', '1'],
    ],
  );
  assert.deepEqual(
    [
      ...new Headers([
        ['x', '1'],
        ['X', '2'],
      ]),
    ],
    [['x', '1, 2']],
  );
  assert.deepEqual([...new Headers(new Headers({ q: '1' }))], [['q', '1']]);
  assert.deepEqual([...new Headers()], []);
  assert.equal(Headers.length, 0);
});

test('constructor: refuses what is neither', () => {
  for (const init of [null, 1, 'a: b', [['a']], [['a', 'b', 'c']], [1], { 'a b': '1' }, { a: 'b\nc' }, { 'x\u0100': '1' }, { [Symbol('s')]: '1' }]) {
    assert.throws(() => new Headers(init), TypeError);
  }
});

test('values: any text, with U+FFFD for half a character', () => {
  const headers = new Headers({ a: '\u65e5\u672c', b: 'caf\u00e9', c: '\ud83d\ude00', d: 'x\ud83d' });
  headers.set('e', '\u20ac');
  headers.append('e', '\udc00');
  assert.deepEqual(
    [...headers, ...new Headers([['f', ' \u65e5 ']])],
    [
      ['a', '\u65e5\u672c'],
      ['b', 'caf\u00e9'],
      ['c', '\ud83d\ude00'],
      ['d', 'x\ufffd'],
      ['e', '\u20ac, \ufffd'],
      ['f', '\u65e5'],
    ],
  );
});

test('constructor: converts every member before it checks any', () => {
  const seen: string[] = [];
  const init = {
    get 'bad name'() {
      seen.push('first');
      return '1';
    },
    get good() {
      seen.push('second');
      return '2';
    },
  };
  assert.throws(() => new Headers(init), TypeError);
  assert.deepEqual(seen, ['first', 'second']);
});

test('constructor: asks a proxy for each property and then its value', () => {
  const trace: string[] = [];
  const init = new Proxy({ a: '1', b: '2' } as Record<string, string>, {
    ownKeys: (target) => (trace.push('ownKeys'), Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, key) => (trace.push(`own ${String(key)}`), Reflect.getOwnPropertyDescriptor(target, key)),
    get: (target, key) => (trace.push(`get ${String(key)}`), target[key as string]),
  });
  new Headers(init);
  assert.deepEqual(trace, ['get Symbol(Symbol.iterator)', 'ownKeys', 'own a', 'get a', 'own b', 'get b']);
});

test('values: are stripped of outer whitespace and checked', () => {
  const headers = new Headers({ a: ' \t\r\n x y \n' });
  assert.equal(headers.get('A'), 'x y');
  assert.throws(() => headers.append('a', 'x\0y'), TypeError);
  assert.throws(() => headers.set('', 'x'), TypeError);
});

test('set: takes the place of the first and removes the others', () => {
  const headers = new Headers([
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ]);
  headers.set('A', '4');
  assert.equal(headersToWire(headers), 'a\n4\nb\n2');
});

test('set-cookie: is never combined', () => {
  const headers = new Headers([
    ['Set-Cookie', 'a=1'],
    ['x', 'y'],
    ['set-cookie', 'b=2'],
  ]);
  assert.deepEqual(headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual(headers.getAll('Set-Cookie'), ['a=1', 'b=2']);
  assert.throws(() => headers.getAll('x'), TypeError);
  assert.deepEqual([...headers.keys()], ['set-cookie', 'set-cookie', 'x']);
  assert.equal(headers.get('set-cookie'), 'a=1, b=2');
});

test('iteration: sees changes made while it runs', () => {
  const headers = new Headers({ b: '1', c: '2' });
  const seen: string[] = [];
  for (const [name] of headers) {
    seen.push(name);
    if (name === 'b') headers.delete('c'), headers.append('d', '3');
  }
  assert.deepEqual(seen, ['b', 'd']);
});

test('wire: passes through untouched, and is parsed when touched', () => {
  const wire = 'Host\nexample.com\nx\n1\nx\n2';
  const headers = headersFromWire(wire, true);
  assert.equal(headersToWire(headers), wire);
  assert.equal(headers.get('host'), 'example.com');
  assert.equal(getHeader(headers, 'x'), '1, 2');
  assert.equal(headersToWire(headers), 'host\nexample.com\nx\n1\nx\n2');
  assert.equal(headersFromWire('', false).has('a'), false);
  assert.equal(headersToWire(headersFromWire('a\n', false)), 'a\n');
});

test('guard: immutable headers cannot be changed, a copy can', () => {
  const headers = headersFromWire('a\n1', true);
  assert.throws(() => headers.set('a', '2'), { name: 'TypeError', message: "Can't modify immutable headers." });
  assert.throws(() => headers.append('b', '2'), TypeError);
  assert.throws(() => headers.delete('a'), TypeError);
  const copy = copyHeaders(headers, false);
  copy.set('a', '2');
  assert.equal(headers.get('a'), '1');
  assert.throws(() => copyHeaders(headers, true).set('a', '2'), TypeError);
});

test('shape: enumerable members, a tag, an iterator of its own', () => {
  const headers = new Headers();
  assert.equal(Object.prototype.toString.call(headers), '[object Headers]');
  assert.equal(Object.getOwnPropertyDescriptor(Headers.prototype, 'get')?.enumerable, true);
  assert.equal(Object.getOwnPropertyDescriptor(Headers.prototype, Symbol.iterator)?.value, Headers.prototype['entries' as never]);
  const iterator = headers[Symbol.iterator as never] as () => Iterator<unknown>;
  assert.equal(Object.prototype.toString.call(iterator.call(headers)), '[object Headers Iterator]');
  assert.throws(() => Headers.prototype.get.call({} as Headers, 'a'), TypeError);
  assert.equal(isHeaders(Object.create(Headers.prototype)), false);
});
