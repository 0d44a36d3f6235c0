/**
 * Apps whose start failed lately. Starting them again for every request would let a worker that
 * loops at its top level burn a second of CPU per request: they are tried again after a growing pause.
 */
import type { StartupError } from './loader.ts';

type Failure = { error: StartupError; until: number; pauseMs: number };

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export class StartupFailures {
  readonly #failures = new Map<string, Failure>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The failure to repeat instead of starting the app, while its pause lasts. */
  recent(app: string): StartupError | undefined {
    const failure = this.#failures.get(app);
    return failure !== undefined && this.#now() < failure.until ? failure.error : undefined;
  }

  remember(app: string, error: StartupError): void {
    const pauseMs = Math.min((this.#failures.get(app)?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
    this.#failures.set(app, { error, until: this.#now() + pauseMs, pauseMs });
  }

  forget(app: string): void {
    this.#failures.delete(app);
  }
}
