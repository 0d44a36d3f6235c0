/**
 * Turns in one isolate, and whose CPU time each of them used.
 *
 * V8 runs an isolate's turns one after the other and they finish in that order, so the time between
 * two readings of the isolate's clock belongs to the turn that has just finished.
 *
 * A turn is run in one of two ways. A *watched* turn reports its own end, its failure and what it
 * left unhandled; it costs a promise and a trip back. A *light* turn reports nothing: one watched
 * turn, the checkpoint, is sent after a run of them, and when that is over so are they. Light turns
 * are for apps whose turns have each led to something: an answer, or a call of the host (see app/habits.ts).
 *
 * isolated-vm keeps the timer of every turn until its time is up, whenever the turn ended: at a
 * hundred thousand turns a second a queue of half a million. Light turns therefore have none. A run
 * of them that uses more than one turn may is ended by disposing of the isolate.
 *
 * That timer, which ends one turn and leaves the isolate to others, goes by the wall's clock: it gets a turn
 * more time than the turn may use of the CPU, and one that it has ended with less is not to blame. A turn that is
 * alone in its isolate is ended by disposing of that, too, as soon as it has used its time; see overrun.ts.
 */
import type { Isolate } from './isolate.ts';
import { CHECKPOINT_ARGS, Checkpoint, countStuck, type LightRun } from './light-run.ts';
import { processCpuMs } from './cpu-share.ts';
import { CUT_SHORT, isStarved, noteStarved, wallLimit, watchOverrun } from './overrun.ts';
import { type Cut, describeFailure, type Realm } from './realm.ts';
import { threadGate, type ThreadGate, type Visitor } from './thread-gate.ts';
import type { TurnOwner } from './turn-owner.ts';

/** How long light turns may go without a checkpoint: the first time for many, or ones without an answer, the second for a few that are answered. */
const CHECKPOINT_MS = 50;
const LONGEST_RUN_MS = 500;
const FEW_LIGHT_TURNS = 256;
const MOST_LIGHT_TURNS = 512;

export class Turns implements Visitor {
  readonly #isolate: Isolate;
  readonly #gate: ThreadGate;
  /** Owners of the watched turns under way, oldest first, and the most each turn can have used. */
  readonly #owners: (TurnOwner | undefined)[] = [];
  readonly #most: number[] = [];
  #head = 0;
  #endings = 0;
  /** How often a turn that lasts was looked at, and waited for. */
  #waits = 0;
  #isWatched = false;
  /** Whose turn was ended by the end of the isolate, and why. */
  #cut: { owner: TurnOwner; failure: Cut } | undefined;
  #wasCut = false;
  readonly #watchOverrun: typeof watchOverrun;
  #cpu = 0n;
  /** What the process had used when the last turn ended, or when the first one was entered. */
  #processCpu = Number.NEGATIVE_INFINITY;
  /** When the oldest turn under way can have started. */
  #since = 0;
  #light: LightRun | undefined;
  #checkpoint: NodeJS.Timeout | undefined;
  /** The gate has let the isolate in. */
  #isInside = false;
  /** What enters turns that wait for that, in their order. */
  #waiting: (() => void)[] = [];
  /** Who waits for the last turn to come out. */
  #lasting: (() => void)[] = [];
  /** Light turns so far, and how many of them have not been answered nor seen past. */
  #lightTurns = 0;
  #lightOpen = 0;

  constructor(isolate: Isolate, gate = threadGate, watch = watchOverrun) {
    this.#isolate = isolate;
    this.#watchOverrun = watch;
    this.#gate = gate;
    this.#cpu = isolate.cpuTime;
  }

