/**
 * The calls that an event has been given to answer.
 *
 * Contract: every call is settled once, by the isolate's answer or by the event's end; an answer to a call that
 * is not this event's finds nothing.
 */
import { OpError } from '../../base/op-error.ts';
import type { EventState, Place } from '../op.ts';

/** Text or bytes that only the isolates understand. */
export type Payload = string | Uint8Array | undefined;

/** What hears the answer. Whoever takes the things passed has to give or drop them. */
export type Answer<Thing> = {
  settle(outcome: number, payload: Payload, passed: Thing[]): void;
  fail(error: OpError): void;
};

export class Calls<Thing> {
  readonly #place: Place;
  readonly #waiting = new Map<number, Answer<Thing>>();
  #next = 1;
  #isOver = false;

  constructor(place: Place) {
    this.#place = place;
    place.event.calls = this;
  }

  /** The calls of an event; undefined where it has been given none. */
  static of<Thing>(event: EventState): Calls<Thing> | undefined {
    return event.calls as Calls<Thing> | undefined;
  }

  /** A number for one more call. */
  add(answer: Answer<Thing>): number {
    const call = this.#next++;
    this.#waiting.set(call, answer);
    return call;
  }

  /** The isolate has answered. False where nobody waits for that. */
  settle(call: unknown, outcome: number, payload: Payload, passed: Thing[]): boolean {
    const answer = this.#waiting.get(call as number);
    if (answer === undefined) return false;
    this.#waiting.delete(call as number);
    answer.settle(outcome, payload, passed);
    return true;
  }

  /** The answer cannot be passed on. */
  fail(call: unknown, error: OpError): void {
    const answer = this.#waiting.get(call as number);
    this.#waiting.delete(call as number);
    answer?.fail(error);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The event is over: whoever still waits hears why. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { failure } = this.#place.event;
    const message = failure?.error.message ?? 'The destination execution context for this RPC was canceled while the call was still running.';
    for (const answer of this.#waiting.values()) answer.fail(new OpError('Error', message));
    this.#waiting.clear();
    this.#place.event.calls = undefined;
  }
}
