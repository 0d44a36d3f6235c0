/**
 * Whether a child process is still alive to what it is told: it says so once a second, from its main thread.
 *
 * Contract: one that has nothing to do and yet says nothing waits for what will never come, a lock of a thread that is
 * gone, say: it is given up soon. One that is busy, or gets no CPU, has much longer.
 */
import { readFileSync } from 'node:fs';
import { readThreadTimes } from '../base/thread-times.ts';

export const BEAT_MS = 1000;
/** Beats that may be missed: by a main thread that sleeps, and by any. */
const MOST_ASLEEP = 5;
const MOST_SILENT = 30;
/** A thread that has been on a CPU, or waited for one, for less than this in all that time has slept. */
const AWAKE_MS = 50;

/** What a main thread is about: its state as the kernel has it ("S": it sleeps), and milliseconds on and waiting for a CPU so far. */
export type ThreadState = { state: string; busyMs: number };

export class Pulse {
  readonly #read: () => ThreadState | undefined;
  readonly #onSilent: (seconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #missed = 0;
  #busyMs: number | undefined;

  /** @param onSilent told once, with how long nothing was heard @param read what the main thread is about; undefined where the system does not say */
  constructor(pid: number, onSilent: (seconds: number) => void, read = (): ThreadState | undefined => readThread(pid)) {
    this.#read = read;
    this.#onSilent = onSilent;
  }

  /** The process has said something. Its first word begins the watch. */
  heard(): void {
    this.#missed = 0;
    this.#timer ??= setInterval(() => this.tick(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A beat should have come. Counted, not measured: while this process is held up itself, nobody is late. */
  tick(): void {
    const missed = ++this.#missed;
    // The first may just be on its way.
    if (missed === 2) this.#busyMs = this.#read()?.busyMs;
    if (missed !== MOST_SILENT && !(missed >= MOST_ASLEEP && this.#hasSlept())) return;
    this.stop();
    this.#onSilent(missed);
  }

  #hasSlept(): boolean {
    const now = this.#read();
    return now !== undefined && this.#busyMs !== undefined && now.state === 'S' && now.busyMs - this.#busyMs < AWAKE_MS;
  }
}

function readThread(pid: number): ThreadState | undefined {
  try {
    const task = `/proc/${pid}/task/${pid}`;
    const stat = readFileSync(`${task}/stat`, 'latin1');
    const { ran, waited } = readThreadTimes(task);
    // After its name, which may have anything in it.
    return { state: stat.charAt(stat.lastIndexOf(')') + 2), busyMs: ran + waited };
  } catch {
    return undefined;
  }
}
