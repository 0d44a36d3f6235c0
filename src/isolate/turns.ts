/**
 * Turns in one isolate, and whose CPU time each of them used.
 *
 * V8 runs an isolate's turns one after the other and they finish in that order, so the time between
 * two readings of the isolate's clock belongs to the turn that has just finished.
 *
 * A turn is run in one of two ways. A *watched* turn reports its own end, its failure and what it
 * left unhandled; it costs a promise and a trip back. A *light* turn reports nothing: one watched
 * turn, the checkpoint, is sent after a run of them, and when that is over so are they. Light turns
 * are for apps that have shown that they answer within their turn (see app/habits.ts).
 *
 * isolated-vm keeps the timer of every turn until its time is up, whenever the turn ended: at a
 * hundred thousand turns a second a queue of half a million. Light turns therefore have none. A run
 * of them that lasts longer than one turn may is ended by disposing of the isolate.
 */
import type { Isolate } from './isolate.ts';
import { describeFailure, type Realm, type TurnFailure } from './realm.ts';

/** Who a turn is run for. */
export interface TurnOwner {
  /** The turn is over; `cpuMs` is what it used of the CPU (for a light turn: its share of the run's). */
  turnEnded(cpuMs: number): void;
  turnFailed(failure: TurnFailure, cpuMs: number): void;
  /** Nothing has come of the turn yet: where a run of light turns was cut short, it was this one. */
  readonly isStuck: boolean;
}

type LightRun = {
  owners: TurnOwner[];
  /** Milliseconds one turn may run. */
  timeout: number;
  watchdog: NodeJS.Timeout | undefined;
  /** The watchdog ended it. */
  wasCut: boolean;
};

/** How long light turns may go without a checkpoint. */
const CHECKPOINT_MS = 50;
const MOST_LIGHT_TURNS = 4096;
/** Share of its time-out that a turn must have used of the CPU to have outlasted it: on a busy machine it may wait for its turn. */
const CUT_SHORT = 0.8;

export class Turns {
  readonly #isolate: Isolate;
  /** Owners of the watched turns under way, oldest first, and the most each turn can have used. */
  readonly #owners: TurnOwner[] = [];
  readonly #most: number[] = [];
  #head = 0;
  #endings = 0;
  #cpu = 0n;
  /** When the oldest turn under way can have started. */
  #since = 0;
  #light: LightRun | undefined;
  #checkpoint: NodeJS.Timeout | undefined;

  constructor(isolate: Isolate) {
    this.#isolate = isolate;
    this.#cpu = isolate.cpuTime;
  }

