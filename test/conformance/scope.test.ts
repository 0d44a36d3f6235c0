import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinScripts, undeclaredNames } from './scope.ts';
import { parseScript } from './syntax.ts';

const undeclared = (source: string): string[] => [...undeclaredNames(parseScript(source))];

test('undeclaredNames: a name that nothing around declares', () => {
  assert.deepEqual(undeclared('function f() { g = 1; } for (x of y) {}'), ['g', 'x']);
});

test('undeclaredNames: declarations of any kind count, in any function around', () => {
  assert.deepEqual(undeclared('var a; let [b, { c: d }] = []; function e(f) { a = b = d = e = f = 1; { const h = 1; } try {} catch (i) { i = 1; } }'), []);
});

test('undeclaredNames: patterns assign every name in them', () => {
  assert.deepEqual(undeclared('[a, ...b] = []; ({ c, d: e = 1 } = {});'), ['a', 'b', 'c', 'e']);
});

test('joinScripts: undeclared names become global properties, but for those the worker has', () => {
  const { head } = joinScripts(['x = 1; location = 2;']);
  assert.match(head, /if \(!\("x" in globalThis\)\) globalThis\.x = undefined;/);
  assert.doesNotMatch(head, /location/);
});

test('joinScripts: functions and variables that are read through self are mirrored', () => {
  const { head, code } = joinScripts(['function f() {} var v = 1, w = 2;', 'self.f(); globalThis["v"];']);
  assert.match(head, /globalThis\.f = f;/);
  assert.match(code, /var v = globalThis\.v = 1, w = 2;/);
});

test('joinScripts: expressions of add_objects are compiled ahead', () => {
  const { head } = joinScripts(['idl_array.add_objects({ URL: ["new URL(`a:b`)"], Bad: ["not an expression"] });']);
  assert.match(head, /"new URL\(`a:b`\)": \(\) => \(new URL\(`a:b`\)\)/);
  assert.doesNotMatch(head, /not an expression/);
});
