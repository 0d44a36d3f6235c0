/**
 * Turns in one isolate, and whose CPU time each of them used.
 *
 * V8 runs an isolate's turns one after the other and they finish in that order, so the time between
 * two readings of the isolate's clock belongs to the turn that has just finished.
 *
 * A turn is run in one of two ways. A *watched* turn reports its own end, its failure and what it
 * left unhandled; it costs a promise and a trip back. A *light* turn reports nothing: one watched
 * turn, the checkpoint, is sent after a run of them, and when that is over so are they. Light turns
 * are for apps that have shown that they answer within their turn (see app/worker.ts); a limit still
 * stops them, only the news of it comes with the checkpoint.
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

type LightRun = { owners: TurnOwner[]; startedAt: number; timeout: number };

/** How long light turns may go without a checkpoint. */
const CHECKPOINT_MS = 50;
const MOST_LIGHT_TURNS = 4096;
/** Share of its time-out that a run of light turns must have used of the CPU to have been cut short by it. */
const CUT_SHORT = 0.8;

export class Turns {
  readonly #isolate: Isolate;
  /** Owners of the watched turns under way, oldest first. */
  readonly #owners: TurnOwner[] = [];
  #head = 0;
  #cpu = 0n;
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
    this.#owners.push(owner);
    realm.enter(args, timeout).then(this.#ended, this.#failed);
  }

  /** Runs a light turn. */
  runLight(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    if (!realm.enterUnwatched(args, timeout)) return owner.turnFailed({ kind: 'gone', memory: true }, 0);
    this.#light ??= { owners: [], startedAt: performance.now(), timeout };
    this.#light.owners.push(owner);
    if (this.#light.owners.length >= MOST_LIGHT_TURNS) this.#endLightRun(realm);
    else this.#checkpoint ??= setTimeout(() => this.#endLightRun(realm), CHECKPOINT_MS);
  }

  /** A turn that takes several trips, out of line; `then` gets its value before the owner hears that it ended. Its CPU time goes to whoever's turn comes next. */
  follow<T>(owner: TurnOwner, turn: Promise<T>, then: (value: T) => void): void {
    turn.then(then).then(
      () => owner.turnEnded(0),
      (error: unknown) => owner.turnFailed(describeFailure(error, this.#isolate.isDisposed), 0),
    );
  }

  readonly #ended = (): void => {
    const owner = this.#take();
    owner?.turnEnded(this.#sinceLast());
  };

  readonly #failed = (error: unknown): void => {
    const owner = this.#take();
    owner?.turnFailed(describeFailure(error, this.#isolate.isDisposed), this.#sinceLast());
  };

  #endLightRun(realm: Realm): void {
    clearTimeout(this.#checkpoint);
    this.#checkpoint = undefined;
    const run = this.#light;
    if (run === undefined) return;
    this.#light = undefined;
    this.#owners.push(new Checkpoint(run));
    realm.enter(CHECKPOINT_ARGS, run.timeout).then(this.#ended, this.#failed);
  }

  #take(): TurnOwner | undefined {
    const owner = this.#owners[this.#head++];
    if (this.#head === this.#owners.length) {
      this.#owners.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#owners.splice(0, this.#head);
      this.#head = 0;
    }
    return owner;
  }

  /** Milliseconds of CPU since the last reading. */
  #sinceLast(): number {
    const now = this.#isolate.cpuTime;
    if (now === 0n) return 0;
    const used = Number(now - this.#cpu) / 1e6;
    this.#cpu = now;
    return used;
  }
}

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
    const { owners, startedAt, timeout } = this.#run;
    const share = cpuMs / owners.length;
    // V8 gave a turn up when the run lasted, and used, as long as one turn may: it was the first that came to nothing.
    const wasCut = performance.now() - startedAt >= timeout && cpuMs >= timeout * CUT_SHORT;
    const culprit = wasCut ? (owners.find((owner) => owner.isStuck) ?? owners[0]) : undefined;
    for (const owner of owners) {
      if (owner === culprit) owner.turnFailed({ kind: 'timeout' }, cpuMs);
      else owner.turnEnded(wasCut ? 0 : share);
    }
  }

  turnFailed(failure: TurnFailure, cpuMs: number): void {
    // A rejection here was left by a turn before the checkpoint; whose it was cannot be told apart.
    if (failure.kind === 'rejection') return this.turnEnded(cpuMs);
    for (const owner of this.#run.owners) owner.turnFailed(failure, cpuMs / this.#run.owners.length);
  }
}
