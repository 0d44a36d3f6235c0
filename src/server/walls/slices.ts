/** How the kernel shares a busy CPU out to the threads of a process, where there is a libc to say so with. */
import { readdirSync } from 'node:fs';
import type { Libc } from './libc.ts';

/** The shortest there is. */
const SLICE_NS = 100_000;

/**
 * Has the calling thread, which does the I/O, run as soon as there is something to do.
 *
 * Beside threads that never rest, those of tenants that loop, a thread that wakes up waits for one of them to have had its
 * slice, which is looked at with each tick of the kernel's clock: four milliseconds, mostly. One with a shorter slice does not.
 */
export function answerSoon(libc: Libc | undefined): void {
  libc?.setSlice(SLICE_NS);
}

/** How often it is looked for new threads, in milliseconds. */
const NEW_THREADS_MS = 1000;
const TASKS = '/proc/self/task';

/**
 * Has the threads that run tenants' code, now and to come, run when no thread of any other process wants to, and give way at once when
 * one does. The calling thread goes on as before: what waits for answers would take it for dead.
 */
export function standBack(libc: Libc | undefined): void {
  if (libc === undefined) return;
  let known = new Set([process.pid]);
  const look = (): void => {
    try {
      const threads = readdirSync(TASKS).map(Number);
      for (const thread of threads) if (!known.has(thread)) libc.setIdle(thread);
      known = new Set(threads);
    } catch {
      // No descriptor is left for it: the next time.
    }
  };
  look();
  setInterval(look, NEW_THREADS_MS).unref();
}
