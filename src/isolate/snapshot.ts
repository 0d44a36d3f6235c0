/**
 * The runtime as isolates get it: start-up snapshots, and the scripts of the chunks they lack.
 *
 * Snapshots are made in memory when an engine starts and never read from disk: a snapshot is executable
 * code. Making one runs its scripts without any limit, so only the runtime goes in, never tenant code.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';
import { CHUNKS, type ChunkName } from '../protocol/chunks.ts';
import { BOOT_GLOBAL, Entry, Load } from '../protocol/ops.ts';

type Scripts = { core: readonly string[]; chunks: Record<ChunkName, string> };

/** Serves one request in a context that is thrown away: what it compiles is compiled in every isolate. */
const WARM_UP = `{
  const enter = ${BOOT_GLOBAL}.boot(() => {}, () => {});
  enter(${Entry.load}, 0, ${Load.configure}, '{"format":"modules","compatibilityDate":"","compatibilityFlags":[]}', '{}');
  enter(${Entry.load}, 0, ${Load.seal});
  enter(${Entry.load}, 0, ${Load.main}, { default: { async fetch() { return new Response('warm'); } } });
  enter(${Entry.fetch}, 1, 'GET\\nhttp://warm/\\nhost\\nwarm', 0);
}`;

export class Snapshot {
  readonly #scripts: Scripts;
  readonly #bare: ivm.ExternalCopy<ArrayBuffer>;
  readonly #shared = new Map<ChunkName, ivm.ExternalCopy<string>>();

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
    this.#bare = ivm.Isolate.createSnapshot(
      scripts.core.map((code) => ({ code, filename: 'nano:runtime' })),
      WARM_UP,
    );
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

/**
 * With loop unrolling, TurboFan also takes the check for interrupts out of loops whose calls it trusts to check for
 * themselves. Built-ins do not: `for (;;) new Array(1000)` can then be stopped by no limit, neither CPU nor memory.
 */
const INTERRUPTIBLE_LOOPS = '--no-turboshaft-loop-unrolling';

/** Makes the snapshot from the runtime's file. Throws what its scripts throw. */
export function createSnapshot(runtimeFile: string): Snapshot {
  // Here, since every isolate comes after its snapshot.
  setFlagsFromString(INTERRUPTIBLE_LOOPS);
  return new Snapshot(JSON.parse(readFileSync(runtimeFile, 'utf8')) as Scripts);
}
