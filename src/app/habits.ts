/**
 * What a worker has shown of itself, and so which way its turns are run (see isolate/turns.ts).
 *
 * A worker whose turns have each brought an answer or called the host, quickly and with no rejection
 * left unhandled, gets light turns. One in `SAMPLE` stays watched, and one after each `UNSEEN_MS`, so that a change of
 * habits shows: each of a worker that is asked seldom.
 */

/** Turns that must have gone well before they are light. */
const TRUSTED_AFTER = 64;
/** One turn in this many is watched all the same. A power of two. */
const SAMPLE = 64;
/** So long after the last watched turn the next is watched, in milliseconds. */
const UNSEEN_MS = 250;
/** A turn this long is worth watching, in milliseconds of CPU. */
const LONG_MS = 20;

export class Habits {
  #good = 0;
  #turns = 0;
  #seen = 0;
  /** Set by an unhandled rejection: turns of this worker are always watched from then on. */
  #watched = false;

  /** @param now milliseconds on any clock, as in each call */
  mayRunLight(now: number): boolean {
    if (this.#good < TRUSTED_AFTER) return false;
    if ((++this.#turns & (SAMPLE - 1)) !== 0 && now - this.#seen < UNSEEN_MS) return true;
    this.#seen = now;
    return false;
  }

  turnEnded(cpuMs: number, cameToSomething: boolean): void {
    if (this.#watched) return;
    if (!cameToSomething || cpuMs > LONG_MS) this.#good = 0;
    else if (this.#good < TRUSTED_AFTER) this.#good++;
  }

  misbehaved(): void {
    this.#watched = true;
    this.#good = 0;
  }
}
