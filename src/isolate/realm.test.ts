import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { Entry, Load, Post, Sync } from '../protocol/ops.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { IsolatePool, type Prepared } from './pool.ts';
import { describeFailure, transfer } from './realm.ts';
import { createSnapshot } from './snapshot.ts';

let pool: IsolatePool;
const taken: Prepared[] = [];
before(async () => {
  pool = new IsolatePool(createSnapshot(await runtimeFile(runtimeCacheDir())), 0, 32);
});
after(() => {
  for (const { isolate } of taken) isolate.dispose();
});

type Sent = [op: number, event: number, ...args: unknown[]];

async function setUp(): Promise<Prepared & { sent: Sent[]; run(code: string, timeout?: number): Promise<unknown> }> {
  const prepared = await pool.take(32);
  taken.push(prepared);
  const sent: Sent[] = [];
  prepared.inbox.owner = {
    send: (op, event, args) => sent.push([op, event, ...args]),
    call: (op, event, ...args) => sent.push([op, event, ...args]) && undefined,
  };
  return { ...prepared, sent, run: (code, timeout = 1000) => prepared.realm.runScript(code, { filename: 'test.js', lineOffset: 0 }, timeout) };
}

const failureOf = async (turn: Promise<unknown>, isDisposed: () => boolean): Promise<ReturnType<typeof describeFailure>> => {
  try {
    await turn;
  } catch (error) {
    return describeFailure(error, isDisposed());
  }
  return assert.fail('the turn went well');
};

test('enter: ops come in order, and before the turn is over', async () => {
  const { run, sent } = await setUp();
  await run('for (let i = 0; i < 5; i++) console.log("line " + i); undefined');
  assert.deepEqual(
    sent.map(([op, event, , text]) => [op, event, text]),
    [0, 1, 2, 3, 4].map((i) => [Post.log, 0, `line ${i}`]),
  );
});

// Nothing but this limits what is on its way to the host.
test('enter: a turn that sends much waits for the host now and then', async () => {
  const { run, sent } = await setUp();
  await run('for (let i = 0; i < 500; i++) console.log(i); for (let i = 0; i < 50; i++) console.log("x".repeat(60000)); undefined');
  let ops = 0;
  let bytes = 0;
  for (const [op, , , text] of sent) {
    if (op === Sync.barrier) {
      ops = 0;
      bytes = 0;
      continue;
    }
    ops++;
    bytes += String(text).length;
    assert.ok(ops <= 64 && bytes <= 1_200_000);
  }
  assert.equal(sent.filter(([op]) => op === Post.log).length, 550);
});

test('enter: a loop is a time-out, in code and in microtasks', async () => {
  const { run, isolate } = await setUp();
  for (const code of ['for (;;);', '(function again() { Promise.resolve().then(again); })()']) {
    assert.deepEqual(await failureOf(run(code, 40), () => isolate.isDisposed), { kind: 'timeout' });
  }
});

test('enter: what is thrown, or rejected and not handled, is told', async () => {
  const { run, isolate } = await setUp();
  for (const code of ['throw new RangeError("no")', 'Promise.reject(new RangeError("no")); undefined']) {
    const failure = await failureOf(run(code), () => isolate.isDisposed);
    assert.ok(failure.kind === 'rejection');
    assert.deepEqual([failure.name, failure.message], ['RangeError', 'no']);
  }
  const odd = await failureOf(run('throw 5'), () => isolate.isDisposed);
  assert.ok(odd.kind === 'rejection');
  assert.deepEqual([odd.message, odd.value], ['5', { is: 5 }]);
  const object = await failureOf(run('Promise.reject({ a: 1 }); undefined'), () => isolate.isDisposed);
  assert.ok(object.kind === 'rejection');
  assert.deepEqual([object.message, object.value], ['A promise was rejected with an object that is no error.', undefined]);
});

test('enter: memory that runs out takes the isolate', async () => {
  const { run, isolate } = await setUp();
  const failure = await failureOf(run('const kept = []; for (;;) kept.push(new Array(10000).fill(1));', 5000), () => isolate.isDisposed);
  assert.deepEqual(failure, { kind: 'gone', memory: true });
  assert.equal(isolate.isDisposed, true);
  assert.equal(isolate.cpuTime, 0n);
  assert.equal(await isolate.heapStatistics(), undefined);
});

test('enter: after the end of the isolate everything is gone', async () => {
  const { realm, isolate } = await setUp();
  isolate.dispose();
  isolate.dispose();
  assert.equal((await failureOf(realm.enter([-1, 0], 100), () => isolate.isDisposed)).kind, 'gone');
});

test('describeFailure: a tenant cannot pretend that its isolate is gone', async () => {
  const { run, isolate } = await setUp();
  for (const message of ['Isolate is disposed', 'Isolate was disposed during execution due to memory limit']) {
    const failure = await failureOf(run(`throw new Error(${JSON.stringify(message)})`), () => isolate.isDisposed);
    assert.equal(failure.kind, 'rejection');
  }
});

test('transfer: bytes are moved, and gone for the host', async () => {
  const { realm } = await setUp();
  const bytes = new Uint8Array([1, 2, 3]);
  const moved = transfer(bytes);
  assert.equal(bytes.byteLength, 0);
  await realm.enter([Entry.load, 0, Load.data, 'x', moved], 1000);
});

test('code from strings: there is no way to it', async () => {
  const { run } = await setUp();
  for (const code of [
    'eval("1")',
    'new Function("1")',
    '(async () => {}).constructor("1")',
    '(function* () {}).constructor("1")',
    '(() => {}).constructor("1")',
  ]) {
    await assert.rejects(run(code), { name: 'EvalError' }, code);
  }
});
