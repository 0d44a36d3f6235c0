/**
 * The workers that one version of an app has loaded at run time.
 *
 * Contract: they are the app's in the ledger, in metrics, in its group and in its limits, and end with it; the least
 * recently used goes when there are too many, but none that somebody has in hand. Reading code is the engine's own
 * work: an app may have a small share of it only.
 */
import { OpError } from '../base/op-error.ts';
import type { LoadedWorker, WorkerLoader, WorkerSource } from '../ports/worker-loader.ts';
import type { Bundle } from '../protocol/bundle.ts';

/** Workers that one app may have loaded at a time. */
export const MOST_LOADED = 32;
/** Bytes of their code. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Loads that wait for their turn. */
const MOST_WAITING = 32;
/** Of an engine's time, one part in so many is for reading what one app loads. */
const SHARE = 10;

/** A version, as far as it matters here. */
export type Loadable = {
  readonly isEmpty: boolean;
  /** Reads the code: what that costs is the engine's time. */
  prepare(): Promise<void>;
  retire(): void;
  dispose(): void;
};

export class Loaded<Version extends Loadable> implements LoadedWorker {
  readonly key: string | undefined;
  readonly bytes: number;
  readonly version: Version;
  /** Why it did not start. */
  failure: Error | undefined;
  /** It did not start, which took so many milliseconds too many. */
  readonly broken: (milliseconds: number) => void;
  readonly #onUnused: () => void;
  #leases = 0;
  lastUsed = performance.now();

  /** @param make the version, which is told what it is loaded as */
  constructor(
    key: string | undefined,
    bytes: number,
    make: (self: Loaded<Version>) => Version,
    home: { unused(self: Loaded<Version>): void; broken(self: Loaded<Version>, milliseconds: number): void },
  ) {
    this.key = key;
    this.bytes = bytes;
    this.version = make(this);
    this.broken = (milliseconds) => home.broken(this, milliseconds);
    this.#onUnused = () => home.unused(this);
  }

  get isLeased(): boolean {
    return this.#leases > 0;
  }

  lease(): () => void {
    this.#leases++;
    this.lastUsed = performance.now();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#leases === 0) this.#onUnused();
    };
  }
}

export type LoadedWorkersOptions<Version extends Loadable> = {
  assemble(source: WorkerSource): Promise<Bundle>;
  make(self: Loaded<Version>, source: WorkerSource, bundle: Bundle): Version;
};

export class LoadedWorkers<Version extends Loadable> implements WorkerLoader {
  readonly #options: LoadedWorkersOptions<Version>;
  /** The oldest first. */
  readonly #workers = new Set<Loaded<Version>>();
  readonly #byKey = new Map<string, Loaded<Version>>();
  /** Retired, with events in hand. */
  readonly #leaving = new Set<Version>();
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isOver = false;

  constructor(options: LoadedWorkersOptions<Version>) {
    this.#options = options;
  }

  /** All that may have an isolate. */
  *versions(): Iterable<Version> {
    for (const { version } of this.#workers) yield version;
    for (const version of this.#leaving) {
      if (version.isEmpty) this.#leaving.delete(version);
      else yield version;
    }
  }

  /** Is none loaded? */
  get isEmpty(): boolean {
    return this.#workers.size === 0;
  }

  find(key: string): Loaded<Version> | undefined {
    return this.#byKey.get(key);
  }

  async load(key: string | undefined, source: WorkerSource): Promise<{ worker: Loaded<Version>; release: () => void }> {
    if (this.#waiting >= MOST_WAITING) throw new OpError('Error', 'Too many dynamic workers are being loaded.');
    this.#waiting++;
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    const started = performance.now();
    try {
      return await this.#load(key, source);
    } finally {
      this.#waiting--;
      setTimeout(resolve, (performance.now() - started) * (SHARE - 1)).unref();
    }
  }

  async #load(key: string | undefined, source: WorkerSource): Promise<{ worker: Loaded<Version>; release: () => void }> {
    // Another event may have loaded it meanwhile.
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (known !== undefined) return { worker: known, release: known.lease() };
    const bundle = await this.#options.assemble(source);
    this.#makeRoom(bundle.bytes);
    const worker = new Loaded<Version>(key, bundle.bytes, (self) => this.#options.make(self, source, bundle), {
      unused: (self) => {
        if (this.#isOver || key === undefined || this.#byKey.get(key) !== self) this.#retire(self);
      },
      broken: (self, milliseconds) => {
        this.#forget(self);
        this.#pause(milliseconds);
      },
    });
    const release = worker.lease();
    this.#workers.add(worker);
    try {
      await worker.version.prepare();
    } catch (error) {
      release();
      this.#retire(worker);
      throw error;
    }
    if (key !== undefined && !this.#isOver) this.#byKey.set(key, worker);
    return { worker, release };
  }

  /** It has turned out not to run: whoever asks next loads it anew. */
  #forget(worker: Loaded<Version>): void {
    if (worker.key !== undefined && this.#byKey.get(worker.key) === worker) this.#byKey.delete(worker.key);
    if (!worker.isLeased) this.#retire(worker);
  }

  /** Reads nothing more for so many milliseconds. */
  #pause(milliseconds: number): void {
    const before = this.#turn;
    this.#turn = new Promise((resolve) => {
      setTimeout(() => resolve(before), milliseconds).unref();
    });
  }

  /** Lets those go that nobody has asked for in a while. */
  forgetIdle(now: number, idleMs: number): void {
    for (const worker of [...this.#workers]) if (!worker.isLeased && now - worker.lastUsed > idleMs) this.#retire(worker);
  }

  /** The app has a newer version: what is in hand is finished. */
  retire(): void {
    this.#isOver = true;
    this.#byKey.clear();
    for (const worker of [...this.#workers]) if (!worker.isLeased) this.#retire(worker);
  }

  /** Ends all at once. */
  dispose(): void {
    this.#isOver = true;
    for (const version of this.versions()) version.dispose();
    this.#byKey.clear();
    this.#workers.clear();
    this.#leaving.clear();
  }

  /** @throws OpError where all there are is in use */
  #makeRoom(bytes: number): void {
    let sum = bytes;
    for (const worker of this.#workers) sum += worker.bytes;
    const unused = [...this.#workers].filter((worker) => !worker.isLeased).sort((a, b) => a.lastUsed - b.lastUsed);
    while (this.#workers.size >= MOST_LOADED || sum > MOST_BYTES) {
      const oldest = unused.shift();
      if (oldest === undefined) throw new OpError('Error', 'Too many dynamic workers are in use.');
      sum -= oldest.bytes;
      this.#retire(oldest);
    }
  }

  #retire(worker: Loaded<Version>): void {
    if (!this.#workers.delete(worker)) return;
    if (worker.key !== undefined && this.#byKey.get(worker.key) === worker) this.#byKey.delete(worker.key);
    worker.version.retire();
    if (!worker.version.isEmpty) this.#leaving.add(worker.version);
  }
}
