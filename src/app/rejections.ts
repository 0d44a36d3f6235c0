/**
 * Tells an app of promises that were rejected and that nobody handles, where it listens for that.
 *
 * isolated-vm tells the host what such a promise was rejected with, as a copy, at the end of the turn; it tells the isolate
 * nothing. So the news goes back in, in a turn of its own, and the isolate makes an event of it: see docs/decisions/0017.
 */
import type { TurnFailure } from '../isolate/realm.ts';
import type { TurnOwner } from '../isolate/turn-owner.ts';
import { Entry } from '../protocol/ops.ts';
import type { AppEvent } from './event.ts';
import type { Seat } from './seat.ts';

/** From here on a stack is the host's, which the isolate must not see. */
const BOUNDARY = '\n    at (<isolated-vm boundary>)';

export class Rejections {
  readonly #seat: Seat;
  /** Who answers for turns of events that are over. */
  readonly #nobody: TurnOwner;
  readonly #lateMs: number;
  /** Events that were over before the end of their turn: what is said in the turn that tells of it is theirs. */
  readonly #late = new Map<number, AppEvent>();
  /** Rejections that the isolate was told of and has not said to be handled. */
  #told = 0;
  /** It wants to be entered for one that is. */
  #isAsked = false;

  constructor(seat: Seat, nobody: TurnOwner, lateMs: number) {
    this.#seat = seat;
    this.#nobody = nobody;
    this.#lateMs = lateMs;
  }

  /** Makes the isolate dispatch the event, or report what nobody took. What a listener leaves unhandled when its event is over is not told again. */
  tell(event: AppEvent, { name, message, stack, value }: Extract<TurnFailure, { kind: 'rejection' }>): void {
    this.#told++;
    this.#enter(event, [Entry.rejection, event.id, ...(value === undefined ? [name, message, stack.split(BOUNDARY, 1)[0]] : [value.is])]);
  }

  /** The isolate says that something it was told of has been handled, and asks to be entered for that. It may as often as it was told. */
  handled(): void {
    if (this.#told === 0) return;
    this.#told--;
    this.#isAsked = true;
  }

  /** A turn of the event is over, and with it what `rejectionhandled` is to come after. */
  turnEnded(event: AppEvent): void {
    if (!this.#isAsked || this.#seat.isolate.isDisposed) return;
    this.#isAsked = false;
    this.#enter(event, [Entry.rejectionHandled, event.id]);
  }

  #enter(event: AppEvent, args: readonly unknown[]): void {
    const { turns, realm } = this.#seat;
    if (event.ended) {
      this.#late.set(event.id, event);
      return turns.run(realm, this.#lateOwner(event), args, this.#lateMs);
    }
    event.turnStarted();
    turns.run(realm, event, args, event.cpuLeft);
  }

  /** The event of this number, if it is over and its app is being told of a rejection in it. */
  late(id: number): AppEvent | undefined {
    return this.#late.get(id);
  }

  #lateOwner(event: AppEvent): TurnOwner {
    return {
      turnEnded: (cpuMs) => {
        this.#late.delete(event.id);
        this.#nobody.turnEnded(cpuMs);
        this.turnEnded(event);
      },
      turnFailed: (failure, cpuMs) => {
        this.#late.delete(event.id);
        this.#nobody.turnFailed(failure, cpuMs);
        this.turnEnded(event);
      },
      isStuck: false,
    };
  }
}
