import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strictOf } from './sloppy.ts';
import { isStrictCode } from './syntax.ts';

test('strictOf: assignments to properties go through silentSet', () => {
  assert.equal(strictOf('a.b = 1; a[c] = 2;'), 'silentSet(a, "b", 1); silentSet(a, c, 2);');
});

test('strictOf: nested assignments nest', () => {
  assert.equal(strictOf('a.b = c.d = 1;'), 'silentSet(a, "b", silentSet(c, "d", 1));');
});

test('strictOf: delete goes through silentDelete', () => {
  assert.equal(strictOf('delete a.b; delete a[c];'), 'silentDelete(a, "b"); silentDelete(a, c);');
});

test('strictOf: compound assignments and plain names stay', () => {
  assert.equal(strictOf('a.b += 1; c = 2;'), 'a.b += 1; c = 2;');
});

test('strictOf: this of a plain function falls back to the global object', () => {
  assert.equal(strictOf('function f() { return this; }'), 'function f() { return receiver(this); }');
});

test('strictOf: statements without semicolons stay apart', () => {
  assert.equal(strictOf('function f() { g()\nthis.h() }'), 'function f() { g()\nreceiver(this).h() }');
});

test('strictOf: what was strict already stays as it is', () => {
  for (const source of [
    '"use strict"; a.b = 1;',
    'class A { m() { this.x = 1; } }',
    'function f() { "use strict"; a.b = this; }',
    '() => { "use strict"; a.b = 1; }',
  ]) {
    assert.equal(strictOf(source), source);
  }
});

test('strictOf: what strict mode cannot read is spelled otherwise', () => {
  for (const source of ['var x = 010;', 'var s = "\\101";', 'function f({ arguments }) { return arguments; }', 'var arguments = 1;']) {
    assert.equal(isStrictCode(source), false);
    assert.equal(isStrictCode(strictOf(source)), true, source);
  }
  assert.equal(strictOf('var x = 010;'), 'var x = 8;');
});

test('strictOf: what cannot be read is left alone', () => {
  assert.equal(strictOf('this is no script'), 'this is no script');
});
