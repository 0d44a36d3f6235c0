import assert from 'node:assert/strict';
import test from 'node:test';
import { isModuleName, resolveModule } from './bundle.ts';

test('isModuleName: takes relative POSIX paths only', () => {
  for (const name of ['index.js', 'lang/de.js', '..a/b', 'a b.txt', '__proto__']) assert.ok(isModuleName(name), name);
  for (const name of ['', '/a', 'a/', './a', '../a', 'a/../b', 'a//b', 'a\\b', 'a\0b', 'a\nb', 'x'.repeat(600)])
    assert.ok(!isModuleName(name), JSON.stringify(name));
});

test('resolveModule: resolves relative to the importer and from the root', () => {
  assert.equal(resolveModule('./b.js', 'index.js'), 'b.js');
  assert.equal(resolveModule('./b.js', 'lib/a.js'), 'lib/b.js');
  assert.equal(resolveModule('../b.js', 'lib/a.js'), 'b.js');
  assert.equal(resolveModule('lib/b.js', 'lib/a.js'), 'lib/b.js');
  assert.equal(resolveModule('/b.js', 'lib/a.js'), 'b.js');
  assert.equal(resolveModule('./x.wasm?module', 'index.js'), 'x.wasm');
});

test('resolveModule: never leads out of the bundle', () => {
  assert.equal(resolveModule('../b.js', 'index.js'), undefined);
  assert.equal(resolveModule('./a/../../b.js', 'index.js'), undefined);
  assert.equal(resolveModule('../../etc/passwd', 'lib/a.js'), undefined);
  assert.equal(resolveModule('.', 'index.js'), undefined);
  assert.equal(resolveModule('', 'index.js'), undefined);
});
