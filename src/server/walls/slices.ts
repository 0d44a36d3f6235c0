/** How the kernel shares a busy CPU out to the threads of a process, where there is a libc to say so with. */
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
