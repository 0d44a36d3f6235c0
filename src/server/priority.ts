/** Processes that run when others do not. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A thread of priority 0 gets nine times its time. */
const LOW = 10;

/** Of all threads there are; those to come take it over from the ones that start them. Nobody but root gets the old one back. */
export function lowerPriority(pid: number | undefined): void {
  if (!pid) return;
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, LOW);
    } catch {
      // It has just ended.
    }
  }
}

/** Where the system does not tell, the process itself. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
