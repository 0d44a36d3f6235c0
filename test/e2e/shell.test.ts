/** `nano eval` and `nano repl`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { runNano, type RunResult, type SpawnOptions } from '../support/nano-process.ts';

const evaluate = (code: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<RunResult> => runNano(['eval', code, ...args], options);

test('eval: prints the value of the last expression, plain in a pipe', async () => {
  const codes = [
    '1 + 1',
    '"text"',
    '({ a: [1, 2], b: new Map([["k", 1n]]) })',
    'const x: number = 4; x * 2',
    'undefined',
    'await Promise.resolve(5)',
    'await scheduler.wait(1); "late"',
    'console.log("said"); 3',
  ];
  const results = await Promise.all(codes.map((code) => evaluate(code)));
  assert.deepEqual(
    results.map(({ stdout }) => stdout),
    ['2\n', 'text\n', "{ a: [ 1, 2 ], b: Map(1) { 'k' => 1n } }\n", '8\n', '', '5\n', 'late\n', 'said\n3\n'],
  );
  assert.ok(results.every(({ code, stderr }) => code === 0 && stderr === ''));
});

test('eval: an exception prints its stack and ends with 1', async () => {
  const { code, stdout, stderr } = await evaluate('function f() {\n  throw new RangeError("no");\n}\nf();');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^RangeError: no\n {4}at f \(eval:2:9\)\n {4}at eval:4:\d+\n$/);
});

test('eval: reads from standard input, and inside an app', async () => {
  assert.equal((await evaluate('-', [], { input: '6 * 7' })).stdout, '42\n');
  const dir = folder({
    'index.js': 'export default {};',
    'wrangler.jsonc': '{ "name": "app", "main": "index.js", "compatibility_date": "2026-10-01", "vars": { "GREETING": "hi" } }',
  });
  assert.equal((await evaluate('env.GREETING', ['--app', dir])).stdout, 'hi\n');
});

test('eval: code that V8 cannot stop ends the command', async () => {
  const dir = folder({
    'index.js': 'export default {};',
    'wrangler.jsonc': '{ "name": "app", "main": "index.js", "compatibility_date": "2026-10-01", "limits": { "cpu_ms": 50 } }',
  });
  const { code, stdout, stderr } = await evaluate("console.log('begins'); 'a'.repeat(2 ** 28).replaceAll('a', 'bb').length", ['--app', dir]);
  assert.deepEqual([code, stdout], [1, 'begins\n']);
  assert.match(stderr, /^nano: the code exceeded its limits and could not be stopped \(V8: Script failed to terminate\)\n$/);
});

test('eval: every way to code from strings is closed', async () => {
  for (const code of ['eval("1")', 'new Function("return 1")()', '(() => {}).constructor("return 1")()']) {
    assert.match((await evaluate(code)).stderr, /^EvalError: Code generation from strings disallowed for this context/, code);
  }
});

test('repl: keeps state between lines, survives errors, ends with its input', async () => {
  const input = [
    'const a = 20',
    'let b = a + 1',
    'b * 2',
    'throw new Error("oops")',
    'nowhere',
    'function twice(x) {',
    '  return 2 * x;',
    '}',
    'twice(b)',
    'await Promise.resolve("awaited")',
    '',
  ].join('\n');
  const { code, stdout } = await runNano(['repl'], { input });
  assert.equal(code, 0);
  assert.match(stdout, /^undefined\nundefined\n42\n/);
  assert.match(stdout, /Error: oops/);
  assert.match(stdout, /ReferenceError: nowhere is not defined/);
  assert.match(stdout, /\n42\n'awaited'\n$/);
});

test('repl: refuses import statements, and tells what it knows', async () => {
  const { stdout } = await runNano(['repl'], { input: 'import x from "y"\n.help\nimport type { T } from "t"; const n: number = 4; n\n' });
  assert.match(stdout, /^Uncaught SyntaxError: import statements cannot be used here[^\n]*\nTab completes names[^\n]*\n4\n$/);
});

test('eval: an error shows its own lines and its properties', async () => {
  const { stdout } = await runNano(['eval', 'console.log(new Error("a", { cause: 1 })); Array.from({ length: 7 }, () => "x".repeat(70))']);
  assert.match(stdout, /^Error: a\n {4}at eval:1:13 \{\n {2}\[cause\]: 1\n\}\n\[/);
});

test('repl: has the env of an app', async () => {
  const dir = folder({
    'index.js': 'export default {};',
    'wrangler.jsonc': '{ "name": "app", "main": "index.js", "compatibility_date": "2026-10-01", "vars": { "GREETING": "hi" } }',
  });
  assert.match((await runNano(['repl', dir], { input: 'env.GREETING\n.exit\n1' })).stdout, /^'hi'\n$/);
});
