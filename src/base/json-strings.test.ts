import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeStrings } from './json-strings.ts';

const stars = (text: string): string => text.replaceAll('"a\n"', '***');

test('keys and strings are changed as the texts they stand for', () => {
  const json = JSON.stringify({ 'the "a\n"': ['"a\n"', { deep: 'not \\"a\\n\\"' }, 'a', '\ud800"a\n"'], __proto__: 1 });
  assert.deepEqual(JSON.parse(changeStrings(json, stars) ?? ''), { 'the ***': ['***', { deep: 'not \\"a\\n\\"' }, 'a', '\ud800***'] });
  assert.equal(
    changeStrings('{"__proto__":{"a":"b"}}', (text) => text.replace('b', 'c')),
    '{"__proto__":{"a":"c"}}',
  );
});

test('what changes nothing leaves the text as it was', () => {
  const json = '[ 1.50, {"\\u0061" : "\\/"}, null ]';
  assert.equal(
    changeStrings(json, (text) => text),
    json,
  );
});

test('other values become strings where they are changed', () => {
  const hide = (text: string): string => text.replace('123', '***').replace('null', 'none');
  assert.equal(changeStrings('[-123.5e+7,null,[true],1e21]', hide), '["-***.5e+7","none",[true],1e21]');
});

test('depth is no matter', () => {
  const deep = `${'['.repeat(100_000)}"a"${']'.repeat(100_000)}`;
  assert.equal(changeStrings(deep, (text) => text.toUpperCase())?.length, deep.length);
});

test('what is no JSON comes to an end', () => {
  for (const text of [`"${'\\"'.repeat(100_000)}`, '"a\\', '"\n"', '"'.repeat(100_001)]) assert.equal(changeStrings(text, stars), undefined);
});
