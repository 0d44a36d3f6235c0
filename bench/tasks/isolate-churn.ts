/** Isolates come, answer a request, and go, many times over. */
import { openApps, pause, request, rssMb } from './engine.ts';
import { parameters, reply } from './parent.ts';
import { storeApps } from './records.ts';

const { dir, code, isolates, together } = await parameters<{ dir: string; code: string; isolates: number; together: number }>();

const records = await storeApps(dir, together, code);
const { apps } = await openApps(records, 0);

/** All apps are started and evicted, as often as it takes. */
async function churn(count: number): Promise<void> {
  for (let done = 0; done < count; done += together) {
    await Promise.all(
      records.map(async (record) => {
        const version = apps.get(record.name);
        if (version !== undefined) await request(apps, version);
      }),
    );
    await pause(0);
    for (const record of records) {
      const version = apps.get(record.name);
      for (const worker of [...(version?.workers ?? [])]) version?.evict(worker, 'idle');
    }
  }
}

async function settled(): Promise<number> {
  globalThis.gc?.();
  await pause(500);
  return rssMb();
}

const started = performance.now();
await churn(Math.min(500, isolates / 10));
const before = await settled();
await churn(isolates / 2);
const half = await settled();
await churn(isolates / 2);
reply({ before, half, after: await settled(), seconds: (performance.now() - started) / 1000 });
