/** The processes of a server, as the kernel sees them. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { family } from '../../bench/kit/usage.ts';

export type Sizes = { residentMb: number; descriptors: number };

/** Processes that run tenant code. */
export function engines(pid: number): number[] {
  return family(pid).filter((each) => {
    try {
      return /server\/engine\.[jt]s/.test(readFileSync(`/proc/${each}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });
}

/** Of these processes together; those that nobody may look into count for their memory alone. */
export function sizes(pids: readonly number[]): Sizes {
  const total: Sizes = { residentMb: 0, descriptors: 0 };
  for (const pid of pids) {
    try {
      total.residentMb += Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
      total.descriptors += readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      // It ended meanwhile, or is not to be looked into.
    }
  }
  return total;
}
