/**
 * The start-up snapshot: V8's heap with the runtime already evaluated, from which every isolate starts.
 *
 * It is made in memory when an engine starts and never read from disk: a snapshot is executable code.
 * Making one runs its script without any limit, so only the runtime goes in, never tenant code.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';

export type Snapshot = ivm.ExternalCopy<ArrayBuffer>;

/**
 * With loop unrolling, TurboFan also takes the check for interrupts out of loops whose calls it trusts to check for
 * themselves. Built-ins do not: `for (;;) new Array(1000)` can then be stopped by no limit, neither CPU nor memory.
 */
const INTERRUPTIBLE_LOOPS = '--no-turboshaft-loop-unrolling';

/** Makes the snapshot from the runtime's script. Throws what the script throws. */
export function createSnapshot(runtimeFile: string): Snapshot {
  // Here, since every isolate comes after its snapshot.
  setFlagsFromString(INTERRUPTIBLE_LOOPS);
  return ivm.Isolate.createSnapshot([{ code: readFileSync(runtimeFile, 'utf8'), filename: 'nano:runtime' }]);
}
