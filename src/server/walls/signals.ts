/** Signals of the system, where there is a libc to set them with. */
import type { Libc } from './libc.ts';

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** Ends this process with its parent, even when its main thread can hear of nothing any more. At once: what it has not written by then is lost. */
export function dieWithParent(libc: Libc | undefined): void {
  libc?.prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/**
 * Has a thread that V8 has lost control of run on.
 *
 * isolated-vm suspends such a thread wherever it is, with a signal. When that is in malloc the lock it holds is never given
 * back, and every other thread waits for it before long: the engine hangs, which was to finish what it has in hand and go.
 * Called when isolated-vm has been loaded, and has set what the signal does.
 */
export function leaveThreadsRunning(libc: Libc | undefined): void {
  if (libc === undefined) return;
  const signal = libc.realTimeSignal();
  if (signal > 0) libc.ignoreSignal(signal);
}
