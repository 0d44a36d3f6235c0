/**
 * A second look at memory: what the process really takes, for what V8 counts in no isolate (Intl objects, compiled
 * code, its own structures).
 *
 * Growth of the process is put down to the apps whose isolates were running meanwhile, in equal parts; what they give
 * back is taken off again. An app that is found to have grown the process far beyond what its isolates account for
 * loses them. When the process as a whole passes its limit the one to blame loses its isolates, too; if that does not
 * help the engine has to be replaced.
 */
import type { Apps } from './apps.ts';
import type { AppVersion } from './version.ts';

const MB = 1024 * 1024;
/** Smaller changes are the weather. */
const NOISE_BYTES = 4 * MB;
/** What an app may have grown the process by, beside what is counted, in multiples of its memory limit. */
const GRACE = 4;
/** Rounds that freed memory gets to return to the system. */
const PATIENCE = 3;

export type ResidentWatchOptions = {
  /** More than this and the process is to be replaced. */
  limitBytes: number;
  /** Bytes an app's isolates account for, as last measured. */
  counted(app: string): number;
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
  /** When each app's isolates had last done something. */
  readonly #used = new Map<string, number>();
  #last: number;
  /** Rounds in a row above the limit, and the app that was taken down in the first of them. */
  #over = 0;
  #blamed: string | undefined;

  constructor(apps: Apps, options: ResidentWatchOptions) {
    this.#apps = apps;
    this.#options = options;
    this.#rss = options.rss ?? process.memoryUsage.rss;
    this.#last = this.#rss();
  }

  /** One round. To be called about once a second. */
  tick(): void {
    const rss = this.#rss();
    const change = rss - this.#last;
    this.#last = rss;
    const running = this.#running();
    if (change > NOISE_BYTES) for (const { name } of running.keys()) this.#grown.set(name, (this.#grown.get(name) ?? 0) + change / running.size);
    else if (change < -NOISE_BYTES) this.#shrink(-change);
    for (const [record, version] of running) {
      const unaccounted = (this.#grown.get(record.name) ?? 0) - this.#options.counted(record.name);
      if (unaccounted > record.limits.memoryMb * MB * GRACE) this.#takeDown(version);
    }
    if (rss <= this.#options.limitBytes) this.#over = 0;
    else this.#tooMuch(rss);
  }

  /** Apps whose isolates have done something since the last round, or are in the middle of it. */
  #running(): Map<AppVersion['record'], AppVersion> {
    const running = new Map<AppVersion['record'], AppVersion>();
    for (const version of this.#apps.versions()) {
      const { name } = version.record;
      const lastUsed = Math.max(0, ...version.workers.map((worker) => worker.lastUsed));
      const isBusy = version.workers.some((worker) => worker.inFlight > 0 && worker.progress !== undefined);
      if (isBusy || (lastUsed > 0 && this.#used.get(name) !== lastUsed)) running.set(version.record, version);
      if (lastUsed > 0) this.#used.set(name, lastUsed);
      else this.#used.delete(name);
    }
    return running;
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
