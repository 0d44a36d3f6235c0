/** A backup that is made while everything is written: the copy is consistent, and has what was acknowledged before it began. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SecretStore } from '../../src/server/secrets/secret-store.ts';
import { Random } from '../fuzz/random.ts';
import { APP, WRANGLER } from '../soak/kills/app.ts';
import { pointsKept, pointTroubles, queueTroubles, type State } from '../soak/kills/kinds.ts';
import { Writers } from '../soak/kills/run.ts';
import { Target } from '../soak/kills/victims.ts';
import { folder } from '../support/folder.ts';
import { runNano } from '../support/nano-process.ts';

const CRON = '0 0 1 1 *';
const WRITES = 120;
const DELIVERED_MS = 60_000;

test('backup: made while all is written, it has what was acknowledged, whole', { skip: process.platform !== 'linux', timeout: 280_000 }, async (t) => {
  const wrangler = JSON.stringify({ ...(JSON.parse(WRANGLER) as object), triggers: { crons: [CRON] } });
  const dir = folder({ 'app/index.js': APP, 'app/wrangler.json': wrangler });
  const [data, out, other] = [folder(), join(folder(), 'copy'), join(folder(), 'data')];
  const done = async (args: readonly string[], input = ''): Promise<void> => {
    const { code, stderr } = await runNano(args, { input });
    assert.equal(code, 0, stderr);
  };
  await done(['secret', 'put', 'TOKEN', '--app', 'app', '--data', data], 'the token');
  const source = new Target(dir, data);
  t.after(() => source.stop());
  await source.start();
  const queue = async (target: Target, paused: boolean): Promise<void> => {
    const args = encodeURIComponent(JSON.stringify({ queue: 'jobs', paused }));
    assert.equal((await target.admin(`/data/queues/pause?group=default&args=${args}`, { method: 'POST', body: '' }))?.status, 200);
  };
  // Databases are copied at moments of their own: a message that is consumed between two of them would be in none.
  await queue(source, true);
  assert.equal((await source.ask('/d1/x', { method: 'POST' }))?.status, 200);
  const writers = new Writers(new Random(1));
  writers.start(source);
  for (let count = 0; count < WRITES; count++) await writers.acknowledged();
  const before = writers.snapshot();
  const points = await pointsKept(source, writers.statesOf('point'));
  await done(['backup', out, '--data', data, '--with-key']);
  await writers.acknowledged();
  await writers.stop();
  assert.deepEqual([...writers.troubles, ...source.troubles], []);
  const crons = JSON.parse(readFileSync(join(data, 'crons.json'), 'utf8')) as Record<string, Record<string, { last: number }>>;
  await source.stop();

  await done(['restore', out, '--data', other]);
  const restored = new Target(dir, other);
  t.after(() => restored.stop());
  await restored.start();
  const troubles: string[] = [];
  for (const [kind, states] of before) {
    const now = writers.statesOf(kind.name);
    for (const [key, { acknowledged }] of states) {
      // What was tried while the copy was made may be in it.
      const trouble = await kind.check(restored, key, { acknowledged, tried: (now.get(key) as State).tried });
      if (trouble !== undefined) troubles.push(`${kind.name} ${key}: ${trouble}`);
    }
    if (kind.name === 'queue') {
      await queue(restored, false);
      troubles.push(...(await queueTroubles(restored, states, DELIVERED_MS)));
    }
  }
  const copied = await pointTroubles(restored, writers.statesOf('point'));
  assert.deepEqual([...troubles, ...copied.troubles, ...restored.troubles], []);
  assert.ok(copied.there >= points, `${copied.there} points, of ${points}`);
  assert.deepEqual(new SecretStore({ dataDir: other, keyFile: undefined, fromEnv: undefined }).read('app'), { TOKEN: 'the token' });
  const copiedCrons = JSON.parse(readFileSync(join(out, 'crons.json'), 'utf8')) as typeof crons;
  assert.deepEqual(copiedCrons, crons);
});
