/**
 * Turns in one isolate, and whose CPU time each of them used.
 *
 * V8 runs an isolate's turns one after the other and they finish in that order, so the time between
 * two readings of the isolate's clock belongs to the turn that has just finished.
 */
import type { Isolate } from './isolate.ts';
import { describeFailure, type Realm, type TurnFailure } from './realm.ts';

/** Who a turn is run for. */
export interface TurnOwner {
  /** The turn is over; `cpuMs` is what it used of the CPU. */
  turnEnded(cpuMs: number): void;
  turnFailed(failure: TurnFailure, cpuMs: number): void;
}

export class Turns {
  readonly #isolate: Isolate;
  /** Owners of the turns under way, oldest first. */
  readonly #owners: TurnOwner[] = [];
  #head = 0;
  #cpu = 0n;

  constructor(isolate: Isolate) {
    this.#isolate = isolate;
    this.#cpu = isolate.cpuTime;
  }

  /** Turns under way or waiting for their place. */
  get pending(): number {
    return this.#owners.length - this.#head;
  }

  /**
   * Runs a turn.
   * @param timeout milliseconds it may run
   */
  run(realm: Realm, owner: TurnOwner, args: readonly unknown[], timeout: number): void {
    this.#owners.push(owner);
    realm.enter(args, timeout).then(this.#ended, this.#failed);
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
