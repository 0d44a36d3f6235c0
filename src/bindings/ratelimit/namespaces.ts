/**
 * The counters of all namespaces of a group.
 *
 * Contract: memory is bounded for all of them together. The process that has them has the stores of every group, and an
 * app may name as many namespaces as it likes.
 */
import { Counters } from './counters.ts';

/** Namespaces and periods that are counted at a time. */
const MOST_NAMESPACES = 1000;
/** Keys of all of them. */
const MOST_KEYS = 400_000;

export class Namespaces {
  readonly #now: () => number;
  readonly #mostKeys: number;
  readonly #counters = new Map<string, Counters>();
  #keys = 0;

  constructor(now: () => number, mostKeys = MOST_KEYS) {
    this.#now = now;
    this.#mostKeys = mostKeys;
  }

  /** Keys that are counted. */
  get size(): number {
    return this.#keys;
  }

  /** @param period seconds @returns whether one more was counted */
  take(namespace: string, period: number, key: string, limit: number): boolean {
    const counters = this.#of(`${period}\n${namespace}`, period);
    const before = counters.size;
    const isTaken = counters.take(key, limit, this.#now());
    this.#keys += counters.size - before;
    if (this.#keys > this.#mostKeys) this.#makeRoom();
    return isTaken;
  }

  #of(id: string, period: number): Counters {
    const known = this.#counters.get(id);
    if (known !== undefined) return known;
    if (this.#counters.size >= MOST_NAMESPACES) {
      const oldest = this.#counters.keys().next().value as string;
      this.#keys -= this.#counters.get(oldest)?.size ?? 0;
      this.#counters.delete(oldest);
    }
    const counters = new Counters(period);
    this.#counters.set(id, counters);
    return counters;
  }

  /** The namespace with the most keys loses some: the others are not to feel it. */
  #makeRoom(): void {
    let largest: Counters | undefined;
    for (const counters of this.#counters.values()) if (counters.size > (largest?.size ?? 0)) largest = counters;
    if (largest === undefined) return;
    this.#keys -= largest.size;
    largest.shed(this.#now());
    this.#keys += largest.size;
  }
}
