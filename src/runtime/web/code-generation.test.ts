import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { buildSync } from 'esbuild';

const bundle =
  buildSync({
    entryPoints: [new URL('./code-generation.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    globalName: 'runtime',
    target: 'esnext',
    minify: true,
    write: false,
  }).outputFiles[0]?.text ?? '';

/** A realm of its own, its originals put aside where only the test can see them. */
const realm = (): { run: (code: string) => unknown; originals: unknown[] } => {
  const context = vm.createContext({});
  const run = (code: string): unknown => vm.runInContext(code, context);
  const originals = run('[eval, Function, (async () => {}).constructor, (function* () {}).constructor, (async function* () {}).constructor]') as unknown[];
  run(`(() => { 'use strict'; ${bundle}; runtime.forbidCodeGeneration(globalThis); })();`);
  return { run, originals };
};

const ATTACKS = [
  `eval('1')`,
  `(0, eval)('1')`,
  `globalThis.eval.call(null, '1')`,
  `Function('return 1')()`,
  `new Function('return 1')()`,
  `Function.call(null, 'return 1')()`,
  `Function.bind(null, 'return 1')()()`,
  `Reflect.construct(Function, ['return 1'])()`,
  `Reflect.construct(Function, ['return 1'], Array)()`,
  `new Proxy(Function, {})('return 1')()`,
  `new (class extends Function { constructor() { super('return 1'); } })()()`,
  `(() => {}).constructor('return 1')()`,
  `(class {}).constructor('return 1')()`,
  `(async () => {}).constructor('return 1')()`,
  `(function* () {}).constructor('yield 1')()`,
  `(async function* () {}).constructor('yield 1')()`,
  `Object.getPrototypeOf((async () => {}).constructor)('return 1')()`,
  `Reflect.getPrototypeOf((function* () {}).constructor)('return 1')()`,
  `(async () => {}).constructor.constructor('return 1')()`,
  `(async () => {})().constructor.constructor('return 1')()`,
  `(() => {}).bind().constructor('return 1')()`,
  `new Proxy(() => {}, {}).constructor('return 1')()`,
  `Object.getOwnPropertyDescriptor(Map.prototype, 'size').get.constructor('return 1')()`,
  `Object.getOwnPropertyDescriptor(new Error(), 'stack').get.constructor('return 1')()`,
  `Array.fromAsync([]).then.constructor('return 1')()`,
  `Iterator.from([]).next.constructor('return 1')()`,
];

test('forbidCodeGeneration: every way to code from a string throws EvalError', () => {
  const { run } = realm();
  for (const attack of ATTACKS)
    assert.throws(() => run(attack), { name: 'EvalError', message: 'Code generation from strings disallowed for this context' }, attack);
});

test('forbidCodeGeneration: nothing reachable from the global object is an original', () => {
  const { run, originals } = realm();
  const crawl = run(`(isForbidden) => {
    const seen = new Set();
    const queue = [globalThis, async () => {}, function* () {}, async function* () {}, (function* () {})(), (async function* () {})(), function () { return arguments; }(), (function () { 'use strict'; return arguments; })(), new Error(), (() => {}).bind(), Promise.resolve(), [][Symbol.iterator](), Iterator.from({ next() {} }), [].values().map((x) => x), 'x'.matchAll(/x/g), class extends Array {}];
    while (queue.length > 0) {
      const it = queue.pop();
      if ((typeof it !== 'object' || it === null) && typeof it !== 'function') continue;
      if (seen.has(it)) continue;
      seen.add(it);
      if (isForbidden(it)) return String(it);
      queue.push(Object.getPrototypeOf(it));
      for (const key of Reflect.ownKeys(it)) {
        const found = Object.getOwnPropertyDescriptor(it, key);
        queue.push(found.value, found.get, found.set);
      }
    }
    return seen.size;
  }`) as (isForbidden: (value: unknown) => boolean) => unknown;
  const result = crawl((value) => originals.includes(value));
  assert.ok(typeof result === 'number' && result > 500, `found ${result}`);
});

test('forbidCodeGeneration: functions stay functions', () => {
  const { run } = realm();
  assert.equal(
    run(`[
      (() => {}) instanceof Function, (async () => {}) instanceof (async () => {}).constructor, Function.name, Function.length, eval.name, eval.length,
      Object.getPrototypeOf(Function) === Function.prototype, Object.getPrototypeOf(() => {}) === Function.prototype, Function.prototype.constructor === Function,
      Object.getPrototypeOf((async () => {}).constructor) === Function, (function* () {}).constructor.name, Reflect.ownKeys(eval).join(),
      Reflect.construct(Object, [], Function) instanceof Function,
    ].join()`),
    'true,true,Function,1,eval,1,true,true,true,true,GeneratorFunction,length,name,true',
  );
});