  /**
   * Runs a watched turn.
   * @param timeout milliseconds of CPU it may use
   */
  run(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    if (this.#mayEnter()) this.#enter(realm, owner, args, timeout);
    else this.#waiting.push(() => this.#enter(realm, owner, args, timeout));
  }

  /** Runs a light turn. */
  runLight(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    if (this.#mayEnter()) this.#enterLight(realm, owner, args, timeout);
    else this.#waiting.push(() => this.#enterLight(realm, owner, args, timeout));
  }

  /** A light turn has brought an answer, or a call, and is taken to be over. */
  lightTurnAnswered(): void {
    if (this.#lightOpen > 0) this.#lightOpen--;
    this.#comeOut();
  }

  /** For the gate. */
  admitted(): void {
    this.#isInside = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const enter of waiting) enter();
    this.#comeOut();
  }

  /** For the gate: light turns that have not been answered may be over for long. */
  overstayed(): void {
    if (this.#light !== undefined) this.#endLightRun(this.#light.realm);
  }

  #mayEnter(): boolean {
    if (this.#isInside) return true;
    if (this.#waiting.length === 0) this.#isInside = this.#gate.enter(this);
    return this.#isInside;
  }

  /** Makes room for another isolate once nothing is under way in this one. */
  #comeOut(): void {
    if (!this.#isInside || this.#lightOpen > 0 || this.#owners.length > 0) return;
    this.#isInside = false;
    this.#gate.leave(this);
  }

  #enter(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    // Light turns are settled first, so that their CPU time is not taken for this one's.
    if (this.#light !== undefined) this.#endLightRun(realm);
    if (this.#owners.length === 0) {
      this.#since = performance.now();
      this.#sinceProcess(this.#since);
    }
    this.#owners.push(owner);
    this.#most.push(timeout);
    if (!this.#isWatched) this.#watchTurns(timeout);
    realm.enter(args, wallLimit(timeout)).then(this.#ended, this.#failed);
  }

  #enterLight(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    if (!realm.enterUnwatched(args)) {
      owner.turnFailed({ kind: 'gone', memory: true }, 0, true);
      return this.#comeOut();
    }
    this.#lightTurns++;
    this.#lightOpen++;
    this.#light ??= { owners: [], realm, since: performance.now(), end: 0, timeout, stopWatch: () => {}, cut: undefined };
    this.#light.owners.push(owner);
    if (this.#light.owners.length >= MOST_LIGHT_TURNS) this.#endLightRun(realm);
    else this.#checkpoint ??= setTimeout(() => this.#checkLightRun(realm), CHECKPOINT_MS);
  }

  /**
   * What the start of an app has used is none of its first turn's. Where turns are under way it cannot be told from theirs.
   * @returns milliseconds of CPU that no turn has used
   */
  started(): number {
    if (this.#owners.length > 0 || this.#light !== undefined) return 0;
    const since = this.#cpu;
    this.#cpu = this.#isolate.cpuTime;
    // The clock may have been ahead.
    return Math.max(0, Number(this.#cpu - since) / 1e6);
  }

  /** The isolate was ended because of the time a turn took. Its owner is told so, maybe after those of turns before it. */
  get wasCut(): boolean {
    return this.#wasCut;
  }

  /** A number that changes as turns end; undefined while none is under way. */
  get progress(): number | undefined {
    return this.#owners.length === 0 ? undefined : this.#endings + this.#waits;
  }

  /** Resolves when no watched turn is under way. V8 may take long to come out of one, also where its isolate was ended. */
  async over(): Promise<void> {
    if (this.#owners.length > 0) await new Promise<void>((resolve) => this.#lasting.push(resolve));
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
    this.#comeOut();
  };

  readonly #failed = (error: unknown): void => {
    const most = this.#most[this.#head] as number;
    const owner = this.#take();
    const failure = describeFailure(error, this.#isolate.isDisposed);
    const cpuMs = this.#sinceLast(most);
    if (owner !== undefined && owner === this.#cut?.owner) owner.turnFailed(this.#cut.failure, cpuMs);
    else if (failure.kind === 'timeout' && cpuMs < most * CUT_SHORT) {
      noteStarved();
      owner?.turnFailed({ kind: 'starved' }, cpuMs);
    } else owner?.turnFailed(failure, cpuMs);
    this.#comeOut();
  };

  #checkLightRun(realm: Realm): void {
    this.#checkpoint = undefined;
    const run = this.#light;
    if (run === undefined) return;
    if (this.#lightOpen === 0 && run.owners.length < FEW_LIGHT_TURNS && performance.now() - run.since < LONGEST_RUN_MS) {
      this.#checkpoint = setTimeout(() => this.#checkLightRun(realm), CHECKPOINT_MS);
      return;
    }
    if (this.#mayEnter()) this.#endLightRun(realm);
    else this.#waiting.push(() => this.#endLightRun(realm));
  }

  #endLightRun(realm: Realm): void {
    clearTimeout(this.#checkpoint);
    this.#checkpoint = undefined;
    const run = this.#light;
    if (run === undefined) return;
    this.#light = undefined;
    if (this.#owners.length === 0) this.#since = performance.now();
    run.end = this.#lightTurns;
    this.#owners.push(new Checkpoint(run, this.#seenPast));
    this.#most.push(Number.POSITIVE_INFINITY);
    this.#watch(run);
    realm.enter(CHECKPOINT_ARGS, wallLimit(run.timeout)).then(this.#ended, this.#failed);
  }

  /** Ends a run in which no turn comes to an end any more. A long run of good turns may last, and wait for its CPU, as it must. */
  #watch(run: LightRun): void {
    let least = Number.POSITIVE_INFINITY;
    run.stopWatch = this.#watchOverrun({
      limit: run.timeout,
      // The fewest so far: a turn may come to something and to nothing again, as by a timer that it starts and cancels, and so for ever.
      progress: () => (least = Math.min(least, countStuck(run.owners))),
      cut: (isStarved) => {
        run.cut = cutFor(isStarved);
        this.#wasCut = true;
        this.#isolate.dispose();
      },
      waited: () => this.#waits++,
    });
  }

  /** Watches the oldest watched turn, whichever it is. It looks once in a while: most turns are over by then, and cost no timer. */
  #watchTurns(limit: number): void {
    this.#isWatched = true;
    this.#watchOverrun({
      limit,
      progress: () => {
        this.#isWatched = this.#owners.length > 0;
        return this.#isWatched ? this.#endings : undefined;
      },
      since: () => this.#since,
      cut: (isStarved) => {
        const owner = this.#owners[this.#head];
        // With others in the isolate V8's timer is left to end the turn alone.
        this.#isWatched = false;
        if (owner?.isAlone !== true) return;
        this.#cut = { owner, failure: cutFor(isStarved) };
        this.#wasCut = true;
        this.#isolate.dispose();
      },
      waited: () => this.#waits++,
    });
  }

  /** What was entered before a checkpoint that is over, is over. */
  readonly #seenPast = (run: LightRun): void => {
    this.#lightOpen = Math.min(this.#lightOpen, this.#lightTurns - run.end);
  };

  #take(): TurnOwner | undefined {
    const owner = this.#owners[this.#head];
    // Where there is always another under way the array is rarely cut: what is over must not stay in it.
    this.#owners[this.#head++] = undefined;
    this.#endings++;
    if (this.#head === this.#owners.length) {
      this.#owners.length = 0;
      this.#most.length = 0;
      this.#head = 0;
      for (const tell of this.#lasting.splice(0)) tell();
    } else if (this.#head > 1024) {
      this.#owners.splice(0, this.#head);
      this.#most.splice(0, this.#head);
      this.#head = 0;
    }
    return owner;
  }

  /**
   * Milliseconds of CPU since the last reading. The news of a turn's end may be late, when others have run after it:
   * what it cannot have used, or V8 would have stopped it, is left for them. So is what the whole process has not used: until
   * the isolate's thread has come out of a turn its clock goes by the wall's, and on a busy machine that takes long.
   */
  #sinceLast(limit: number): number {
    const now = this.#isolate.cpuTime;
    const since = this.#since;
    this.#since = performance.now();
    const most = Math.min(limit, this.#sinceProcess(this.#since));
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

  /** Milliseconds of CPU that the process has used since it was last asked, as long as the machine is busy. */
  #sinceProcess(now: number): number {
    const before = this.#processCpu;
    if (!isStarved(now)) {
      this.#processCpu = Number.NEGATIVE_INFINITY;
      return Number.POSITIVE_INFINITY;
    }
    this.#processCpu = processCpuMs();
    return this.#processCpu - before;
  }
}

const cutFor = (isStarved: boolean): Cut => ({ kind: isStarved ? 'starved' : 'timeout' });
