/**
 * The runtime as isolates get it: start-up snapshots, and the scripts of the chunks they lack.
 *
 * Snapshots are made in memory when an engine starts and never read from disk: a snapshot is executable
 * code. Making one runs its scripts without any limit, so only the runtime goes in, never tenant code.
 */
import { readFileSync } from 'node:fs';
import ivm from 'isolated-vm';
import { CHUNKS, type ChunkName } from '../protocol/chunks.ts';

type Scripts = { core: readonly string[]; chunks: Record<ChunkName, string> };

export class Snapshot {
  readonly #scripts: Scripts;
  readonly #bare: ivm.ExternalCopy<ArrayBuffer>;
  readonly #shared = new Map<ChunkName, ivm.ExternalCopy<string>>();

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
    this.#bare = ivm.Isolate.createSnapshot(scripts.core.map((code) => ({ code, filename: 'nano:runtime' })));
  }

  /** V8's own form, for `isolate.ts`. */
  get blob(): ivm.ExternalCopy<ArrayBuffer> {
    return this.#bare;
  }

  /** The text of a chunk's script, to be handed to an isolate. All isolates share the one text in memory. */
  source(name: unknown): unknown {
    if (!Object.hasOwn(CHUNKS, String(name))) throw new Error('No such chunk.');
    const known = this.#shared.get(name as ChunkName);
    const shared = known ?? new ivm.ExternalCopy(this.#scripts.chunks[name as ChunkName]);
    if (known === undefined) this.#shared.set(name as ChunkName, shared);
    return shared.copyInto();
  }
}

/** Makes the snapshot from the runtime's file. Throws what its scripts throw. */
export function createSnapshot(runtimeFile: string): Snapshot {
  return new Snapshot(JSON.parse(readFileSync(runtimeFile, 'utf8')) as Scripts);
}
