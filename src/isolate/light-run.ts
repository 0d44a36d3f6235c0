/**
 * A run of light turns, which report nothing, and the checkpoint after it, whose end is the end of them all.
 * See turns.ts.
 */
import type { Cut, Realm, TurnFailure } from './realm.ts';
import type { TurnOwner } from './turn-owner.ts';

export type LightRun = {
  owners: TurnOwner[];
  realm: Realm;
  /** When its first turn was entered. */
  since: number;
  /** The number of the first light turn after it. */
  end: number;
  /** Milliseconds of CPU one turn may use. */
  timeout: number;
  stopWatch: () => void;
  /** Why it was ended, if it was, before V8 did it. */
  cut: Cut | undefined;
};

/** How many of them have come to nothing yet. */
export const countStuck = (owners: readonly TurnOwner[]): number => {
  let stuck = 0;
  for (const owner of owners) if (owner.isStuck) stuck++;
  return stuck;
};

/** An entry that does nothing: no kind has this number. */
export const CHECKPOINT_ARGS: readonly unknown[] = [-1, 0];

/** The owner of a checkpoint: passes on what became of the run of light turns before it. */
export class Checkpoint implements TurnOwner {
  readonly #run: LightRun;
  readonly #isOver: (run: LightRun) => void;

  constructor(run: LightRun, isOver: (run: LightRun) => void) {
    this.#run = run;
    this.#isOver = isOver;
  }

  get isStuck(): boolean {
    return false;
  }

  turnEnded(cpuMs: number): void {
    this.#run.stopWatch();
    this.#isOver(this.#run);
    const share = cpuMs / this.#run.owners.length;
    for (const owner of this.#run.owners) owner.turnEnded(share, true);
  }

  turnFailed(failure: TurnFailure, cpuMs: number): void {
    // A rejection here was left by a turn before the checkpoint; whose it was cannot be told apart.
    if (failure.kind === 'rejection') return this.turnEnded(cpuMs);
    this.#run.stopWatch();
    this.#isOver(this.#run);
    const { owners, cut } = this.#run;
    // Turns run one after the other: the first that has come to nothing is the one that did not end; or else one that has called, or answered, first.
    const culprit = cut && (owners.find((owner) => owner.isStuck) ?? owners.findLast((owner) => owner.ended !== true) ?? owners.at(-1));
    if (cut !== undefined) culprit?.turnFailed(cut, cpuMs, true);
    for (const owner of owners) if (owner !== culprit) owner.turnFailed(failure, cut === undefined ? cpuMs / owners.length : 0, true);
  }
}
