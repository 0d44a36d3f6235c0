/**
 * Work that may come due all at once, such as ten thousand timers of an isolate: a few things at a time, so that
 * the I/O thread serves others in between. What comes alone is done at once.
 */

/** One takes some fifty microseconds. */
const MOST_AT_A_TIME = 32;

export class Paced<T> {
  readonly #perform: (item: T) => void;
  #waiting: T[] = [];
  #next = 0;
  /** How many may still be done before others have had their turn. */
  #left: number;
  #isScheduled = false;
  readonly #most: number;

  constructor(perform: (item: T) => void, most = MOST_AT_A_TIME) {
    this.#perform = perform;
    this.#most = most;
    this.#left = most;
  }

  push(item: T): void {
    if (this.#left > 0 && this.#next === this.#waiting.length) this.#do(item);
    else this.#waiting.push(item);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#goOn);
    }
  }

  #do(item: T): void {
    this.#left--;
    this.#perform(item);
  }

  readonly #goOn = (): void => {
    this.#isScheduled = false;
    this.#left = this.#most;
    while (this.#left > 0 && this.#next < this.#waiting.length) this.#do(this.#waiting[this.#next++] as T);
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      return;
    }
    this.#isScheduled = true;
    setImmediate(this.#goOn);
  };
}
