/**
 * The start-up snapshot: V8's heap with the runtime already evaluated, from which every isolate starts.
 *
 * It is made in memory when an engine starts and never read from disk: a snapshot is executable code.
 * Making one runs its script without any limit, so only the runtime goes in, never tenant code.
 */
import { readFileSync } from 'node:fs';
import ivm from 'isolated-vm';

export type Snapshot = ivm.ExternalCopy<ArrayBuffer>;

/** Makes the snapshot from the runtime's script. Throws what the script throws. */
export function createSnapshot(runtimeFile: string): Snapshot {
  return ivm.Isolate.createSnapshot([{ code: readFileSync(runtimeFile, 'utf8'), filename: 'nano:runtime' }]);
}
