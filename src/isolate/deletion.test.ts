import assert from 'node:assert/strict';
import { test } from 'node:test';
import ivm from 'isolated-vm';
import { deleteIsolate, deletionsOver } from './deletion.ts';

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether an isolate may be made at once. */
async function isOver(): Promise<boolean> {
  let over = false;
  void deletionsOver().then(() => {
    over = true;
  });
  await turnOfLoop();
  return over;
}

test('deleteIsolate: one that hit no limit keeps nobody waiting', async () => {
  const isolate = new ivm.Isolate({ memoryLimit: 8 });
  deleteIsolate(isolate, false);
  assert.ok(isolate.isDisposed);
  assert.equal(await isOver(), true);
});

test('deleteIsolate: after a limit the making of others waits, and goes on', async () => {
  const isolate = new ivm.Isolate({ memoryLimit: 8 });
  isolate.dispose();
  deleteIsolate(isolate, true);
  assert.equal(await isOver(), false);
  await deletionsOver();
  assert.equal(await isOver(), true);
});

test('deleteIsolate: ends what the isolate is doing, and may be called again', async () => {
  const isolate = new ivm.Isolate({ memoryLimit: 8 });
  const context = await isolate.createContext();
  const loop = context.eval('for (;;);');
  deleteIsolate(isolate, true);
  await assert.rejects(loop, /disposed/i);
  deleteIsolate(isolate, true);
  assert.ok(isolate.isDisposed);
});
