/** Reports for the operator that somebody may bring about as often as they like: so many in so long, the rest is counted. */

const MOST_REPORTS = 10;
const REPORTS_MS = 60_000;

export class FewReports {
  readonly #report: (message: string, fields: Record<string, unknown>) => void;
  readonly #now: () => number;
  #reports = 0;
  #untold = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since any time */
  constructor(report: (message: string, fields: Record<string, unknown>) => void, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  /** Those that were not told before it are told with it, as a number: `untold`. */
  tell(message: string, fields: Record<string, unknown>): void {
    const now = this.#now();
    if (now - this.#since > REPORTS_MS) {
      this.#since = now;
      this.#reports = 0;
    }
    if (++this.#reports > MOST_REPORTS) {
      this.#untold++;
      return;
    }
    this.#report(message, { ...fields, ...(this.#untold === 0 ? {} : { untold: this.#untold }) });
    this.#untold = 0;
  }
}
