/** Turns of contestants under load: a server, a warm-up, the measured load. */
import type { Effort } from '../question.ts';
import { rounds } from './rounds.ts';
import { median } from './statistics.ts';
import { cpuSeconds } from './usage.ts';
import { type Load, type LoadResult, wrk } from './wrk.ts';

/** A server that runs. `hosts`: those it is asked for. */
export type Started = { port: number; pid: number; hosts?: readonly string[]; stop(): Promise<void> };

/** `cpuUs`: microseconds of processor time of the server, all threads and processes, for each request. It holds on a busy machine too. */
export type Turn = LoadResult & { cpuUs: number };

/** How a server is started, and what it is asked for. */
export type Contestant = { start: () => Promise<Started>; load: Partial<Load> };

/** One turn on a server of its own, which is gone again afterwards. */
export async function underLoad(effort: Effort, start: () => Promise<Started>, load: Partial<Load> = {}): Promise<Turn> {
  const server = await start();
  try {
    await warmUp(effort, server, load);
    return await measured(server, { seconds: effort.seconds, ...load });
  } finally {
    await server.stop();
  }
}

/**
 * Turns of a second on servers that all stay up: many more of them in the same time. For those whose speed is that of the
 * machine's memory, and so changes for seconds at a time with what else the machine does.
 */
export async function standing(effort: Effort, contestants: Readonly<Record<string, Contestant>>, seconds: number): Promise<Map<string, Turn[]>> {
  const servers: Started[] = [];
  const turns: Record<string, () => Promise<Turn>> = {};
  try {
    for (const [name, { start, load }] of Object.entries(contestants)) {
      const server = await start();
      servers.push(server);
      await warmUp(effort, server, load);
      turns[name] = () => measured(server, { ...load, seconds: 1 });
    }
    return await rounds(effort, turns, seconds);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function warmUp(effort: Effort, server: Started, load: Partial<Load>): Promise<void> {
  await wrk({ ...targetOf(server), ...load, seconds: effort.quick ? 1 : 2 });
}

async function measured(server: Started, load: Partial<Load> & { seconds: number }): Promise<Turn> {
  const before = cpuSeconds(server.pid);
  const result = await wrk({ ...targetOf(server), ...load });
  const cpuUs = ((cpuSeconds(server.pid) - before) * 1e6) / result.requests;
  if (result.requests === 0) throw new Error('no request was answered');
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`);
  return { ...result, cpuUs };
}

const targetOf = ({ port, hosts = ['localhost'] }: Started): Pick<Load, 'port' | 'hosts'> => ({ port, hosts });

/** The median of one figure over the turns of one contestant. */
export function typical(results: ReadonlyMap<string, readonly Turn[]>, name: string, key: keyof Turn): number {
  return median((results.get(name) ?? []).map((turn) => turn[key]));
}
