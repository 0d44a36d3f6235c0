/**
 * The runtime as isolates get it: start-up snapshots, and the scripts of the chunks they lack.
 *
 * Snapshots are made in memory, the first when an engine starts, and never read from disk: a snapshot is
 * executable code. Making one runs its scripts without any limit, so only the runtime goes in, never
 * tenant code.
 */
import { readFileSync } from 'node:fs';
import ivm from 'isolated-vm';
import { CHUNKS, type ChunkName } from '../protocol/chunks.ts';
import { BOOT_GLOBAL, Entry, Load } from '../protocol/ops.ts';

type Scripts = { core: readonly string[]; chunks: Record<ChunkName, string> };

/**
 * The chunks of each snapshot, beyond the core. A chunk in a snapshot weighs two thirds of one that is
 * loaded into an isolate and takes a tenth of the time; but it is paid by every isolate of the snapshot.
 */
const PLATFORM: readonly ChunkName[] = ['base', 'timers', 'events', 'url', 'encoding', 'streams', 'forms', 'fetch'];
/** What a bundle with a framework in it names, mostly. Chunks that depend on a flag are in no image. */
const FRAMEWORK: readonly ChunkName[] = ['base', 'timers', 'events', 'url', 'encoding', 'streams', 'forms', 'clone', 'crypto', 'fetch', 'service', 'calendar'];
const IMAGES: readonly (readonly ChunkName[])[] = [[], ['base', 'url'], PLATFORM, FRAMEWORK];

/** What a chunk that has to be loaded costs, against one in the snapshot. */
const LOADED_COST = 3;

/** What an app commonly does with a chunk. */
const USES: Partial<Record<ChunkName, string>> = {
  url: "const url = new URL('http://warm/a?b=c#d'); url.searchParams.get('b'); url.pathname;",
  encoding: "new TextDecoder().decode(new TextEncoder().encode('warm'));",
  streams: 'const stream = new ReadableStream({ start(it) { it.enqueue(new Uint8Array(1)); it.close(); } }); await new Response(stream).text();',
};

/** Serves one request in a context that is thrown away: what it compiles is compiled in every isolate. */
const warmUp = (chunks: Iterable<ChunkName>): string => `{
  const enter = ${BOOT_GLOBAL}.boot(() => {}, () => {});
  enter(${Entry.load}, 0, ${Load.configure}, '{"format":"modules"}', '{}');
  enter(${Entry.load}, 0, ${Load.seal});
  enter(${Entry.load}, 0, ${Load.main}, { default: { async fetch() { ${[...chunks].map((name) => `{ ${USES[name] ?? ''} }`).join(' ')} return new Response('warm'); } } });
  enter(${Entry.fetch}, 1, 'GET\\nhttp://warm/\\nhost\\nwarm', 0);
}`;

/** One start-up snapshot. */
export class Image {
  readonly chunks: ReadonlySet<ChunkName>;
  readonly #scripts: Scripts;
  #blob: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor(scripts: Scripts, chunks: readonly ChunkName[]) {
    this.#scripts = scripts;
    this.chunks = new Set(chunks);
  }

  /** V8's own form. Making it takes some tens of milliseconds of the calling thread, once. */
  get blob(): ivm.ExternalCopy<ArrayBuffer> {
    const { core, chunks } = this.#scripts;
    const codes = [...core, ...[...this.chunks].map((name) => `${BOOT_GLOBAL}.builtins.install(${chunks[name]}\n)`)];
    this.#blob ??= ivm.Isolate.createSnapshot(
      codes.map((code) => ({ code, filename: 'nano:runtime' })),
      warmUp(this.chunks),
    );
    return this.#blob;
  }
}

export class Snapshot {
  /** The first has no chunks. */
  readonly images: readonly [Image, ...Image[]];
  readonly #scripts: Scripts;
  readonly #shared = new Map<ChunkName, ivm.ExternalCopy<string>>();

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
    this.images = IMAGES.map((chunks) => new Image(scripts, chunks)) as [Image, ...Image[]];
  }

  /** The snapshot that serves an app with these chunks at the least cost. */
  imageFor(chunks: readonly ChunkName[]): Image {
    let [best] = this.images;
    for (const image of this.images) if (this.#cost(image, chunks) < this.#cost(best, chunks)) best = image;
    return best;
  }

  #cost(image: Image, chunks: readonly ChunkName[]): number {
    let cost = 0;
    for (const name of image.chunks) cost += this.#scripts.chunks[name].length;
    for (const name of chunks) if (!image.chunks.has(name)) cost += LOADED_COST * this.#scripts.chunks[name].length;
    return cost;
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
  const snapshot = new Snapshot(JSON.parse(readFileSync(runtimeFile, 'utf8')) as Scripts);
  void snapshot.images[0].blob;
  return snapshot;
}
