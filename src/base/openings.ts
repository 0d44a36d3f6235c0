/**
 * What apps have open of the descriptors of one process: connections they made, files that are read or written for them,
 * and the connections of requests that they have not answered.
 *
 * Contract: an app may have as many as are free at the moment, and no more. One that takes all it can has a half, two have a
 * third each: some are left for whoever comes, however many apps take what they can.
 */
import type { Readable } from 'node:stream';
import { OpError } from './op-error.ts';

/** What an app hears that has enough. */
export class TooManyOpenError extends OpError {
  constructor() {
    super('Error', 'Too many connections and files are open at the same time.');
  }
}

/** Of one app, however many are free: each takes memory that is counted to nobody. */
const MOST = 20_000;
/** How often it is told of one app. */
const SILENCE_MS = 10_000;
/** What the process needs for itself. */
const OWN = 64;

export type OpeningsOptions = {
  /** Descriptors that the process may have. */
  limit: number;
  /** Of them, what others in the process keep open, at most. */
  reserved?: number;
  /** An app wants more than it may have. */
  onRefused?(app: string, detail: string): void;
  now?: () => number;
};

export class Openings {
  readonly #options: OpeningsOptions;
  readonly #room: number;
  readonly #apps = new Map<string, AppOpenings>();
  readonly #told = new Map<string, number>();
  #used = 0;

  constructor(options: OpeningsOptions) {
    this.#options = options;
    this.#room = Math.max(0, options.limit - OWN - (options.reserved ?? 0));
  }

  /** How many there are for apps and clients together. */
  get room(): number {
    return this.#room;
  }

  get free(): number {
    return this.#room - this.#used;
  }

  of(app: string): AppOpenings {
    let openings = this.#apps.get(app);
    if (openings === undefined) this.#apps.set(app, (openings = new AppOpenings(app, this)));
    return openings;
  }

  /** Something was opened, or closed, whoever wanted it. */
  count(change: 1 | -1): void {
    this.#used += change;
  }

  /** For AppOpenings. */
  refused(app: string, count: number): void {
    const now = (this.#options.now ?? performance.now.bind(performance))();
    if (now - (this.#told.get(app) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return;
    this.#told.set(app, now);
    this.#options.onRefused?.(app, `${count} connections and files open at the same time, of ${this.#room} for all apps`);
  }
}

/** Those of one app. */
export class AppOpenings {
  readonly #app: string;
  readonly #all: Openings;
  #count = 0;

  constructor(app: string, all: Openings) {
    this.#app = app;
    this.#all = all;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * A connection or a file is about to be opened for the app.
   * @returns to be called when it is closed, or could not be opened
   * @throws TooManyOpenError
   */
  take(): () => void {
    if (!this.enter()) throw new TooManyOpenError();
    this.#all.count(1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#all.count(-1);
      this.leave();
    };
  }

  /** A connection that is there is the app's from now on, until `leave`. False where it has too many. */
  enter(): boolean {
    if (this.#count >= Math.min(MOST, this.#all.free)) {
      this.#all.refused(this.#app, this.#count);
      return false;
    }
    this.#count++;
    return true;
  }

  leave(): void {
    this.#count--;
  }
}

/**
 * Opens a file to be read for an app, and counts it until it is closed, or could not be opened.
 * @param openings the app's; nothing is counted where there are none
 * @throws TooManyOpenError, and what `open` throws
 */
export async function openStream(openings: AppOpenings | undefined, open: () => Promise<Readable>): Promise<Readable> {
  if (openings === undefined) return open();
  const close = openings.take();
  try {
    return (await open()).once('close', close);
  } catch (error) {
    close();
    throw error;
  }
}
