import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { isIncomplete, rewrite } from './rewrite.ts';

const session = (): ((line: string) => Promise<unknown>) => {
  const context = vm.createContext({});
  return async (line) => vm.runInContext(rewrite(line).code, context)();
};

test('rewrite: gives the value of the last expression', async () => {
  const run = session();
  assert.equal(await run('1 + 1'), 2);
  assert.equal(await run('const a = 2; a * 3'), 6);
  assert.equal(await run('if (true) 1'), undefined);
});

test('rewrite: keeps declarations for later lines, which may make them again', async () => {
  const run = session();
  await run('const a = 1; let { b, c: [d = 5, ...e] } = { b: 2, c: [undefined, 7, 8] }; class C { x = a }; function f() { return b }');
  assert.deepEqual(await run('JSON.stringify([a, b, d, e, new C().x, f()])'), '[1,2,5,[7,8],1,2]');
  await run('const a = 10');
  assert.equal(await run('a'), 10);
  await run('var kept = 1; var kept');
  assert.equal(await run('kept'), 1);
});

test('rewrite: awaits at the top level', async () => {
  const run = session();
  await run('const x = await Promise.resolve(3)');
  assert.equal(await run('(await x) + 1'), 4);
});

test('rewrite: takes braces for an object where they can be one', async () => {
  const run = session();
  assert.equal(await run('({ a: 1 }).a'), 1);
  assert.equal(JSON.stringify(await run('{ a: 1, b: [2] }')), '{"a":1,"b":[2]}');
  assert.equal(await run('{ let q = 1; q + 1; }'), undefined);
});

test('rewrite: keeps comments and semicolons where they are', async () => {
  const run = session();
  assert.equal(await run('5 // five'), 5);
  assert.equal(await run('6; /* six */'), 6);
});

test('rewrite: refuses what cannot be run as a line', () => {
  assert.throws(() => rewrite('import x from "y"'), /use await import/);
  assert.throws(() => rewrite('export const a = 1'), /export statements/);
  assert.throws(() => rewrite('let ='), SyntaxError);
});

test('isIncomplete: tells a beginning from a mistake', () => {
  for (const text of ['function f() {', '[1,', '`a', '/* a', 'if (x) {', 'foo(']) assert.equal(isIncomplete(text), true, text);
  for (const text of ['1 + 1', 'let = 3', '}', ')', "'a"]) assert.equal(isIncomplete(text), false, text);
});
