import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { getOptions, keys, listOptions, metadataOptions, parts, putOptions, withKey } from './arguments.ts';

const INVALID = { name: 'TypeError', message: 'Invalid call.' };

test('getOptions: takes ranges of whole numbers only', () => {
  assert.deepEqual(getOptions('{"range":{"offset":1,"length":2}}'), { range: { offset: 1, length: 2 } });
  for (const range of ['{"offset":-1}', '{"offset":0.5}', '{"length":-1}', '{"suffix":1e999}', '{"offset":"1"}', '[]', '1', '"all"'])
    assert.throws(() => getOptions(`{"range":${range}}`), INVALID, range);
});

test('options: refuse what is not of their shape', () => {
  for (const json of ['', '{', '[]', 'null', '1', 5, null, 'x'.repeat(3_000_000)])
    for (const read of [getOptions, putOptions, listOptions, metadataOptions]) assert.throws(() => read(json), INVALID);
  for (const json of ['{"custom":[]}', '{"custom":{"a":1}}', '{"http":{"contentType":1}}', '{"onlyIf":{"etagMatches":{}}}', '{"hash":{"algorithm":"crc"}}'])
    assert.throws(() => putOptions(json), INVALID, json);
  assert.throws(() => listOptions('{"include":["all"]}'), INVALID);
});

test("a customer's key: 32 bytes in hexadecimal, which nothing shows from then on", () => {
  const hex = '0123456789abcdef'.repeat(4);
  for (const given of [getOptions, putOptions, metadataOptions].map((read) => read(`{"ssecKey":"${hex}"}`)).concat(withKey(hex))) {
    assert.equal(given.customerKey?.export().toString('hex'), hex);
    for (const shown of [inspect(given, { depth: 9, showHidden: true }), JSON.stringify(given), String(given.customerKey)])
      assert.doesNotMatch(shown, /0123|ASNF|01 23/);
  }
  for (const wrong of ['""', '"ab"', `"${hex}0"`, `"${hex.toUpperCase()}"`, `"${hex}\\n"`, '5', 'null', '{}', '[]'])
    assert.throws(() => getOptions(`{"ssecKey":${wrong}}`), INVALID, wrong);
  for (const wrong of ['', 5, null, new Uint8Array(32)]) assert.throws(() => withKey(wrong), INVALID);
});

test('keys, parts: refuse what is not of their shape', () => {
  for (const json of ['{}', '[1]', '[null]', 1]) assert.throws(() => keys(json), INVALID);
  for (const json of ['{}', '[1]', '[{"number":0.5,"etag":"a"}]', '[{"number":1}]']) assert.throws(() => parts(json), INVALID);
});
