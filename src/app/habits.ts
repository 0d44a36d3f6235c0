/**
 * What a worker has shown of itself, and so which way its turns are run (see isolate/turns.ts).
 *
 * A worker whose turns have each brought an answer or called the host, quickly and with no rejection
 * left unhandled, gets light turns; one in `SAMPLE` stays watched, so that a change of habits shows.
 */

/** Turns that must have gone well before they are light. */
const TRUSTED_AFTER = 64;
/** One turn in this many is watched all the same. A power of two. */
const SAMPLE = 16;
/** A turn this long is worth watching, in milliseconds of CPU. */
const LONG_MS = 20;

export class Habits {
  #good = 0;
  #turns = 0;
  /** Set by an unhandled rejection: turns of this worker are always watched from then on. */
  #watched = false;

  mayRunLight(): boolean {
    return this.#good >= TRUSTED_AFTER && (++this.#turns & (SAMPLE - 1)) !== 0;
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
