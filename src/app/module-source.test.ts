import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BundleModules } from './module-source.ts';
import { testBundle } from './worker.fixture.ts';

const bundle = testBundle({
  'index.js': { content: 'import { env } from "cloudflare:workers"; import x from "./lib/a.js";', usesMeta: true },
  'lib/a.js': 'export default 1;',
  'lib/note.txt': { type: 'text', content: 'a "note"\u2028' },
  'lib/data.json': { type: 'json', content: '{"__proto__":1}' },
  'lib/bytes.bin': { type: 'data', content: new Uint8Array([1]) },
  'lib/code.wasm': { type: 'wasm', content: new Uint8Array([0]) },
  'lib/old.cjs': { type: 'commonjs', content: 'module.exports = 5;' },
});

test('resolve: modules of the app, relative to the importer, and built-ins', () => {
  const source = new BundleModules(bundle);
  assert.equal(source.resolve('./lib/a.js', 'index.js'), 'lib/a.js');
  assert.equal(source.resolve('../index.js', 'lib/a.js'), 'index.js');
  assert.equal(source.resolve('cloudflare:workers', 'index.js'), 'cloudflare:workers');
  assert.equal(source.resolve('nano:meta', 'index.js'), 'nano:meta?index.js');
});

test('resolve: nothing else, and nothing of the host', () => {
  const source = new BundleModules(bundle);
  for (const specifier of [
    './a.js',
    '../a.js',
    '../../etc/passwd',
    '/etc/passwd',
    'file:///etc/passwd',
    'node:fs',
    'fs',
    'nano:meta?index.js',
    'nano:commonjs',
    'constructor',
    '',
    'https://a/b.js',
  ]) {
    assert.throws(() => source.resolve(specifier, 'index.js'), /^Error: No such module/, specifier);
  }
  assert.throws(() => source.resolve('nano:meta', 'lib/a.js'), /No such module/);
  assert.throws(() => source.resolve('nano:meta', 'nowhere'), /No such module/);
  for (const referrer of ['nano:commonjs', 'lib/old.cjs']) assert.throws(() => source.resolve('nano:meta?index.js', referrer), /No such module/);
});

test("early: what takes its value from the runtime, and none of the tenant's code", () => {
  const { early, data } = new BundleModules(bundle);
  assert.deepEqual(early, ['cloudflare:workers', 'lib/note.txt', 'lib/data.json', 'lib/bytes.bin', 'lib/code.wasm', 'nano:meta?index.js', 'nano:commonjs']);
  assert.deepEqual(
    data.map((module) => module.name),
    ['lib/bytes.bin', 'lib/code.wasm'],
  );
});

test('source: every kind of module as a script', () => {
  const source = new BundleModules(bundle);
  assert.equal(source.source('lib/a.js').code, 'export default 1;');
  assert.equal(source.source('lib/note.txt').code, 'export default "a \\"note\\"\u2028";');
  assert.match(source.source('lib/data.json').code, /builtins\.json\("\{\\"__proto__\\":1\}"\)/);
  assert.match(source.source('lib/bytes.bin').code, /builtins\.take\("lib\/bytes\.bin"\)/);
  assert.doesNotMatch(source.source('lib/old.cjs').code, /= 5/);
  assert.doesNotMatch(source.source('lib/old.cjs').code, /__nano/);
  assert.deepEqual(source.source('nano:meta?index.js').filename, 'nano:meta');
  assert.throws(() => source.source('nowhere'), /No such module/);
});
