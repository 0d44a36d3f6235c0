import assert from 'node:assert/strict';
import test from 'node:test';
import { MetaError, rewriteMeta } from './meta.ts';

test('rewriteMeta: import() and import.meta become names of the same width', async () => {
  const source = 'const a = await import("./x.js");\nuse(import.meta.url, a); // end';
  const { code, usesMeta, dynamicImports } = await rewriteMeta(source);
  assert.equal(usesMeta, true);
  assert.equal(
    code,
    'const a = await __0000("./x.js");\nuse(__meta00000.url, a); // end\nimport{dynamicImport as __0000,importMeta as __meta00000}from"nano:meta";\n',
  );
  assert.equal(code.slice(0, source.length).length, source.length);
  assert.deepEqual(dynamicImports, [{ specifier: './x.js', offset: 16 }]);
});

test('rewriteMeta: imports only what is used', async () => {
  assert.match((await rewriteMeta('import.meta.url')).code, /\nimport\{importMeta as __meta00000\}from"nano:meta";\n$/);
  assert.match((await rewriteMeta('import("x")')).code, /\nimport\{dynamicImport as __0000\}from"nano:meta";\n$/);
});

test('rewriteMeta: leaves alone what only looks like it', async () => {
  for (const source of [
    '"import(1) import.meta"',
    '/import(1)/',
    '// import.meta',
    'class A { import(x) { return x } }; a.import("x"); a?.import("y"); ({ import: 1 })',
    'import x from "./a.js"; export default x',
  ]) {
    const { code, usesMeta } = await rewriteMeta(source);
    assert.equal(code, source);
    assert.equal(usesMeta, false);
  }
});

test('rewriteMeta: finds them nested and in templates', async () => {
  assert.match((await rewriteMeta('import(a + `${import(b)}`)')).code, /^__0000\(a \+ `\$\{__0000\(b\)\}`\)\n/);
});

test('rewriteMeta: names do not collide with the source', async () => {
  const { code } = await rewriteMeta('const __0000 = 1, __meta00000 = "__0001"; import("x"); import.meta');
  assert.match(code, /; __0002\("x"\); __meta00001\n/);
});

test('rewriteMeta: lines and columns hold when white space stands inside import.meta', async () => {
  const source = 'f(import . meta.url);\ng(import\n .meta, 1);\nh()';
  const { code } = await rewriteMeta(source);
  for (const call of ['f(', 'g(', 'h(', ', 1)', '.url']) assert.equal(code.indexOf(call), source.indexOf(call), call);
});

test('rewriteMeta: says what it cannot rewrite, and where', async () => {
  await assert.rejects(rewriteMeta('a;\nimport.source("x")'), (error) => error instanceof MetaError && error.offset === 3);
  await assert.rejects(rewriteMeta('const x = {'), (error) => error instanceof MetaError);
});

test('rewriteMeta: reports exports and static imports', async () => {
  assert.equal((await rewriteMeta('addEventListener("fetch", f)')).hasExports, false);
  for (const source of ['export default 1', 'export * from "./a.js"', 'export { a } from "./a.js"', 'export class X {}'])
    assert.equal((await rewriteMeta(source)).hasExports, true, source);
  assert.deepEqual(
    (await rewriteMeta('import a from "./a.js";\nimport "b"')).imports.map((one) => one.specifier),
    ['./a.js', 'b'],
  );
});
