import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testBundle, testRecord } from '../app/worker.fixture.ts';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { Session, StartupError } from './session.ts';

let file: string;
const sessions: Session[] = [];
before(async () => {
  file = await runtimeFile(runtimeCacheDir());
});
after(() => {
  for (const session of sessions) session.close();
});

type Setup = { session: Session; lines: string[]; exceptions: string[]; run(source: string): Promise<[kind: string, text: string]> };

async function setUp(
  limits: NonNullable<Parameters<typeof testRecord>[1]>['limits'] = {},
  code = 'export default {};',
  style: 'raw' | 'repl' = 'repl',
): Promise<Setup> {
  const lines: string[] = [];
  const exceptions: string[] = [];
  const session = new Session({
    runtimeFile: file,
    app: { bundle: testBundle({ 'index.js': code }), record: testRecord('shell', { vars: { GREETING: 'hi' }, limits }) },
    style,
    colors: false,
    onConsole: (record) => lines.push(record.text),
    onException: (text) => exceptions.push(text),
    onLost: (message) => assert.fail(message),
  });
  sessions.push(session);
  await session.start();
  const run = async (source: string): Promise<[string, string]> => {
    const { kind, text } = await session.run(source);
    return [kind, text];
  };
  return { session, lines, exceptions, run };
}

test('run: values, undefined and errors', async () => {
  const { run } = await setUp();
  assert.deepEqual(await run('1 + 1'), ['value', '2']);
  assert.deepEqual(await run('"a"'), ['value', "'a'"]);
  assert.deepEqual(await run('undefined'), ['undefined', 'undefined']);
  assert.deepEqual(await run('throw 5'), ['error', 'Uncaught 5']);
  const [kind, text] = await run('null.x');
  assert.equal(kind, 'error');
  assert.match(text, /^TypeError: Cannot read properties of null/);
  assert.match((await run('let let'))[1], /^Uncaught SyntaxError/);
});

test('run: raw style prints a string as it is', async () => {
  const { run } = await setUp({}, undefined, 'raw');
  assert.deepEqual(await run('"a"'), ['value', 'a']);
});

test('run: variables last, await works, and so do env, timers and TypeScript', async () => {
  const { run } = await setUp();
  await run('const a = 5; let b = a');
  await run('b++');
  assert.deepEqual(await run('[a, b]'), ['value', '[ 5, 6 ]']);
  assert.deepEqual(await run('await new Promise((r) => setTimeout(r, 1, "late"))'), ['value', "'late'"]);
  assert.deepEqual(await run('env.GREETING'), ['value', "'hi'"]);
  assert.deepEqual(await run('const n: number = 1; n'), ['value', '1']);
});

test('run: what a line leaves running is waited for by idle', async () => {
  const { session, lines } = await setUp();
  const result = await session.run('setTimeout(() => console.log("later"), 5); 1');
  assert.deepEqual([result.text, lines], ['1', []]);
  await result.idle();
  assert.deepEqual(lines, ['later']);
});

test('run: a line that waits for nothing says so', async () => {
  const { run } = await setUp();
  assert.deepEqual(await run('await new Promise(() => {})'), ['error', 'The line waits for something that will never happen.']);
  assert.deepEqual(await run('1'), ['value', '1']);
});

test('run: an exception outside of the line is told', async () => {
  const { session, exceptions } = await setUp();
  const result = await session.run('setTimeout(() => { throw new Error("later"); }, 1); 1');
  await result.idle();
  assert.match(exceptions.join(), /Error: later/);
});

test('run: a loop is stopped, and the session goes on with its variables', async () => {
  const { run } = await setUp({ cpuMs: 60 });
  await run('const kept = 1');
  assert.deepEqual(await run('for (;;);'), ['error', 'Worker exceeded CPU time limit.']);
  assert.deepEqual(await run('kept'), ['value', '1']);
});

test('run: after memory ran out there is a new isolate', async () => {
  const { run, exceptions } = await setUp({ memoryMb: 16 });
  await run('globalThis.x = 1');
  assert.deepEqual(await run('const kept = []; for (;;) kept.push(new Array(1e4).fill(1))'), ['error', 'Worker exceeded memory limit.']);
  assert.deepEqual(await run('typeof x'), ['value', "'undefined'"]);
  assert.match(exceptions.join(), /The isolate was replaced/);
});

test('complete: names that may follow, and no getter is run', async () => {
  const { session, run } = await setUp();
  await run('var o = { deep: { one: 1 }, get trap() { throw new Error("no"); } }');
  assert.ok((await session.complete([])).includes('console'));
  assert.ok((await session.complete(['o', 'deep'])).includes('one'));
  assert.deepEqual(await session.complete(['o', 'trap']), []);
  assert.deepEqual(await session.complete(['nowhere', 'x']), []);
});

test('start: an app that fails is told', async () => {
  await assert.rejects(setUp({}, 'throw new Error("no");'), StartupError);
});

test('close: twice, or before the start, is fine', async () => {
  const { session, run } = await setUp();
  session.close();
  session.close();
  assert.equal((await run('1'))[0], 'error');
});
