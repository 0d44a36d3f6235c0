import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { inventory, type Selection } from './inventory.ts';
import { parseMeta, resolveReference, Suite } from './suite.ts';

const ALL: Selection = { kind: 'plain', areas: undefined, filter: undefined };

function suite(files: Readonly<Record<string, string>>): Suite {
  return new Suite(folder({ 'resources/testharness.js': '', ...files }));
}

test('parseMeta: reads the comments at the top and stops at the first statement', () => {
  const meta = parseMeta('// META: script=/common/utils.js\n// META: variant=?1-10\n// META: timeout=long\n\n// words\ntest();\n// META: variant=?11\n');
  assert.deepEqual(meta, { scripts: ['/common/utils.js'], variants: ['?1-10'], globals: ['window', 'dedicatedworker'], title: undefined, isLong: true });
});

test('resolveReference: relative to the test, or to the root', () => {
  assert.equal(resolveReference('url/a.any.js', 'resources/b.json?x#y'), 'url/resources/b.json');
  assert.equal(resolveReference('url/a.any.js', '/common/c.js'), 'common/c.js');
});

test('Suite: a folder without the harness is none', () => {
  assert.throws(() => new Suite(folder()), /no checkout/);
});

test('inventory: one run for each variant, tentative tests and other areas left out', () => {
  const files = {
    'url/a.any.js': '// META: variant=?1\n// META: variant=?2\ntest();',
    'url/b.tentative.any.js': '',
    'url/c.window.js': '',
    'css/d.any.js': '',
  };
  assert.deepEqual(
    inventory(suite(files), ALL).map(({ path, variant, area }) => [path, variant, area]),
    [
      ['url/a.any.js', '?1', 'url'],
      ['url/a.any.js', '?2', 'url'],
    ],
  );
});

test('inventory: what needs a document or a missing script cannot run', () => {
  const files = { 'url/a.any.js': 'document.body', 'url/b.any.js': '// META: script=missing.js\n', 'url/c.any.js': '// document.body in a comment' };
  assert.deepEqual(
    inventory(suite(files), ALL).map(({ path }) => path),
    ['url/c.any.js'],
  );
});

test('inventory: data files make no server necessary, addresses of the server do', () => {
  const files = {
    'fetch/api/data.any.js': 'fetch("data.json")',
    'fetch/api/data.json': '{}',
    'fetch/api/python.any.js': 'fetch("echo.py")',
    'websockets/a.any.js': 'new WebSocket(url)',
  };
  const paths = (kind: 'plain' | 'server'): string[] => inventory(suite(files), { ...ALL, kind }).map(({ path }) => path);
  assert.deepEqual(paths('plain'), ['fetch/api/data.any.js']);
  assert.deepEqual(paths('server'), ['fetch/api/python.any.js', 'websockets/a.any.js']);
});
