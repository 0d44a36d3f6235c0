/** The processes of a running server, for tests that end them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestServer } from './server.ts';

/** A program of src/server that the supervisor starts. */
export type Program = 'engine' | 'front' | 'store' | 'sql' | 'sql-worker' | 'data-child';

type Row = { pid: number; parent: number; args: string };

/** Those below a server that run a program, in the order of their ids; none is no error. */
export function processesOf(server: TestServer, program: Program): number[] {
  const rows = list();
  const family = new Set([server.process.child.pid as number]);
  // bin/nano.js may have started another Node, which is the server then; and a router starts its workers.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid);
  }
  const file = new RegExp(`[/\\\\]server[/\\\\]${program}\\.[jt]s`);
  return rows.filter(({ pid, args }) => family.has(pid) && file.test(args)).map(({ pid }) => pid);
}

/** The first of them, which is there: of engines, the one that serves. */
export function only(server: TestServer, program: Program): number {
  const [pid] = processesOf(server, program);
  if (pid === undefined) throw new Error(`there is no ${program}`);
  return pid;
}

/**
 * Whether a process has raised its walls: it has loaded its code by then, a spare engine has its configuration.
 * Its filters of system calls are counted: these tests may run under one themselves.
 */
export function isWalled(pid: number): boolean {
  return filtersOf(pid) > filtersOf('self');
}

function filtersOf(pid: number | 'self'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // Before Linux 5.9 it only says whether there are any.
  return Number((/^Seccomp_filters:\t(\d+)$/m.exec(status) ?? /^Seccomp:\t(\d+)$/m.exec(status))?.[1] ?? 0);
}

/** All processes of the machine. */
function list(): Row[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args: String(args) }))
    .sort((a, b) => a.pid - b.pid);
}
