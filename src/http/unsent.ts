/**
 * What apps have answered and clients have not taken: it lies in the engine's memory, where no isolate's limit counts it.
 *
 * Contract: an app has no more of it than so many bytes. What is too much is refused, once responses that have had their
 * time to go out are broken off: neither clients that do not read nor an app that has many of them harm another app.
 */

/** Bytes of one app's. */
const MOST_BYTES = 256 * 1024 * 1024;
/** A response that waits for longer makes room for others. Milliseconds. */
const PATIENCE_MS = 2000;
/** What is smaller is not counted: a connection's own buffers have about as much. */
export const LARGE_BYTES = 64 * 1024;

/** A response with bytes on their way. */
export interface Unfinished {
  /** Its client has not taken it in time. */
  giveUp(): void;
}

type Entry = { bytes: number; since: number };
type Account = { bytes: number; entries: Map<Unfinished, Entry> };

export class Unsent {
  readonly #accounts = new Map<string, Account>();
  readonly #most: number;
  readonly #now: () => number;

  constructor(most = MOST_BYTES, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** More of a response waits. False where there is no room: it is not counted then. */
  add(app: string, response: Unfinished, bytes: number): boolean {
    let account = this.#accounts.get(app);
    if (account === undefined) this.#accounts.set(app, (account = { bytes: 0, entries: new Map() }));
    const now = this.#now();
    for (const [oldest, { since }] of account.entries) {
      if (account.bytes + bytes <= this.#most || now - since < PATIENCE_MS) break;
      this.remove(app, oldest);
      oldest.giveUp();
    }
    if (account.bytes > 0 && account.bytes + bytes > this.#most) return false;
    account.bytes += bytes;
    const entry = account.entries.get(response);
    if (entry === undefined) account.entries.set(response, { bytes, since: now });
    else entry.bytes += bytes;
    // The last one that was there may have been given up.
    this.#accounts.set(app, account);
    return true;
  }

  /** Nothing of the response waits any more. */
  remove(app: string, response: Unfinished): void {
    const account = this.#accounts.get(app);
    const entry = account?.entries.get(response);
    if (account === undefined || entry === undefined) return;
    account.entries.delete(response);
    account.bytes -= entry.bytes;
    if (account.entries.size === 0) this.#accounts.delete(app);
  }
}
