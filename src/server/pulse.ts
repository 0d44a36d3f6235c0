/**
 * Whether a child process is still alive to what it is told: it says so once a second, from its main thread.
 *
 * Contract: one that has nothing to do and yet says nothing waits for what will never come, a lock of a thread that is
 * gone, say: it is given up soon. One that is busy, or gets no CPU, has much longer.
 */
import { readFileSync } from 'node:fs';
import { readThreadTimes } from '../base/thread-times.ts';
import { type Clock, systemClock } from './clock.ts';

export const BEAT_MS = 1000;

/** Beats that may be missed: by a main thread that sleeps, and by any. */
export type Patience = { asleep: number; silent: number };

/** Engines and fronts: nothing there may wait for anything. */
const PATIENCE: Patience = { asleep: 5, silent: 30 };

/** A thread that has been on a CPU, or waited for one, for less than this in all that time has slept. */
const AWAKE_MS = 50;

/** What a main thread is about: its state as the kernel has it ("S": it sleeps), and milliseconds on and waiting for a CPU so far. */
export type ThreadState = { state: string; busyMs: number };

export type PulseOptions = {
  patience?: Patience;
  clock?: Clock;
  /** What the main thread is about; undefined where the system does not say. */
  read?(): ThreadState | undefined;
};

export class Pulse {
  readonly #read: () => ThreadState | undefined;
  readonly #onSilent: (seconds: number) => void;
  readonly #patience: Patience;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #missed = 0;
  #busyMs: number | undefined;

  /** @param onSilent told once, with how long nothing was heard */
  constructor(pid: number, onSilent: (seconds: number) => void, options: PulseOptions = {}) {
    this.#onSilent = onSilent;
    this.#read = options.read ?? ((): ThreadState | undefined => readThread(pid));
    this.#patience = options.patience ?? PATIENCE;
    this.#clock = options.clock ?? systemClock;
  }

  /** The process has said something. Its first word begins the watch. */
  heard(): void {
    this.#missed = 0;
    if (this.#cancel === undefined) this.#wait();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** A beat should have come. Counted, not measured: while this process is held up itself, nobody is late. */
  tick(): void {
    const { asleep, silent } = this.#patience;
    const missed = ++this.#missed;
    // The first may just be on its way.
    if (missed === 2) this.#busyMs = this.#read()?.busyMs;
    if (missed !== silent && !(missed >= asleep && this.#hasSlept())) return;
    this.stop();
    this.#onSilent(missed);
  }

  #wait(): void {
    this.#cancel = this.#clock.after(BEAT_MS, () => {
      this.#wait();
      this.tick();
    });
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
