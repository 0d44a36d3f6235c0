/** File descriptors, memory and memory maps of processes, as Linux tells of them, and processes that have no descriptor left. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Those that can be told, and taken away: `prlimit` is of util-linux. */
export const HAS_PRLIMIT = process.platform === 'linux' && has('prlimit');

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What a process has in memory, in KiB. */
export function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

export function mapsOf(pid: number): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').length - 1;
}

/**
 * From now on a process can open so many files and connections more; where nothing is said none, whatever it closes.
 * @returns gives it back what it had, if it is still there: of SQL processes those go that nothing asks for
 */
export function exhaust(pid: number, spare?: number): () => void {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  // A new descriptor is the lowest number that is free; it must be below the limit.
  let limit = 3;
  if (spare !== undefined) for (let free = 0; taken.has(limit) || free < spare; limit++) if (!taken.has(limit)) free++;
  const before = execFileSync('prlimit', ['--pid', `${pid}`, '--nofile', '--output=SOFT', '--noheadings'], { encoding: 'utf8' }).trim();
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${limit}:`]);
  return () => {
    try {
      execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${before}:`], { stdio: 'pipe' });
    } catch (error) {
      if (existsSync(`/proc/${pid}`)) throw error;
    }
  };
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
