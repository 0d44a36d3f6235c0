/** Isolates come, answer a request, and are killed by a limit, many times over, in a process that watches its memory as an engine does. */
import { ResidentWatch } from '../../src/app/resident-watch.ts';
import { loadLibc } from '../../src/server/walls/libc.ts';
import { openApps, pause, request, rssMb } from './engine.ts';
import { parameters, reply } from './parent.ts';
import { storeApps } from './records.ts';

type Parameters = { dir: string; code: string; isolates: number; together: number; limits: { memoryMb: number; cpuMs: number }; deaths: readonly string[] };

const { dir, code, isolates, together, limits, deaths } = await parameters<Parameters>();

const records = await storeApps(dir, together, code);
const { apps } = await openApps(
  records.map((record) => ({ ...record, limits: { ...record.limits, ...limits } })),
  0,
);
const trim = loadLibc()?.trim;
const watch = new ResidentWatch(apps, { limitBytes: Number.POSITIVE_INFINITY, counted: () => 0, trim, onExceeded: () => {} });
setInterval(() => watch.tick(), 1000).unref();

let killed = 0;

/** Every app is asked once, and then for its death. */
async function churn(count: number): Promise<void> {
  for (let done = 0; done < count; done += together) {
    await Promise.all(
      records.map(async (record, at) => {
        const version = apps.get(record.name);
        if (version === undefined) return;
        // On a busy machine it may be stopped in its first request already.
        await request(apps, version).catch(() => {});
        const death = deaths[at % deaths.length] as string;
        await request(apps, version, death).catch(() => killed++);
        // A worker that has hit a limit ends when its last event has.
        for (const worker of [...version.workers]) version.evict(worker, 'idle');
      }),
    );
    await pause(0);
  }
}

async function settled(): Promise<number> {
  globalThis.gc?.();
  await pause(500);
  trim?.();
  return rssMb();
}

const started = performance.now();
await churn(Math.min(500, isolates / 10));
const before = await settled();
await churn(isolates / 2);
const half = await settled();
await churn(isolates / 2);
const seconds = (performance.now() - started) / 1000;
reply({ before, half, after: await settled(), seconds, killed });
