/**
 * Which apps have requests in flight, in a file that outlives the engine: one byte per app slot.
 * When an engine dies, the supervisor reads there who could have done it.
 *
 * Invariants: from before an app's first request reaches tenant code until some milliseconds after its
 * last has ended, its byte is 1. A byte may stay 1 a little too long, never too short. Bytes are in the
 * kernel's page cache, so that even SIGKILL loses none.
 *
 * A busy app costs nothing: its byte is written when it wakes and cleared when it has been idle for a
 * while, not per request.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

/** How long an app stays marked after its last request. */
const LINGER_MS = 10;
const MARK = Buffer.from([1]);
const CLEAR = Buffer.from([0]);

/** The engine's side. */
export class Ledger {
  readonly #fd: number;
  #counts = new Uint32Array(256);
  #marked = new Uint8Array(256);
  /** Slots whose count fell to zero and which the next sweep looks at. */
  #idle: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param file made by the supervisor with createLedger */
  constructor(file: string) {
    this.#fd = openSync(file, 'r+');
  }

  /** A request of the app is about to reach tenant code. */
  begin(slot: number): void {
    if (slot >= this.#counts.length) this.#grow(slot);
    const count = this.#counts[slot] as number;
    this.#counts[slot] = count + 1;
    if (count === 0 && this.#marked[slot] === 0) {
      this.#marked[slot] = 1;
      writeSync(this.#fd, MARK, 0, 1, slot);
    }
  }

  /** It is over, with everything that ran on its behalf. */
  end(slot: number): void {
    const count = this.#counts[slot] ?? 0;
    if (count === 0) return;
    this.#counts[slot] = count - 1;
    if (count > 1 || this.#marked[slot] !== 1) return;
    this.#marked[slot] = 2; // in #idle
    this.#idle.push(slot);
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#sweep(), LINGER_MS);
      this.#timer.unref();
    }
  }

  /** Clears what is idle and closes the file. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#sweep();
    closeSync(this.#fd);
  }

  #sweep(): void {
    this.#timer = undefined;
    const idle = this.#idle;
    this.#idle = [];
    for (const slot of idle) {
      if (this.#counts[slot] === 0) {
        this.#marked[slot] = 0;
        writeSync(this.#fd, CLEAR, 0, 1, slot);
      } else this.#marked[slot] = 1;
    }
  }

  #grow(slot: number): void {
    const size = Math.max(slot + 1, this.#counts.length * 2);
    const counts = new Uint32Array(size);
    counts.set(this.#counts);
    this.#counts = counts;
    const marked = new Uint8Array(size);
    marked.set(this.#marked);
    this.#marked = marked;
  }
}

/** The supervisor's side: an empty ledger for a new engine. One that gets none ends at once, and is started again like any other. */
export function createLedger(file: string): void {
  try {
    writeFileSync(file, '', { mode: 0o600 });
  } catch {
    // For want of a descriptor, say, of which starting a process takes more: the log tells of that.
  }
}

/** Slots of the apps that had requests in flight; none where there is no ledger. */
export function readInFlight(file: string): number[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return [];
  }
  const slots: number[] = [];
  for (let slot = bytes.indexOf(1); slot !== -1; slot = bytes.indexOf(1, slot + 1)) slots.push(slot);
  return slots;
}
