import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elements, textOf } from './xml.ts';

test('elements: with and without prefixes and attributes, in their order', () => {
  assert.deepEqual(elements('<a><Part>1</Part><s3:Part x="y">2</s3:Part ><Parts>3</Parts></a>', 'Part'), ['1', '2']);
  assert.equal(textOf('<Key>a&amp;b&#x21;&#33;&none;</Key>', 'Key'), 'a&b!!&none;');
  assert.equal(textOf('<Key>', 'Key'), undefined);
});

test('elements: a long document that never closes anything is read once', { timeout: 20_000 }, () => {
  for (const piece of ['<Part ', '<Part\n', '<Part', '<s3:Part a', '<Part></Part '])
    assert.ok(elements(piece.repeat(2 ** 21 / piece.length), 'Part').length <= 1, piece);
});
