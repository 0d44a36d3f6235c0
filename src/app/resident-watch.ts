/**
 * A second look at memory: what the process really takes, for what V8 counts in no isolate (Intl objects, compiled
 * code, its own structures).
 *
 * Growth of the process is put down to the apps whose isolates were running meanwhile, by the time they ran; what comes
 * back is taken off again. An app that is found to have grown the process far beyond what its isolates account for
 * loses them. When the process as a whole passes its limit the one to blame loses its isolates, too; if that does not
 * help the engine has to be replaced.
 */
import { residentBytes } from '../base/resident-bytes.ts';
import type { Apps } from './apps.ts';
import type { AppVersion } from './version.ts';
import type { Worker } from './worker.ts';

const MB = 1024 * 1024;
/** Smaller changes are the weather. */
const NOISE_BYTES = 4 * MB;
/** What an app may have grown the process by, beside what is counted, in multiples of its memory limit. */
const GRACE = 4;
/** What a turn that lasted from one round to the next is taken to have run, in milliseconds. */
const WHOLE_ROUND_MS = 1000;
/** What can be allocated in a millisecond: growth beyond that was somebody else's, whose turn has not come back yet. */
const FASTEST_BYTES = 2 * MB;
/** Free memory that is worth giving back to the system: doing so holds everything up for some milliseconds. */
const TRIM_BYTES = 128 * MB;
/** Free memory that is worth it even while requests are in flight. */
const BUSY_TRIM_BYTES = 1024 * MB;
const TRIM_ROUNDS = 10;
/** Rounds that freed memory gets to return to the system. */
const PATIENCE = 3;

export type ResidentWatchOptions = {
  /** More than this and the process is to be replaced. */
  limitBytes: number;
  /** Bytes that an app's isolates, or all of them, account for, as last measured. */
  counted(app: string | undefined): number;
  /** Gives free memory back to the system, where that can be done. */
  trim?: (() => void) | undefined;
  /** The limit is passed and nothing helps. */
  onExceeded(app: string | undefined, bytes: number): void;
  rss?: () => number;
};

export class ResidentWatch {
  readonly #apps: Apps;
  readonly #options: ResidentWatchOptions;
  readonly #rss: () => number;
  /** Bytes put down to each app. */
  readonly #grown = new Map<string, number>();
  /** CPU milliseconds that each app has used since the last round. */
  #used = new Map<string, number>();
  /** How far each worker had got at the last round. */
  readonly #progress = new WeakMap<Worker, number>();
  #last: number;
  #trimmed: number;
  #rounds = 0;
  /** Rounds in a row above the limit, and the app that was taken down in the first of them. */
  #over = 0;
  #blamed: string | undefined;

  constructor(apps: Apps, options: ResidentWatchOptions) {
    this.#apps = apps;
    this.#options = options;
    this.#rss = options.rss ?? residentBytes;
    this.#last = this.#rss();
    this.#trimmed = this.#last;
  }

  /** An app has used CPU time. */
  used(app: string, milliseconds: number): void {
    this.#used.set(app, (this.#used.get(app) ?? 0) + milliseconds);
  }

  /** One round. To be called about once a second. */
  tick(): void {
    const rss = this.#trimmedRss();
    const change = rss - this.#last;
    this.#last = rss;
    const running = this.#running();
    if (change > NOISE_BYTES) this.#grow(change, running);
    else if (change < -NOISE_BYTES) this.#shrink(-change);
    for (const { version } of running) {
      const { name, limits } = version.record;
      const unaccounted = (this.#grown.get(name) ?? 0) - this.#options.counted(name);
      if (unaccounted > limits.memoryMb * MB * GRACE) this.#takeDown(version);
    }
    if (rss <= this.#options.limitBytes) this.#over = 0;
    else this.#tooMuch(rss);
  }

  /** Resident memory, after giving back what is free where that is much. */
  #trimmedRss(): number {
    const rss = this.#rss();
    const { trim, counted } = this.#options;
    if (++this.#rounds < TRIM_ROUNDS || trim === undefined) return rss;
    const least = this.#apps.inFlight === 0 ? TRIM_BYTES : BUSY_TRIM_BYTES;
    if (rss - this.#trimmed < least || rss - counted(undefined) < least) return rss;
    this.#rounds = 0;
    trim();
    this.#trimmed = this.#rss();
    return this.#trimmed;
  }

  /** Apps that have run since the last round, and for how many milliseconds. */
  #running(): { version: AppVersion; ran: number }[] {
    const running: { version: AppVersion; ran: number }[] = [];
    const versions = new Set(this.#apps.versions());
    // Those whose last worker has gone since.
    for (const name of this.#used.keys()) {
      const current = this.#apps.get(name);
      if (current !== undefined) versions.add(current);
    }
    for (const version of versions) {
      let ran = this.#used.get(version.record.name) ?? 0;
      for (const worker of version.workers) {
        const { progress } = worker;
        if (progress !== undefined && this.#progress.get(worker) === progress) ran += WHOLE_ROUND_MS;
        if (progress === undefined) this.#progress.delete(worker);
        else this.#progress.set(worker, progress);
      }
      if (ran > 0) running.push({ version, ran });
    }
    this.#used = new Map();
    return running;
  }

  #grow(bytes: number, running: readonly { version: AppVersion; ran: number }[]): void {
    const total = running.reduce((sum, { ran }) => sum + ran, 0);
    for (const { version, ran } of running) {
      const { name } = version.record;
      this.#grown.set(name, (this.#grown.get(name) ?? 0) + Math.min((bytes * ran) / total, ran * FASTEST_BYTES));
    }
  }

  /** Memory came back: nobody knows whose it was. */
  #shrink(bytes: number): void {
    let total = 0;
    for (const grown of this.#grown.values()) total += grown;
    const share = total === 0 ? 0 : Math.max(0, 1 - bytes / total);
    for (const [app, grown] of this.#grown) {
      if (grown * share < NOISE_BYTES) this.#grown.delete(app);
      else this.#grown.set(app, grown * share);
    }
  }

  #tooMuch(rss: number): void {
    this.#over++;
    if (this.#over === 1) {
      const suspect = this.#suspect();
      this.#blamed = suspect?.record.name;
      if (suspect !== undefined) this.#takeDown(suspect);
    } else if (this.#over > PATIENCE) this.#options.onExceeded(this.#blamed, rss);
  }

  /** The app that has grown the process most. */
  #suspect(): AppVersion | undefined {
    let most = 0;
    let suspect: string | undefined;
    for (const [app, grown] of this.#grown) if (grown > most) [most, suspect] = [grown, app];
    return suspect === undefined ? undefined : this.#apps.get(suspect);
  }

  #takeDown(version: AppVersion): void {
    this.#grown.delete(version.record.name);
    for (const worker of [...version.workers]) worker.outgrown();
  }
}
