/**
 * Apps that are set aside: they run into their limits again and again, and what each time costs, their neighbours would pay.
 * They are served by an engine of their own, at a low priority, until they have been good for a while.
 */
import type { Clock } from './clock.ts';

/** After the last word of it. Engines say it again every half minute. */
const ASIDE_MS = 300_000;

export class Asides {
  readonly #clock: Clock;
  readonly #onReturn: (app: string) => void;
  /** Of each app, what calls its return off. */
  readonly #returns = new Map<string, () => void>();

  constructor(clock: Clock, onReturn: (app: string) => void) {
    this.#clock = clock;
    this.#onReturn = onReturn;
  }

  /** An engine finds the app restless. @returns whether it was not set aside before */
  add(app: string): boolean {
    const callOff = this.#returns.get(app);
    callOff?.();
    this.#returns.set(
      app,
      this.#clock.after(ASIDE_MS, () => {
        this.#returns.delete(app);
        this.#onReturn(app);
      }),
    );
    return callOff === undefined;
  }

  has(app: string): boolean {
    return this.#returns.has(app);
  }

  /** It is not what it was: a new version, or gone. */
  forget(app: string): void {
    this.#returns.get(app)?.();
    this.#returns.delete(app);
  }

  dispose(): void {
    for (const callOff of this.#returns.values()) callOff();
    this.#returns.clear();
  }
}
