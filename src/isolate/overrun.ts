/**
 * Turns that last longer than their CPU time: whether they have used it, or wait for a CPU on a busy machine.
 *
 * Contract: nobody is ended for time that was not theirs, as far as the system tells; nobody is waited for without end.
 */
import { measureShare, processCpuMs } from './cpu-share.ts';

/** Share of its time-out that a turn must have used of the CPU to have outlasted it. */
export const CUT_SHORT = 0.8;
/** How long a turn that lasts is looked at before something is said of it. */
const LOOK_MS = 30;
const LONGEST_LOOK_MS = 1000;
/** Below this share of a CPU the machine is too busy to go by the wall's clock; for so long after it was seen. */
const STARVED = 0.7;
const STARVED_MS = 30_000;
/** What a turn may last on a busy machine. */
const MOST_TIMES = 4;
const MOST_MORE_MS = 1000;
/** On any: V8's own timer goes by the wall's clock and cannot be put off. */
const LEAST_MORE_MS = 250;

export type Overrun = {
  /** Milliseconds of CPU. */
  limit: number;
  /** Changes when something comes to an end: whatever is under way then has begun later. Undefined: nothing is, and there is no more to watch. */
  progress(): number | undefined;
  /** When what is under way can have begun, as performance.now() has it; where it is not known, when progress was last seen. */
  since?(): number;
  /** The time was used; or it `isStarved`: not even the whole process has used it, and there is no more waiting. */
  cut(isStarved: boolean): void;
  /** It was not used, and is waited for. */
  waited(): void;
};

let starvedUntil = Number.NEGATIVE_INFINITY;
let isExpected = false;

/** Turns wait for a CPU that would have run long ago. */
export function noteStarved(): void {
  starvedUntil = performance.now() + STARVED_MS;
}

/** Have they, lately? */
export function wasStarved(now = performance.now()): boolean {
  return now < starvedUntil;
}

/** From now on they are taken to: threads of this process run when no other wants to. */
export function expectStarved(): void {
  isExpected = true;
}

/** Is the wall's clock nothing to go by? */
export function isStarved(now = performance.now()): boolean {
  return isExpected || wasStarved(now);
}

/** Milliseconds that V8's timer is to give a turn. @param limit milliseconds of CPU */
export function wallLimit(limit: number): number {
  return isStarved() ? mostWall(limit) : limit + Math.max(limit, LEAST_MORE_MS);
}

/** The same for the start of an app, which is the only one that is held up by it. */
export function startLimit(limit: number): number {
  return isStarved() ? mostWall(limit) : limit;
}

export type StartWatch = {
  /** Milliseconds of CPU that a step which has just been ended by its timer can have had at most; undefined where the system does not tell. */
  used(): number | undefined;
  stop(): void;
};

/**
 * Watches a start, from the middle of its time on: most are over by then.
 * @param timeout milliseconds of the wall's clock that each of its steps may take
 * @param measure begins to measure a share of the CPU
 */
export function watchStart(timeout: number, measure: () => (() => number) | undefined = measureShare): StartWatch {
  let used: (() => number) | undefined;
  const timer = setTimeout(() => {
    const share = measure();
    const processShare = measureProcess();
    // One that goes to and fro sleeps half of the time: no thread is always busy then, and only the process's time tells.
    if (share !== undefined) used = () => Math.min(share() || Number.POSITIVE_INFINITY, processShare()) * timeout;
  }, timeout / 2).unref();
  return { used: () => used?.(), stop: () => clearTimeout(timer) };
}

function mostWall(limit: number): number {
  return limit * MOST_TIMES + MOST_MORE_MS;
}

/**
 * Watches from now on until stopped, or `cut` was called.
 * @param measure begins to measure a share of the CPU
 * @returns stops it
 */
export function watchOverrun(overrun: Overrun, measure: () => (() => number) | undefined = measureShare): () => void {
  const { limit, progress, cut, waited } = overrun;
  let timer: NodeJS.Timeout;
  let since = performance.now();
  let seen = progress();
  let share: (() => number) | undefined;
  let processShare = (): number => 1;
  const again = (milliseconds: number): void => {
    timer = setTimeout(look, milliseconds).unref();
  };
  const look = (): void => {
    const now = performance.now();
    const progressed = progress();
    if (progressed === undefined) return;
    if (progressed !== seen) {
      seen = progressed;
      since = overrun.since?.() ?? now;
      share = undefined;
      if (now - since < limit) return again(limit - (now - since));
    }
    if (share === undefined) {
      share = measure();
      processShare = measureProcess();
      return share === undefined ? cut(false) : again(LOOK_MS);
    }
    const part = share();
    const used = part * (now - since);
    if (used >= limit * CUT_SHORT) return cut(false);
    if (part < STARVED) noteStarved();
    // A turn that goes to and fro sleeps half of the time, and its thread is none that is always busy.
    if (now - since > mostWall(limit)) return cut(processShare() * (now - since) < limit * CUT_SHORT);
    waited();
    again(Math.min(LONGEST_LOOK_MS, Math.max(LOOK_MS, limit - used)));
  };
  again(limit);
  return () => clearTimeout(timer);
}

/** Begins to measure how many CPUs the process has; what one of its threads has is less. */
function measureProcess(): () => number {
  const [at, before] = [performance.now(), processCpuMs()];
  return () => (processCpuMs() - before) / (performance.now() - at);
}