  /**
   * Runs a watched turn.
   * @param timeout milliseconds it may run
   */
  run(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    // Light turns are settled first, so that their CPU time is not taken for this one's.
    if (this.#light !== undefined) this.#endLightRun(realm);
    if (this.#owners.length === 0) this.#since = performance.now();
    this.#owners.push(owner);
    this.#most.push(timeout);
    realm.enter(args, timeout).then(this.#ended, this.#failed);
  }

  /** Runs a light turn. */
  runLight(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    if (!realm.enterUnwatched(args)) return owner.turnFailed({ kind: 'gone', memory: true }, 0);
    this.#light ??= { owners: [], timeout, watchdog: undefined, wasCut: false };
    this.#light.owners.push(owner);
    if (this.#light.owners.length >= MOST_LIGHT_TURNS) this.#endLightRun(realm);
    else this.#checkpoint ??= setTimeout(() => this.#endLightRun(realm), CHECKPOINT_MS);
  }

  /** A number that changes as turns end; undefined while none is under way. */
  get progress(): number | undefined {
    return this.#owners.length === 0 ? undefined : this.#endings;
  }

  /** A turn that takes several trips, out of line; `then` gets its value before the owner hears that it ended. Its CPU time goes to whoever's turn comes next. */
  follow<T>(owner: TurnOwner, turn: Promise<T>, then: (value: T) => void): void {
    turn.then(then).then(
      () => owner.turnEnded(0),
      (error: unknown) => owner.turnFailed(describeFailure(error, this.#isolate.isDisposed), 0),
    );
  }

  readonly #ended = (): void => {
    const most = this.#most[this.#head] as number;
    const owner = this.#take();
    owner?.turnEnded(this.#sinceLast(most));
  };

  readonly #failed = (error: unknown): void => {
    const most = this.#most[this.#head] as number;
    const owner = this.#take();
    owner?.turnFailed(describeFailure(error, this.#isolate.isDisposed), this.#sinceLast(most));
  };

  #endLightRun(realm: Realm): void {
    clearTimeout(this.#checkpoint);
    this.#checkpoint = undefined;
    const run = this.#light;
    if (run === undefined) return;
    this.#light = undefined;
    if (this.#owners.length === 0) this.#since = performance.now();
    this.#owners.push(new Checkpoint(run));
    this.#most.push(Number.POSITIVE_INFINITY);
    this.#watch(run);
    realm.enter(CHECKPOINT_ARGS, run.timeout).then(this.#ended, this.#failed);
  }

  /** Ends a run in which no turn comes to an end any more. A long run of good turns may last, and wait for its CPU, as it must. */
  #watch(run: LightRun): void {
    const stuck = countStuck(run.owners);
    const cpu = this.#isolate.cpuTime;
    run.watchdog = setTimeout(() => {
      if (this.#isolate.isDisposed) return;
      const used = Number(this.#isolate.cpuTime - cpu) / 1e6;
      if (countStuck(run.owners) !== stuck || used < run.timeout * CUT_SHORT) return this.#watch(run);
      run.wasCut = true;
      this.#isolate.dispose();
    }, run.timeout);
  }

  #take(): TurnOwner | undefined {
    const owner = this.#owners[this.#head++];
    this.#endings++;
    if (this.#head === this.#owners.length) {
      this.#owners.length = 0;
      this.#most.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#owners.splice(0, this.#head);
      this.#most.splice(0, this.#head);
      this.#head = 0;
    }
    return owner;
  }

  /**
   * Milliseconds of CPU since the last reading. The news of a turn's end may be late, when others have run after it:
   * what it cannot have used, or V8 would have stopped it, is left for them.
   */
  #sinceLast(most: number): number {
    const now = this.#isolate.cpuTime;
    const since = this.#since;
    this.#since = performance.now();
    // The isolate's clock has gone with it: all the time there was.
    if (now === 0n) return Math.min(most, this.#since - since);
    const used = Number(now - this.#cpu) / 1e6;
    if (used <= most) {
      this.#cpu = now;
      return used;
    }
    this.#cpu += BigInt(Math.round(most * 1e6));
    return most;
  }
}

const countStuck = (owners: readonly TurnOwner[]): number => {
  let stuck = 0;
  for (const owner of owners) if (owner.isStuck) stuck++;
  return stuck;
};

/** An entry that does nothing: no kind has this number. */
const CHECKPOINT_ARGS: readonly unknown[] = [-1, 0];

/** The owner of a checkpoint: passes on what became of the run of light turns before it. */
class Checkpoint implements TurnOwner {
  readonly #run: LightRun;

  constructor(run: LightRun) {
    this.#run = run;
  }

  get isStuck(): boolean {
    return false;
  }

  turnEnded(cpuMs: number): void {
    clearTimeout(this.#run.watchdog);
    const share = cpuMs / this.#run.owners.length;
    for (const owner of this.#run.owners) owner.turnEnded(share);
  }

  turnFailed(failure: TurnFailure, cpuMs: number): void {
    // A rejection here was left by a turn before the checkpoint; whose it was cannot be told apart.
    if (failure.kind === 'rejection') return this.turnEnded(cpuMs);
    clearTimeout(this.#run.watchdog);
    const { owners, wasCut } = this.#run;
    // Turns run one after the other: the first that has come to nothing is the one that did not end.
    const culprit = wasCut ? (owners.find((owner) => owner.isStuck) ?? owners[0]) : undefined;
    culprit?.turnFailed({ kind: 'timeout' }, cpuMs);
    for (const owner of owners) if (owner !== culprit) owner.turnFailed(failure, wasCut ? 0 : cpuMs / owners.length);
  }
}
