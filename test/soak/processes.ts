/** The processes of a server, as the kernel sees them. Linux only. */
import { readFileSync } from 'node:fs';
import { family } from '../../bench/kit/usage.ts';
import { descriptorsOf, residentKb } from '../support/descriptors.ts';

/** Of all processes that do the same; megabytes of 2^20 bytes. */
export type Size = { processes: number; residentMb: number; descriptors: number };
/** By what they do: `engine`, `front`, `store` and so on, and `supervisor`. */
export type Sizes = ReadonlyMap<string, Size>;

export const NOTHING: Size = { processes: 0, residentMb: 0, descriptors: 0 };

/** Processes that run tenant code. */
export function engines(pid: number): number[] {
  return family(pid).filter((each) => {
    try {
      return role(each) === 'engine';
    } catch {
      return false;
    }
  });
}

/** Of a process and what it has started, together by what they do. */
export function sizes(pid: number): Sizes {
  const all = new Map<string, Size>();
  for (const each of family(pid)) {
    try {
      const name = role(each);
      all.set(name, plus(all.get(name) ?? NOTHING, size(each)));
    } catch {
      // It ended meanwhile.
    }
  }
  return all;
}

/** Of one process. Who may not be looked into counts for its memory alone, who has ended for nothing. */
export function size(pid: number): Size {
  const found = { ...NOTHING, processes: 1 };
  try {
    found.residentMb = residentKb(pid) / 1024;
    found.descriptors = descriptorsOf(pid);
  } catch {
    // As said.
  }
  return found;
}

export function plus(a: Size, b: Size): Size {
  return { processes: a.processes + b.processes, residentMb: a.residentMb + b.residentMb, descriptors: a.descriptors + b.descriptors };
}

function role(pid: number): string {
  const script = /server\/([a-z-]+)\.[jt]s/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1];
  return script ?? 'supervisor';
}
