/** Who turns are run for that are not simply an event's. */
import type { TurnFailure } from '../isolate/realm.ts';
import type { TurnOwner } from '../isolate/turn-owner.ts';
import type { AppEvent } from './event.ts';

/** An event's turn whose end somebody waits for. */
export function followed(event: AppEvent, done: () => void): TurnOwner {
  return {
    turnEnded: (cpuMs) => {
      event.turnEnded(cpuMs);
      done();
    },
    turnFailed: (failure, cpuMs) => {
      event.turnFailed(failure, cpuMs);
      done();
    },
    isStuck: false,
    get isAlone() {
      return event.isAlone;
    },
  };
}

/** For turns that are run for no event any more. */
export function nobody(used: (cpuMs: number) => void, failed: (failure: TurnFailure) => void): TurnOwner {
  return { turnEnded: used, turnFailed: failed, isStuck: false };
}
