import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import vm from 'node:vm';
import { CHUNK_NAMES } from '../protocol/chunks.ts';
import { buildRuntimeScripts, type RuntimeScripts } from './runtime-scripts.ts';

let scripts: RuntimeScripts;
before(async () => {
  scripts = await buildRuntimeScripts();
});

test('the core is small: every KB of it weighs five in each isolate', () => {
  const size = scripts.core.join('').length;
  assert.ok(size < 38_400, `${size} characters`);
});

test('every script has one byte a character', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  for (const text of [...scripts.core, ...Object.values(scripts.chunks)]) assert.match(text, /^[\x00-\x7f]*$/);
});

test('the core and every chunk are evaluated in plain V8', () => {
  const context = vm.createContext({});
  for (const text of scripts.core) vm.runInContext(text, context);
  // WebAssembly and shared memory exist in a booted context only.
  for (const name of CHUNK_NAMES.filter((it) => it !== 'wasm' && it !== 'shared-memory')) {
    context['run'] = vm.runInContext(scripts.chunks[name], context);
    vm.runInContext('__nano.builtins.install(run)', context);
  }
  delete context['run'];
  assert.equal(vm.runInContext("new URL('http://a/b').pathname + typeof ReadableStream + new Headers({ a: 'b' }).get('a')", context), '/bfunctionb');
});

test('no module is in two scripts', () => {
  const texts = [...scripts.core, ...Object.values(scripts.chunks)];
  // Texts that one module each has.
  for (const mark of [
    'The runtime is not connected to its host.',
    "Can't modify immutable headers.",
    'is not of type \\u0027',
    'Too many timers',
    'Illegal constructor',
  ]) {
    assert.ok(texts.filter((text) => text.includes(mark)).length <= 1, mark);
  }
});
