/**
 * What one isolate lets others call: an object or function of an event, and the stubs of it.
 *
 * Contract: a stub's handle means something to the event that was given it, and to nobody else; the object's event
 * lasts as long as there is a stub; when the last has gone, its isolate hears of it.
 */
import { OpError } from '../../base/op-error.ts';
import { Entry } from '../../protocol/ops.ts';
import type { EventState, OpContext, Place } from '../op.ts';
import { Calls } from './calls.ts';

/** Stubs of others that one event may have at a time. */
const MOST_STUBS = 10_000;

const stubsOf = new WeakMap<EventState, { count: number }>();
const exportsOf = new WeakMap<EventState, Set<number>>();

export class Capability {
  readonly home: Place;
  /** The number its isolate has given it. */
  readonly target: number;
  readonly #release: () => void;
  #references = 1;

  /** @param isAnswer it is lent with the answer to a call, and not with a call @throws OpError for a number that is taken */
  constructor(home: Place, target: unknown, isAnswer: boolean) {
    let taken = exportsOf.get(home.event);
    if (taken === undefined) exportsOf.set(home.event, (taken = new Set()));
    if (!Number.isSafeInteger(target) || (target as number) <= 0 || taken.has(target as number)) throw new OpError('TypeError', 'Invalid RPC target.');
    taken.add(target as number);
    this.home = home;
    this.target = target as number;
    this.#release = home.event.lend(isAnswer);
    if (Calls.of(home.event) === undefined) {
      const calls = new Calls(home);
      home.event.atEnd(() => calls.end());
    }
  }

  add(): void {
    this.#references++;
  }

  drop(): void {
    if (--this.#references > 0) return;
    const { event } = this.home;
    exportsOf.get(event)?.delete(this.target);
    event.enter([Entry.rpcRelease, event.id, this.target], this.#release);
  }
}

/** A stub: what a handle stands for in the isolate that was given a capability. */
export class Stub {
  readonly capability: Capability;
  readonly event: EventState;
  readonly #forget: () => void;
  #isOver = false;

  /** Takes over one reference. */
  constructor(capability: Capability, event: EventState, forget: () => void) {
    this.capability = capability;
    this.event = event;
    const stubs = stubsOf.get(event) ?? { count: 0 };
    stubsOf.set(event, stubs);
    stubs.count++;
    const untie = event.atEnd(() => this.release());
    this.#forget = () => {
      stubs.count--;
      untie();
      forget();
    };
  }

  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.capability.drop();
  }
}

/** Gives an event a stub, which takes over one reference. @returns its handle */
export function giveStub(context: OpContext, event: EventState, capability: Capability): number {
  if ((stubsOf.get(event)?.count ?? 0) >= MOST_STUBS) {
    capability.drop();
    throw new OpError('Error', 'Too many RPC stubs: dispose of those that are no longer needed.');
  }
  let handle = 0;
  const stub = new Stub(capability, event, () => context.handles.remove(handle));
  handle = context.handles.add(stub);
  // The event may be over already.
  if (event.ended) context.handles.remove(handle);
  return handle;
}

/** The stub of that handle. @throws OpError where the event has none */
export function stubAt(context: OpContext, event: EventState, handle: unknown): Stub {
  const stub = context.handles.get(handle, Stub);
  if (stub === undefined) throw new OpError('Error', 'RPC stub used after being disposed.');
  if (stub.event !== event) {
    throw new OpError(
      'Error',
      "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.",
    );
  }
  return stub;
}
