import type { TurnFailure } from './realm.ts';

/** Who a turn is run for. */
export interface TurnOwner {
  /** The turn is over; `cpuMs` is what it used of the CPU (for a light turn: its share of the run's). `isLight`: it was a light one. */
  turnEnded(cpuMs: number, isLight?: boolean): void;
  turnFailed(failure: TurnFailure, cpuMs: number, isLight?: boolean): void;
  /** Nothing has come of the turn yet: where a run of light turns was cut short, it was this one. */
  readonly isStuck: boolean;
  /** Whatever it is, it is over: a turn of it that goes on does so for nobody. */
  readonly ended?: boolean;
  /** Nobody else has anything in the isolate. */
  readonly isAlone?: boolean;
}
