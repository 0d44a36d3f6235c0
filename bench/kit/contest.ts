/** One turn of a contestant under load: a fresh server, a warm-up, the measured load, gone again. */
import type { Effort } from '../question.ts';
import { type Load, type LoadResult, wrk } from './wrk.ts';

type Started = { port: number; hosts?: readonly string[]; stop(): Promise<void> };

export async function underLoad(effort: Effort, start: () => Promise<Started>, load: Partial<Load> = {}): Promise<LoadResult> {
  const server = await start();
  try {
    const target: Load = { port: server.port, hosts: server.hosts ?? ['localhost'], seconds: effort.seconds, ...load };
    await wrk({ ...target, seconds: effort.quick ? 1 : 2 });
    const result = await wrk(target);
    if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`);
    return result;
  } finally {
    await server.stop();
  }
}
