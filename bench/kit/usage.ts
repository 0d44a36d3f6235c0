/** What a process and its children use, as the kernel counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** In megabytes of 10^6 bytes. Pages that processes share count in each of them. */
export function residentMb(pid: number): number {
  return family(pid).reduce((sum, each) => sum + one(each), 0);
}

function one(pid: number): number {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return (Number(match?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

/** User and system time so far, in seconds. Counted in ticks of 10 ms. */
export function cpuSeconds(pid: number): number {
  return family(pid).reduce((sum, each) => sum + ticks(each) / 100, 0);
}

/** Ticks are of 10 ms: so much in this time is nearly nothing. */
const REST_MS = 200;
const REST_SECONDS = 0.01;
const MOST_WAITS = 50;

/** Waits, for a bounded time, until a process and its children have come to rest: what they still do from their start is nobody's cost. */
export async function untilAtRest(pid: number): Promise<void> {
  for (let left = MOST_WAITS; left > 0; left--) {
    const before = cpuSeconds(pid);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (cpuSeconds(pid) - before <= REST_SECONDS) return;
  }
}

/** @see proc(5), fields 14 and 15 of stat; the name before them is in brackets and may have spaces. */
function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

/** A process and what it has started, and so on. */
export function family(pid: number): number[] {
  const pids = [pid];
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ')) if (child !== '') pids.push(...family(Number(child)));
    }
  } catch {
    // It ended meanwhile.
  }
  return pids;
}

/** Highest resident memory until `stop` is called. */
export function watchMemory(pid: number): { stop(): { before: number; peak: number } } {
  const before = residentMb(pid);
  let peak = before;
  const look = (): void => {
    peak = Math.max(peak, residentMb(pid));
  };
  const timer = setInterval(look, 50);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return { before, peak };
    },
  };
}
