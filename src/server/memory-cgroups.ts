/**
 * A memory limit for each engine that the kernel keeps, where the service may make control groups of its own (cgroup v2,
 * `Delegate=memory` of systemd).
 *
 * The watch on resident memory looks once a second and replaces an engine without haste; this is for what fits into a
 * second. Contract: what cannot be had is left out, and nothing here fails a start; nobody else's process is moved.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type CgroupPlace = {
  /** Where control groups are mounted. */
  root: string;
  /** The file that names this process's. */
  self: string;
  /** Where processes say who has started them. */
  proc: string;
  /** This process, which may be in the group with its children, and the one that has started it. */
  own: readonly [pid: number, parent: number];
};

const SYSTEM: CgroupPlace = { root: '/sys/fs/cgroup', self: '/proc/self/cgroup', proc: '/proc', own: [process.pid, process.ppid] };

/** The supervisor, and whatever has no limit of its own: a group that has groups below it may hold no process. */
const REST = 'nano';
const ENGINE = 'nano-engine-';
const SERVICE = /\.service(?:\/nano)?$/;
/** The watch is to see an engine first that goes over its limit slowly. */
const HEADROOM = 1.25;

export class MemoryCgroups {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Undefined where this process may not have groups of its own. */
  static open(place: CgroupPlace = SYSTEM): MemoryCgroups | undefined {
    if (process.platform !== 'linux') return undefined;
    try {
      const dir = ownGroup(place);
      if (dir === undefined || !readFileSync(join(dir, 'cgroup.controllers'), 'utf8').split(/\s+/).includes('memory')) return undefined;
      const members = readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
      if (!members.every((pid) => isOwn(Number(pid), place))) return undefined;
      mkdirSync(join(dir, REST), { recursive: true });
      for (const pid of members) move(pid, join(dir, REST));
      // Refused where somebody has stayed.
      writeFileSync(join(dir, 'cgroup.subtree_control'), '+memory');
      const groups = new MemoryCgroups(dir);
      // What a server has left that was killed.
      groups.#sweep();
      return groups;
    } catch {
      return undefined;
    }
  }

  get dir(): string {
    return this.#dir;
  }

  /** What the whole service may take, in bytes. Node.js looks at the group that it is in, which has no limit from now on. */
  get serviceBytes(): number {
    try {
      const text = readFileSync(join(this.#dir, 'memory.max'), 'utf8').trim();
      return text === 'max' ? Infinity : Number(text);
    } catch {
      return Infinity;
    }
  }

  /**
   * Puts an engine into a group of its own, before it runs anybody's code.
   * @param pid 0 where it could not be started; to the kernel that is whoever asks
   * @param limitMb resident memory beyond which the engine is to be replaced
   */
  add(pid: number, limitMb: number): void {
    if (pid === 0) return;
    const dir = join(this.#dir, ENGINE + pid);
    try {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'memory.max'), String(Math.round(limitMb * HEADROOM) * 1024 * 1024));
      writeFileSync(join(dir, 'cgroup.procs'), String(pid));
    } catch {
      // Without it the watch has to do.
    }
    try {
      writeFileSync(join(dir, 'memory.swap.max'), '0');
    } catch {
      // A kernel without swap has no such file.
    }
  }

  /**
   * After an engine's end.
   * @returns whether the kernel has killed it for want of memory: its own limit's, the service's or the machine's
   */
  remove(pid: number): boolean {
    const isOut = wasKilled(join(this.#dir, ENGINE + pid));
    this.#sweep();
    return isOut;
  }

  /** Removes the groups of engines that have gone; the kernel keeps those that somebody is in. */
  #sweep(): void {
    try {
      for (const name of readdirSync(this.#dir)) if (name.startsWith(ENGINE)) removeEmpty(join(this.#dir, name));
    } catch {
      // Next time.
    }
  }
}

function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Somebody is in it.
  }
}

function wasKilled(dir: string): boolean {
  try {
    return /^oom_kill [1-9]/m.test(readFileSync(join(dir, 'memory.events'), 'utf8'));
  } catch {
    return false;
  }
}

function isOwn(pid: number, { own, proc }: CgroupPlace): boolean {
  if (own.includes(pid)) return true;
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(join(proc, String(pid), 'status'), 'utf8'))?.[1] === String(own[0]);
  } catch {
    return false;
  }
}

function move(pid: string, dir: string): void {
  try {
    writeFileSync(join(dir, 'cgroup.procs'), pid);
  } catch {
    // It has ended meanwhile, or it stays.
  }
}

/** The folder of this process's group; undefined where there is no cgroup v2, or where the group is no service's. */
function ownGroup({ root, self }: CgroupPlace): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readFileSync(self, 'utf8'))?.[1];
  if (path === undefined || !SERVICE.test(path) || path.includes('/..')) return undefined;
  // Where DelegateSubgroup= or an earlier start has put it one level down.
  return join(root, path.endsWith(`/${REST}`) ? path.slice(0, -REST.length - 1) : path);
}
