/**
 * How much of the CPU a turn that lasts gets, as far as can be told from outside.
 *
 * isolated-vm says what a turn has used of the CPU once it is over; while it is under way its clock is the wall's, which a
 * busy machine lets run while the isolate waits. The kernel knows better, but not which thread is whose isolate's. A turn
 * that does not end keeps its thread running or ready to run all the time, though, and there are few such threads: what the
 * least of them got is what the turn got, or less.
 */
import { readdirSync } from 'node:fs';
import { readThreadTimes, type ThreadTimes } from '../base/thread-times.ts';

/** `at`: milliseconds since any time. */
type Times = ThreadTimes & { at: number };

const TASKS = '/proc/self/task';
/** A thread counts as one that does not end when it was running or ready for this part of the time: the kernel books in steps. */
const NEARLY_ALWAYS = 0.8;

/**
 * Begins to measure.
 * @returns a function that tells the part of the time since, 0 to 1, that such a turn has had a CPU; undefined where the system does not say
 */
export function measureShare(): (() => number) | undefined {
  const before = readThreads();
  return before === undefined ? undefined : () => leastShare(before, readThreads() ?? new Map());
}

/** Exported for tests. */
export function leastShare(before: ReadonlyMap<string, Times>, after: ReadonlyMap<string, Times>): number {
  let least: number | undefined;
  let began = Number.POSITIVE_INFINITY;
  for (const { at } of before.values()) began = Math.min(began, at);
  for (const [thread, now] of after) {
    // isolated-vm makes a thread when there is something to run: that may be what is being looked at.
    const then = before.get(thread) ?? { at: began, ran: 0, waited: 0 };
    if (now.at <= then.at) continue;
    const time = now.at - then.at;
    const ran = now.ran - then.ran;
    if (ran + now.waited - then.waited < time * NEARLY_ALWAYS) continue;
    least = Math.min(least ?? 1, ran / time);
  }
  // None is: it sleeps, is stopped, or waits for a thread of isolated-vm's.
  return least ?? 0;
}

/** Milliseconds of CPU that all of the process has used. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** All threads but the one that does the I/O. */
function readThreads(): Map<string, Times> | undefined {
  if (process.platform !== 'linux') return undefined;
  const threads = new Map<string, Times>();
  try {
    for (const thread of readdirSync(TASKS)) {
      if (thread === String(process.pid)) continue;
      const times = readThread(thread);
      if (times !== undefined) threads.set(thread, times);
    }
  } catch {
    return undefined;
  }
  return threads.size === 0 ? undefined : threads;
}

function readThread(thread: string): Times | undefined {
  try {
    const times = readThreadTimes(`${TASKS}/${thread}`);
    return { at: performance.now(), ...times };
  } catch {
    // It has just ended.
    return undefined;
  }
}
