import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIgnore } from './ignore.ts';

const ignored = (patterns: string, ...paths: string[]): boolean[] => paths.map(createIgnore(patterns.split('\n')));

test('ignore: a name anywhere, a path from the root, a folder', () => {
  assert.deepEqual(ignored('*.bak', 'a.bak', 'b/c.bak', 'a.bak.txt', 'bak'), [true, true, false, false]);
  assert.deepEqual(ignored('/top', 'top', 'a/top', 'top/a'), [true, false, true]);
  assert.deepEqual(ignored('a/b', 'a/b', 'x/a/b', 'a/b/c'), [true, false, true]);
  assert.deepEqual(ignored('dir/', 'dir', 'dir/a', 'x/dir/a'), [false, true, true]);
  assert.deepEqual(ignored('**/x/*.js', 'x/a.js', 'b/x/a.js', 'x/b/a.js'), [true, true, false]);
  assert.deepEqual(ignored('a/**', 'a', 'a/b', 'a/b/c'), [false, true, true]);
  assert.deepEqual(ignored('a/**/z', 'a/z', 'a/b/c/z', 'z'), [true, true, false]);
});

test('ignore: later patterns win; what is in a folder that is left out stays out', () => {
  assert.deepEqual(ignored('*.txt\n!keep.txt', 'a.txt', 'keep.txt', 'b/keep.txt'), [true, false, false]);
  assert.deepEqual(ignored('dir/\n!dir/keep', 'dir/keep'), [true]);
  assert.deepEqual(ignored('dir/*\n!dir/keep', 'dir/keep', 'dir/other'), [false, true]);
});

test('ignore: comments, blanks, escapes, classes and Windows line ends', () => {
  assert.deepEqual(ignored('# no\n\n  \n\\#yes\r\n\\!also\ntrail  ', '# no', '#yes', '!also', 'trail'), [false, true, true, true]);
  assert.deepEqual(ignored('[a-c]?.t\n[!x].u', 'b1.t', 'd1.t', 'y.u', 'x.u'), [true, false, true, false]);
  assert.deepEqual(ignored('a[b', 'a[b', 'ab'), [true, false]);
});

test('ignore: patterns made to take long do not', () => {
  assert.deepEqual(ignored('*a'.repeat(100), `${'a'.repeat(99)}b`), [false]);
  assert.deepEqual(ignored(`${'**/a/'.repeat(50)}b`, `${'a/'.repeat(200)}c`), [false]);
});
