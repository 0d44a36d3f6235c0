import assert from 'node:assert/strict';
import test from 'node:test';
import { fileGlob, specifierGlob } from './glob.ts';
import { compileRules } from './rules.ts';

test('fileGlob: ** is any number of folders, * stays in one', () => {
  assert.ok(fileGlob('**/*.txt').test('a.txt'));
  assert.ok(fileGlob('**/*.txt').test('a/b/c.txt'));
  assert.ok(!fileGlob('*.txt').test('a/b.txt'));
  assert.ok(fileGlob('a/**').test('a/b/c'));
  assert.ok(fileGlob('a/**/b.js').test('a/b.js'));
  assert.ok(!fileGlob('a/**/b.js').test('a/xb.js'));
  assert.ok(!fileGlob('*.js').test('axjs'));
});

test('specifierGlob: reads globs over specifiers as wrangler does', () => {
  assert.ok(specifierGlob('**/*.txt').test('./a.txt'));
  assert.ok(specifierGlob('**/*.txt').test('../x/a.txt'));
  assert.ok(specifierGlob('**/*.wasm?module').test('./a.wasm?module'));
  assert.ok(!specifierGlob('**/*.wasm').test('./a.wasm?module'));
});

test('compileRules: an earlier rule of a type shadows the later ones unless it falls through', () => {
  const closed = compileRules([{ type: 'Text', globs: ['**/*.md'] }]);
  assert.deepEqual(
    closed.active.map((rule) => rule.type),
    ['text', 'data', 'wasm'],
  );
  assert.ok(closed.shadowed[0]?.matchesSpecifier('./a.html'));
  const open = compileRules([{ type: 'Text', globs: ['**/*.md'], fallthrough: true }]);
  assert.deepEqual(
    open.active.map((rule) => rule.type),
    ['text', 'text', 'data', 'wasm'],
  );
  assert.deepEqual(open.shadowed, []);
});
