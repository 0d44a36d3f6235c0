/**
 * How an isolate is deleted while others live, off the I/O thread.
 *
 * V8 takes an isolate apart in one go: a third of a millisecond for a small one, some for a large heap, tens or hundreds after a
 * flood of Intl objects. isolated-vm does that on the thread that lets go of it last, under a lock of the process that the making
 * of an isolate takes too: who makes one meanwhile waits, and with the I/O thread every app.
 *
 * A process that ends meanwhile may crash: isolated-vm's thread wakes an event loop that is gone. So the end waits a little.
 */
import type ivm from 'isolated-vm';

/** How long a deletion takes, beside the CPU time it took to fill the isolate: less, for everything that was tried. */
const SHARE = 0.4;
/** Milliseconds, where that time is not known any more. */
const UNKNOWN_MS = 50;
/** Milliseconds. Nobody waits longer than this for a deletion. */
const MOST_MS = 500;
/** Milliseconds that the end of the process gives the last deletion. */
const LAST_MS = 20;

/** By `performance.now()`: when isolates that hit a limit will have been deleted. One for the process, as the lock is. */
let busyUntil = 0;
let lastAt: number | undefined;

function waitAtEnd(): void {
  const ms = Math.max(busyUntil, (lastAt ?? 0) + LAST_MS) - performance.now();
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Ends an isolate, whatever it is doing, and has a thread of the pool delete it.
 * @param hitLimit it may be full of what takes long to delete
 */
export function deleteIsolate(isolate: ivm.Isolate, hitLimit: boolean): void {
  const isDisposed = isolate.isDisposed;
  if (hitLimit) {
    const ms = isDisposed ? UNKNOWN_MS : Math.min(Number(isolate.cpuTime) * 1e-6 * SHARE, MOST_MS);
    busyUntil = Math.max(busyUntil, performance.now() + ms);
  }
  if (lastAt === undefined) process.once('exit', waitAtEnd);
  lastAt = performance.now();
  if (isDisposed) return;
  // Something to do there, so that a thread of the pool has it in hand and is the last to let go.
  isolate.getHeapStatistics().catch(() => {});
  isolate.dispose();
}

/** Resolves when an isolate can be made without waiting for a deletion, as far as is known. */
export async function deletionsOver(): Promise<void> {
  const most = performance.now() + MOST_MS;
  for (;;) {
    const now = performance.now();
    const wait = Math.min(busyUntil, most) - now;
    if (wait <= 0) return;
    await new Promise<void>((resolve) => setTimeout(resolve, Math.ceil(wait)));
  }
}
