import assert from 'node:assert/strict';
import test from 'node:test';
import { locateTomlKey } from './toml-keys.ts';

const TEXT = `name = "x" # name = "y"
text = """
name = "inside"
"""
list = [
  "a", # ]
  "b",
]
dotted.key = 1

[env.staging]
  vars = { A = "1" }

[[rules]]
type = "Text"
[[rules]]
type = "Data"
["quoted key"]
x = 'it''s'
[a.b]
c = 1
`;

const line = (...key: (string | number)[]): number | undefined => locateTomlKey(TEXT, key)?.line;

test('locateTomlKey: finds keys, tables and elements of arrays of tables', () => {
  assert.equal(line('name'), 1);
  assert.equal(line('list'), 5);
  assert.equal(line('dotted', 'key'), 9);
  assert.equal(line('dotted'), 9);
  assert.equal(line('env'), 11);
  assert.deepEqual(locateTomlKey(TEXT, ['env', 'staging', 'vars']), { line: 12, column: 3 });
  assert.equal(line('rules', 1), 16);
  assert.equal(line('rules', 1, 'type'), 17);
  assert.equal(line('quoted key', 'x'), 19);
  assert.equal(line('a', 'b', 'c'), 21);
});

test('locateTomlKey: knows nothing of keys that are not spelled out', () => {
  assert.equal(line('env', 'staging', 'vars', 'A'), undefined);
  assert.equal(line('none'), undefined);
  assert.equal(line('rules', 2), undefined);
});
