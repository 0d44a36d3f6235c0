/** What the kernel says of a thread's time. */
import { readFileSync } from 'node:fs';

/** Milliseconds so far: on a CPU, and ready for one. */
export type ThreadTimes = { ran: number; waited: number };

/**
 * @param task the thread's folder in /proc
 * @throws where the thread is gone, or the system does not say
 * @see https://docs.kernel.org/scheduler/sched-stats.html (/proc/<pid>/schedstat)
 */
export function readThreadTimes(task: string): ThreadTimes {
  const [ran, waited] = readFileSync(`${task}/schedstat`, 'latin1').split(' ');
  return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
}
