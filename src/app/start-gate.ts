/**
 * How many apps are started at a time. A start takes milliseconds of the I/O thread, in pieces; with many of them side by
 * side nobody else gets a turn between the pieces.
 */

export class StartGate {
  readonly #most: number;
  #under = 0;
  readonly #line: (() => void)[] = [];

  /** @param most starts under way at a time */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Runs a start when it is its turn.
   * @param patienceMs a start that takes longer makes room: one that waits for its own code must not hold up others
   */
  async run<T>(start: () => Promise<T>, patienceMs: number): Promise<T> {
    if (this.#under >= this.#most) await new Promise<void>((resolve) => this.#line.push(resolve));
    else this.#under++;
    let isUnder = true;
    const leave = (): void => {
      if (!isUnder) return;
      isUnder = false;
      const next = this.#line.shift();
      // The place goes to the next in line.
      if (next === undefined) this.#under--;
      // Requests that came meanwhile first.
      else setImmediate(next);
    };
    const timer = setTimeout(leave, patienceMs);
    try {
      return await start();
    } finally {
      clearTimeout(timer);
      leave();
    }
  }
}
