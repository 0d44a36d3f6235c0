/**
 * Keeps apps away that take engines down: an app blamed for two deaths within a minute rests, at first for
 * 30 seconds, twice as long each further time, an hour at most. A good hour wipes the slate.
 */
import type { Clock } from './clock.ts';

const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
const GOOD_MS = 3_600_000;
const DEATHS = 2;
/** A new version ends a pause early, but after the first one not before this part of it is over: anybody can make versions. */
const LEAST_PART = 1 / 8;

type Entry = {
  deaths: number[];
  /** The last pause; 0 where there was none. */
  pauseMs: number;
  /** When the last pause ended or ends. */
  until: number;
  cancel: (() => void) | undefined;
};

export class Quarantine {
  readonly #clock: Clock;
  readonly #onRelease: (app: string) => void;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, onRelease: (app: string) => void) {
    this.#clock = clock;
    this.#onRelease = onRelease;
  }

  /**
   * An engine died and `app` may have done it.
   * @returns the pause in milliseconds when that is once too often, else undefined
   */
  blame(app: string): number | undefined {
    const now = this.#clock.now();
    const entry = this.#entries.get(app) ?? { deaths: [], pauseMs: 0, until: 0, cancel: undefined };
    this.#entries.set(app, entry);
    // In quarantine already: it was in flight in an engine that had not heard of it yet.
    if (entry.cancel !== undefined) return undefined;
    entry.deaths = entry.deaths.filter((at) => now - at < WINDOW_MS);
    entry.deaths.push(now);
    if (entry.deaths.length < DEATHS) return undefined;
    const good = entry.pauseMs === 0 || now - entry.until >= GOOD_MS;
    entry.pauseMs = good ? FIRST_PAUSE_MS : Math.min(entry.pauseMs * 2, LONGEST_PAUSE_MS);
    entry.until = now + entry.pauseMs;
    entry.deaths = [];
    this.#releaseLater(app, entry, entry.pauseMs);
    return entry.pauseMs;
  }

  has(app: string): boolean {
    return this.#entries.get(app)?.cancel !== undefined;
  }

  /** Ends the pause early, as a new version of the app deserves; how long the next one is, it keeps. */
  release(app: string): void {
    const entry = this.#entries.get(app);
    if (entry?.cancel === undefined) return;
    const now = this.#clock.now();
    entry.cancel();
    entry.cancel = undefined;
    const begin = entry.until - entry.pauseMs;
    const least = entry.pauseMs === FIRST_PAUSE_MS ? now : begin + entry.pauseMs * LEAST_PART;
    if (least > now) return this.#releaseLater(app, entry, least - now);
    entry.until = now;
  }

  #releaseLater(app: string, entry: Entry, milliseconds: number): void {
    entry.cancel = this.#clock.after(milliseconds, () => {
      entry.cancel = undefined;
      entry.until = this.#clock.now();
      this.#onRelease(app);
    });
  }

  dispose(): void {
    for (const entry of this.#entries.values()) entry.cancel?.();
    this.#entries.clear();
  }
}
