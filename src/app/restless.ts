/**
 * Apps that run into their limits again and again: others had better not share a process with them.
 *
 * What counts is what costs the host, and neighbours with it: an isolate that a limit ended, and an event whose log was cut.
 */

/** What is forgiven at once, how much of it comes back in a second, and when it is said again that an app is restless. */
const FORGIVEN = 5;
const PER_SECOND = 2;
const AGAIN_MS = 30_000;

type Account = { left: number; at: number; saidAt: number };

export class Restless {
  readonly #accounts = new Map<string, Account>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The app has run into a limit. @returns whether that was too often; true once in a while, as long as it goes on */
  ranInto(app: string): boolean {
    const now = this.#now();
    const account = this.#accounts.get(app) ?? { left: FORGIVEN, at: now, saidAt: Number.NEGATIVE_INFINITY };
    this.#accounts.set(app, account);
    account.left = Math.max(0, Math.min(FORGIVEN, account.left + ((now - account.at) / 1000) * PER_SECOND) - 1);
    account.at = now;
    if (account.left > 0 || now - account.saidAt < AGAIN_MS) return false;
    account.saidAt = now;
    return true;
  }

  forget(app: string): void {
    this.#accounts.delete(app);
  }
}
