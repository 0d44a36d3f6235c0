/**
 * Owners whose rounds have been quick, and how many of them: who has had many will have another one, as a rule.
 * One that is not heard of for a while has to begin again.
 */

const MOST_REMEMBERED = 5000;
/** Fewer say nothing: whoever comes with a slow query has made its tables before. */
const FEWEST_ROUNDS = 10;

export class QuickOwners {
  readonly #forMs: number;
  /** In the order in which they were seen last. */
  readonly #seen = new Map<string, { rounds: number; at: number }>();

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  add(owner: string, now: number): void {
    const rounds = this.#rounds(owner, now) + 1;
    this.#seen.delete(owner);
    if (this.#seen.size >= MOST_REMEMBERED) this.#seen.delete(this.#seen.keys().next().value as string);
    this.#seen.set(owner, { rounds, at: now });
  }

  delete(owner: string): void {
    this.#seen.delete(owner);
  }

  /** Rounds in a row; 0 of one of whom too little is known. */
  credit(owner: string, now: number): number {
    const rounds = this.#rounds(owner, now);
    return rounds < FEWEST_ROUNDS ? 0 : rounds;
  }

  #rounds(owner: string, now: number): number {
    const seen = this.#seen.get(owner);
    return seen === undefined || now - seen.at > this.#forMs ? 0 : seen.rounds;
  }
}
