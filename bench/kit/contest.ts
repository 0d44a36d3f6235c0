/** One turn of a contestant under load: a fresh server, a warm-up, the measured load, gone again. */
import type { Effort } from '../question.ts';
import { median } from './statistics.ts';
import { cpuSeconds } from './usage.ts';
import { type Load, type LoadResult, wrk } from './wrk.ts';

/** A server that runs. `hosts`: those it is asked for. */
export type Started = { port: number; pid: number; hosts?: readonly string[]; stop(): Promise<void> };

/** `cpuUs`: microseconds of processor time of the server, all threads and processes, for each request. It holds on a busy machine too. */
export type Turn = LoadResult & { cpuUs: number };

export async function underLoad(effort: Effort, start: () => Promise<Started>, load: Partial<Load> = {}): Promise<Turn> {
  const server = await start();
  try {
    const target: Load = { port: server.port, hosts: server.hosts ?? ['localhost'], seconds: effort.seconds, ...load };
    await wrk({ ...target, seconds: effort.quick ? 1 : 2 });
    const before = cpuSeconds(server.pid);
    const result = await wrk(target);
    const cpuUs = ((cpuSeconds(server.pid) - before) * 1e6) / result.requests;
    if (result.requests === 0) throw new Error('no request was answered');
    if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`);
    return { ...result, cpuUs };
  } finally {
    await server.stop();
  }
}

/** The median of one figure over the turns of one contestant. */
export function typical(results: ReadonlyMap<string, readonly Turn[]>, name: string, key: keyof Turn): number {
  return median((results.get(name) ?? []).map((turn) => turn[key]));
}
