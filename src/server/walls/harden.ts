/**
 * The second wall: what an engine process gives up before it runs a tenant's code.
 *
 * Contract: each step that this machine does not know is left out and named in the answer; nothing here fails the
 * start. What is given up cannot be had back. See docs/security.md.
 */
import type { Libc } from './libc.ts';
import { seccompProgram } from './seccomp.ts';

const PR_SET_DUMPABLE = 4;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const RLIMIT_CORE = 4;
/** More than there are: the kernel refuses those it does not know. */
const CAPABILITIES = 64;

export type Walls = {
  /** No program started from here gets more rights than this process has. */
  noNewPrivileges: boolean;
  /** No core dump, and no look into the process from another one of the same user. */
  notDumpable: boolean;
  /** The filter of system calls is in place. */
  systemCalls: boolean;
};

/** What could not be given up, in words for whoever runs the server. */
export function missingWalls(walls: Walls): string[] {
  const missing: string[] = [];
  if (!walls.noNewPrivileges) missing.push('no new privileges');
  if (!walls.notDumpable) missing.push('no core dumps and no tracing');
  if (!walls.systemCalls) missing.push('the filter of system calls');
  return missing;
}

/** Gives up what an engine never needs. */
export function harden(libc: Libc | undefined): Walls {
  if (libc === undefined) return { noNewPrivileges: false, notDumpable: false, systemCalls: false };
  const noNewPrivileges = libc.prctl(PR_SET_NO_NEW_PRIVS, 1) === 0;
  const notDumpable = libc.setLimit(RLIMIT_CORE, 0) === 0 && libc.prctl(PR_SET_DUMPABLE, 0) === 0;
  const program = noNewPrivileges ? seccompProgram(process.arch, process.pid) : undefined;
  return { noNewPrivileges, notDumpable, systemCalls: program !== undefined && libc.seccomp(program) === 0 };
}

/** Gives up what is not needed once everything is loaded: `harden`, and of Node's permissions what loading needed. */
export function raiseWalls(libc: Libc | undefined): Walls {
  const walls = harden(libc);
  // Since Node 26; without the permission model there is nothing to drop.
  for (const scope of ['ffi', 'addon']) process.permission?.drop?.(scope);
  return walls;
}

/**
 * Takes from the children of this process every capability of root: they are root in name, and own root's files, but
 * can neither overrule permissions nor change the machine. Nothing where this process is not root.
 */
export function keepCapabilitiesFromChildren(libc: Libc | undefined): void {
  if (libc === undefined || process.getuid?.() !== 0) return;
  for (let capability = 0; capability < CAPABILITIES; capability++) libc.prctl(PR_CAPBSET_DROP, capability);
}
