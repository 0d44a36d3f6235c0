/** First requests of apps that are not resident: one app after the other, each once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AppRecord } from '../../src/protocol/engine.ts';
import { openApps, pause, request } from './engine.ts';
import { parameters, reply } from './parent.ts';
import { storeApps } from './records.ts';

const { dir, code, apps: count, spares, cached } = await parameters<{ dir: string; code: string; apps: number; spares: number; cached: boolean }>();

/** Compiles everything once, in another run of the apps, so that the code caches are on disk: each is written some time after the app's first request. */
async function fillCaches(records: readonly AppRecord[]): Promise<void> {
  const { apps, pool } = await openApps(records, 0);
  for (const record of records) {
    const version = apps.get(record.name);
    if (version !== undefined) await request(apps, version);
  }
  for (const { bundleDir } of records) while (!existsSync(join(bundleDir, 'cache'))) await pause(10);
  apps.dispose();
  pool.close();
}

const records = await storeApps(dir, count, code);
if (cached) await fillCaches(records);
const { apps, pool } = await openApps(records, spares);
const times: number[] = [];
const returns: number[] = [];
let warm = 0;
for (const [at, record] of records.entries()) {
  const version = apps.get(record.name);
  if (version === undefined) continue;
  await pool.fill();
  const first = await request(apps, version);
  // Let the turn and the refill of the pool finish before the next one.
  await pause(2);
  for (const worker of [...version.workers]) version.evict(worker, 'idle');
  await pool.fill();
  const second = await request(apps, version);
  warm = await request(apps, version);
  for (const worker of [...version.workers]) version.evict(worker, 'idle');
  // The engine's own code must be warm before it counts.
  if (at >= Math.min(20, count / 4)) {
    times.push(first);
    returns.push(second);
  }
}
reply({ times, returns, warm });
