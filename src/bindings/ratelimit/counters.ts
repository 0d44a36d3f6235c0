/**
 * Counters of a namespace: how often each key has been asked for in the window of time that now is.
 *
 * Contract: windows begin at multiples of their period, as Miniflare's do. Memory is bounded: of more keys than
 * there may be, the one counted longest is forgotten.
 */

/** Keys counted at a time, per namespace and period. */
const MOST_KEYS = 100_000;

export class Counters {
  readonly #periodMs: number;
  readonly #mostKeys: number;
  #window = -1;
  #counts = new Map<string, number>();

  /** @param period seconds */
  constructor(period: number, mostKeys: number = MOST_KEYS) {
    this.#periodMs = period * 1000;
    this.#mostKeys = mostKeys;
  }

  /** Counts one more, unless there have been `limit` already. @returns whether it was counted */
  take(key: string, limit: number, now: number): boolean {
    const window = Math.floor(now / this.#periodMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts = new Map();
    }
    const count = this.#counts.get(key) ?? 0;
    if (count >= limit) return false;
    if (count === 0 && this.#counts.size >= this.#mostKeys) this.#counts.delete(this.#counts.keys().next().value as string);
    this.#counts.set(key, count + 1);
    return true;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Forgets the keys of a window that is over; where it is not, half of them, those counted longest. */
  shed(now: number): void {
    if (Math.floor(now / this.#periodMs) !== this.#window) this.#counts = new Map();
    let left = this.#counts.size / 2;
    for (const key of this.#counts.keys()) {
      if (left-- <= 0) break;
      this.#counts.delete(key);
    }
  }
}
