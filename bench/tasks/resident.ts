/** Resident memory as apps become warm: each has answered requests and stays. */
import { openApps, pause, request, rssMb } from './engine.ts';
import { parameters, reply } from './parent.ts';
import { storeApps } from './records.ts';

const { dir, code, apps: count } = await parameters<{ dir: string; code: string; apps: number }>();
const WARM_UP = 20;

const records = await storeApps(dir, count + WARM_UP, code);
const { apps } = await openApps(records, 0);

async function warm(from: number, to: number): Promise<void> {
  for (const record of records.slice(from, to)) {
    const version = apps.get(record.name);
    for (let i = 0; i < 3 && version !== undefined; i++) await request(apps, version);
  }
  globalThis.gc?.();
  await pause(300);
}

await warm(0, WARM_UP);
const before = rssMb();
await warm(WARM_UP, WARM_UP + count);
reply({ before, after: rssMb() });
