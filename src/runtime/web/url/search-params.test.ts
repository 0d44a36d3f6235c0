import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { URLSearchParams, isURLSearchParams, parseUrlEncoded, serializeSearchParams } from './search-params.ts';

test('new URLSearchParams: from a string, pairs, a record and another', () => {
  const expected = [
    ['a', 'b c'],
    ['d', ''],
  ];
  for (const init of [
    '?a=b+c&d',
    'a=b%20c&&d=',
    [
      ['a', 'b c'],
      ['d', ''],
    ],
    { a: 'b c', d: '' },
    new URLSearchParams('a=b+c&d'),
    new Map([
      ['a', 'b c'],
      ['d', ''],
    ]),
  ]) {
    assert.deepEqual([...new URLSearchParams(init)], expected);
  }
  assert.equal(new URLSearchParams(undefined).size, 0);
  assert.equal(new URLSearchParams(null).has('null'), true);
  assert.throws(() => new URLSearchParams([['a']]), TypeError);
  assert.throws(() => new URLSearchParams([['a', 'b', 'c']]), TypeError);
});

test('parseUrlEncoded: decodes escapes, plus and malformed UTF-8', () => {
  const value = (input: string | Uint8Array) => parseUrlEncoded(input as string)[0]?.[1];
  assert.equal(value('a=%E4%BD%A0%20%2B+x'), '你 + x');
  assert.equal(value('a=%E4%BD'), '\ufffd');
  assert.equal(value('a=%E4é%A0x'), '\ufffdé\ufffdx');
  assert.equal(value('a=%ef%bb%bfx'), '\ufeffx');
  assert.equal(value('a=%'), '%');
  assert.equal(value('a=%2&b'), '%2');
  assert.equal(value('a=%zz%3D=%3d'), '%zz===');
  assert.deepEqual(parseUrlEncoded('=&&a'), [
    ['', ''],
    ['a', ''],
  ]);
});

test('parseUrlEncoded: lets raw and escaped bytes form one character', () => {
  assert.deepEqual(parseUrlEncoded(new Uint8Array([0x61, 0x3d, 0x25, 0x45, 0x34, 0xbd, 0xa0, 0x2b])), [['a', '你 ']]);
});

test('toString: encodes by the application/x-www-form-urlencoded set', () => {
  assert.equal(new URLSearchParams([["a *-._~!'()", '你\ud83d\ude00%&+=']]).toString(), 'a+*-._%7E%21%27%28%29=%E4%BD%A0%F0%9F%98%80%25%26%2B%3D');
  assert.equal(new URLSearchParams([['\ud800', '']]).toString(), '%EF%BF%BD=');
});

test('get, getAll, has, delete, set: by name, and value where given', () => {
  const params = new URLSearchParams('a=1&b=2&a=3&a=4');
  assert.equal(params.get('a'), '1');
  assert.equal(params.get('x'), null);
  assert.deepEqual(params.getAll('a'), ['1', '3', '4']);
  assert.equal(params.has('a', '3'), true);
  assert.equal(params.has('a', '9'), false);
  assert.equal(params.has('a', undefined), true);
  params.delete('a', '3');
  assert.equal(`${params}`, 'a=1&b=2&a=4');
  params.set('a', '5');
  params.set('c', '6');
  assert.equal(`${params}`, 'a=5&b=2&c=6');
  params.delete('a');
  assert.equal(params.size, 2);
});

test('sort: by code units, stable', () => {
  const params = new URLSearchParams('z=1&ﬃ=2&\ud83c\udf08=3&z=0&a=4');
  params.sort();
  assert.deepEqual([...params.keys()], ['a', 'z', 'z', '\ud83c\udf08', 'ﬃ']);
  assert.deepEqual(params.getAll('z'), ['1', '0']);
});

test('iteration: sees changes made meanwhile', () => {
  const params = new URLSearchParams('a=1&b=2&c=3');
  const seen: string[] = [];
  for (const [name] of params) {
    seen.push(name);
    params.delete('b');
  }
  assert.deepEqual(seen, ['a', 'c']);
});

test('URLSearchParams: is recognised by its brand', () => {
  assert.equal(isURLSearchParams(new URLSearchParams()), true);
  assert.equal(isURLSearchParams({}), false);
  assert.equal(serializeSearchParams(new URLSearchParams('a')), 'a=');
  assert.throws(() => (new URLSearchParams().append as (name: string) => void)('a'), TypeError);
});
