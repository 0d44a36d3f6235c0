import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { ADDED_LINES, toScript } from './script-form.ts';

/** Runs the script form with the given modules; the exports as an ordinary object. */
const run = async (source: string, modules: Record<string, object> = {}): Promise<Record<string, unknown>> => {
  const code = await toScript(source, (name) => name);
  assert.ok(code !== undefined, 'has no script form');
  const body = vm.runInThisContext(code, { filename: 'index.js', lineOffset: -ADDED_LINES }) as (load: (name: string) => unknown) => object;
  return { ...body((name) => modules[name]) };
};

test('exports: the list at the end, renamed or not', async () => {
  assert.deepEqual(await run('var a = 1;\nclass B {}\nexport {\n  a as default,\n  a as "two words",\n  a\n};\n'), { default: 1, 'two words': 1, a: 1 });
});

test('imports: every form, wherever they stand', async () => {
  const modules = { 'cloudflare:workers': { A: 1, env: 2 }, './x.wasm': { default: 3 }, './t.txt': { default: 4 }, 'nano:meta': { dynamicImport: 5 } };
  const source =
    'import { A as B, env } from "cloudflare:workers";\nimport x from "./x.wasm";\nimport * as t from "./t.txt";\nvar all = [B, env, x, t.default, $meta_];\nexport { all };\nimport{dynamicImport as $meta_}from"nano:meta";';
  assert.deepEqual(await run(source, modules), { all: [1, 2, 3, 4, 5] });
  assert.equal(await toScript(source, (name) => (name === './t.txt' ? undefined : name)), undefined);
});

test('positions: lines and columns are those of the module', async () => {
  const source = 'import {\n  A\n} from "cloudflare:workers";\nfunction f() {\n    throw new Error("x");\n}\nexport { f };\n';
  const { f } = (await run(source, { 'cloudflare:workers': { A: 1 } })) as { f: () => void };
  assert.throws(f, (error: Error) => /index\.js:5:11/.test(error.stack ?? ''));
});

test('scope: strict, and not the global one', async () => {
  assert.deepEqual(await run('var leaked = 1; var self_ = (function () { return this; })(); export { self_ as self };'), { self: undefined });
  assert.equal('leaked' in globalThis, false);
});

test('no script form: other exports, re-exports, import() left over, what cannot be parsed', async () => {
  for (const source of [
    'export const a = 1;',
    'export default {};',
    'export { a } from "./b.js";',
    'export * from "./b.js";',
    'await import("./x.js"); export {};',
    'export {',
    'var __nanoImport; export { __nanoImport };',
  ]) {
    assert.equal(await toScript(source, (name) => name), undefined, source);
  }
});

test('top-level await: the script does not compile, so that it is run as a module', async () => {
  const code = await toScript('const a = await 1;\nexport { a };', (name) => name);
  assert.throws(() => new vm.Script(code ?? ''), SyntaxError);
});
