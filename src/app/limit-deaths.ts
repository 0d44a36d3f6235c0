/**
 * Apps whose isolates are ended by limits again and again. Each costs a start, and what it burns and fills before its
 * limit is noticed: an app that goes on like that gets its next isolate after a pause, which grows.
 *
 * Contract: an app that loses one now and then, as by one bad address among many good ones, never waits.
 */

export type Pause = {
  /** Milliseconds. */
  ms: number;
  /** The limit that the last isolate was ended by. */
  limit: 'cpu' | 'memory';
};

type Account = { left: number; at: number; pauseMs: number; until: number; limit: Pause['limit'] };

/** Deaths that an app may have at once, and how many of them come back in a second. */
const MOST_DEATHS = 50;
const PER_SECOND = 2;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

export class LimitDeaths {
  readonly #accounts = new Map<string, Account>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** An isolate of the app was ended by a limit. @returns the pause that begins now, if one does */
  died(app: string, limit: Pause['limit']): Pause | undefined {
    const now = this.#now();
    const account = this.#accounts.get(app) ?? { left: MOST_DEATHS, at: now, pauseMs: 0, until: 0, limit };
    this.#accounts.set(app, account);
    this.#refill(account, now);
    account.limit = limit;
    // Isolates that were there before the pause.
    if (now < account.until) return undefined;
    account.left -= 1;
    if (account.left >= 0) return undefined;
    account.left = 0;
    account.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, account.pauseMs * 2));
    account.until = now + account.pauseMs;
    // A pause is none of the time in which an app is good.
    account.at = account.until;
    return { ms: account.pauseMs, limit };
  }

  /** The limit because of which the app gets no isolate at this moment. */
  pausing(app: string): Pause['limit'] | undefined {
    const account = this.#accounts.get(app);
    return account !== undefined && this.#now() < account.until ? account.limit : undefined;
  }

  forget(app: string): void {
    this.#accounts.delete(app);
  }

  #refill(account: Account, now: number): void {
    account.left = Math.min(MOST_DEATHS, account.left + (Math.max(0, now - account.at) / 1000) * PER_SECOND);
    account.at = Math.max(account.at, now);
    if (account.left >= MOST_DEATHS / 2) account.pauseMs = 0;
  }
}
