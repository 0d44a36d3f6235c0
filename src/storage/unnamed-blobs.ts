/**
 * Files of a store whose names its rows have given up: removed once the commit that did so has come to its end.
 *
 * Contract: a file is removed only while no row names it, which a commit that failed may leave as it was. What a crash
 * leaves behind is for `sweep`.
 */
import type { Blobs } from './blobs.ts';

/** Files without a row: how old they must be to be nobody's, and how often they are looked for. */
const SWEEP_MS = 60 * 60 * 1000;

export class UnnamedBlobs {
  readonly #blobs: Blobs;
  readonly #isNamed: (name: string) => boolean;
  #waiting: string[] = [];
  #sweptAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @param isNamed asks the store's rows */
  constructor(blobs: Blobs, isNamed: (name: string) => boolean) {
    this.#blobs = blobs;
    this.#isNamed = isNamed;
  }

  /** To be called within the commit. */
  drop(name: string): void {
    this.#waiting.push(name);
    if (this.#waiting.length === 1) setImmediate(() => this.#remove());
  }

  /** Looks for files that nobody names, if that is due. @param now in milliseconds, of the clock that files have */
  sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#blobs.sweep(now - SWEEP_MS, (name) => this.#isClosed || this.#isNamed(name)).catch(() => {});
  }

  close(): void {
    this.#isClosed = true;
  }

  #remove(): void {
    const names = this.#waiting;
    this.#waiting = [];
    if (this.#isClosed) return;
    try {
      this.#blobs.remove(names.filter((name) => !this.#isNamed(name))).catch(() => {});
    } catch {
      // They are swept later.
    }
  }
}
