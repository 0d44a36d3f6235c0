import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from '../../test/support/folder.ts';
import { until } from '../../test/support/http.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { FromStore, ToStore } from '../protocol/store.ts';
import { engineEnv, siblingFile } from './engine-launch.ts';
import { BEAT_MS } from './pulse.ts';
import { StoreProcess } from './store-process.ts';

const DEAF = fileURLToPath(new URL('../../test/support/deaf-store.ts', import.meta.url));

const sleeps = (pid: number): boolean => / S /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

test('a store process that hears of nothing any more is killed and started again', { skip: process.platform !== 'linux' }, async (t) => {
  const clock = new ManualClock();
  const troubles: Record<string, unknown>[] = [];
  let readies = 0;
  const store = new StoreProcess({
    program: 'store',
    file: DEAF,
    dataDir: folder(),
    fsync: 'normal',
    key: 'key',
    clock,
    onTrouble: (message, fields) => troubles.push({ message, ...fields }),
    onNotify: () => {},
    onReady: () => readies++,
  });
  t.after(() => store.stop());
  store.start();
  await until(() => readies === 1);
  const { pid = 0 } = store;
  let asleep = 0;
  await until(() => (asleep = sleeps(pid) ? asleep + 1 : 0) > 10);
  clock.advance(29 * BEAT_MS);
  assert.deepEqual(troubles, []);
  clock.advance(BEAT_MS);
  await until(() => troubles.length === 1);
  assert.deepEqual(troubles, [{ message: 'the store process did not answer any more, was killed and is started again', silentSeconds: 30 }]);
  clock.advance(0);
  await until(() => readies === 2);
  assert.notEqual(store.pid, pid);
});

for (const program of ['store', 'sql'] as const)
  test(`the ${program} process says that it lives`, async (t) => {
    const child: ChildProcess = fork(siblingFile(program), [], { env: engineEnv(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    t.after(() => child.kill('SIGKILL'));
    const dir = folder();
    const config = { root: dir, socket: join(dir, 'socket'), fsync: 'normal' as const, key: 'key', grants: { groups: [], first: undefined } };
    child.send({ type: 'configure', config } satisfies ToStore);
    for (;;) {
      const [message] = (await once(child, 'message')) as [FromStore];
      if (message.type === 'alive') break;
    }
  });
