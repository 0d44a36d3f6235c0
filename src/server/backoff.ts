/** How long to wait before the next engine process is started. */
import type { Clock } from './clock.ts';

/** An engine that lived this long was not part of a crash loop. */
const QUICK_MS = 10_000;
const FIRST_MS = 200;
const LONGEST_MS = 30_000;

export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #quick = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** An engine died after `uptimeMs` without having been told to. */
  died(uptimeMs: number): void {
    const now = this.#clock.now();
    const calm = now - this.#last > LONGEST_MS * 2;
    this.#last = now;
    this.#quick = uptimeMs < QUICK_MS ? (calm ? 1 : this.#quick + 1) : 0;
  }

  /** Deaths in a row of engines that had hardly lived. */
  get quickDeaths(): number {
    return this.#quick;
  }

  /** Milliseconds to wait; the first quick death costs nothing, so that one bad request does not cost the spare's time. */
  delay(): number {
    if (this.#quick <= 1) return 0;
    const full = Math.min(FIRST_MS * 2 ** Math.min(this.#quick - 2, 16), LONGEST_MS);
    return full * (0.5 + this.#random() / 2);
  }
}
