/** Owners whose rounds have taken long: those to come will, too, as a rule. Forgotten after a while. */

const MOST_REMEMBERED = 5000;

export class SlowOwners {
  readonly #forMs: number;
  /** When each was slow last, in that order. */
  readonly #seen = new Map<string, number>();

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  add(owner: string, now: number): void {
    this.#seen.delete(owner);
    if (this.#seen.size >= MOST_REMEMBERED) this.#seen.delete(this.#seen.keys().next().value as string);
    this.#seen.set(owner, now);
  }

  has(owner: string, now: number): boolean {
    const seen = this.#seen.get(owner);
    if (seen === undefined || now - seen <= this.#forMs) return seen !== undefined;
    this.#seen.delete(owner);
    return false;
  }
}
