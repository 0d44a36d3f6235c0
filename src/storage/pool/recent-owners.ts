/** Owners of whom something was seen, such as a slow round, and how often: it will be so again, as a rule. Forgotten after a while. */

const MOST_REMEMBERED = 5000;

export class RecentOwners {
  readonly #forMs: number;
  readonly #fewest: number;
  /** How often, and when last, in that order. */
  readonly #seen = new Map<string, { times: number; at: number }>();

  /** @param fewest times that count at all */
  constructor(forMs: number, fewest = 1) {
    this.#forMs = forMs;
    this.#fewest = fewest;
  }

  add(owner: string, now: number): void {
    const times = this.#times(owner, now) + 1;
    this.#seen.delete(owner);
    if (this.#seen.size >= MOST_REMEMBERED) this.#seen.delete(this.#seen.keys().next().value as string);
    this.#seen.set(owner, { times, at: now });
  }

  delete(owner: string): void {
    this.#seen.delete(owner);
  }

  has(owner: string, now: number): boolean {
    return this.credit(owner, now) > 0;
  }

  /** How often; 0 where too little is known. */
  credit(owner: string, now: number): number {
    const times = this.#times(owner, now);
    return times < this.#fewest ? 0 : times;
  }

  #times(owner: string, now: number): number {
    const seen = this.#seen.get(owner);
    if (seen === undefined || now - seen.at <= this.#forMs) return seen?.times ?? 0;
    this.#seen.delete(owner);
    return 0;
  }
}
