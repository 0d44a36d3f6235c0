/**
 * `Request.rpcCall` and its answer: from an isolate to a method in another, and back.
 *
 * Contract: a call through a binding opens an event of the callee's, one through a stub goes to the event whose object
 * it is; either way it is the callee's CPU time. The host looks into no payload. Isolates wait for each other without
 * holding anything, so that calls may go round in circles.
 */
import { NoResponder } from '../../ports/no-responder.ts';
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { EventFailure } from '../../ports/event-client.ts';
import type { ServiceTarget, SessionClient } from '../../ports/invoker.ts';
import { Entry } from '../../protocol/ops.ts';
import { Access, Outcome } from '../../protocol/rpc.ts';
import type { EventState, OpContext, Place, PostOp, RequestOp } from '../op.ts';
import { callingEvent, originOf, propsArgument, serviceAt } from '../service-target.ts';
import { type Answer, Calls, type Payload } from './calls.ts';
import { type Capability, Stub, stubAt } from './capability.ts';
import { dropPassed, givePassed, type PassedThing, readPayload, takePassed } from './passed.ts';

const MOST_PATH_CHARACTERS = 64 * 1024;

type Call = { access: number; path: string; payload: Payload; passed: PassedThing[] };

/** `Request.rpcCall` */
export const rpcCall: RequestOp = (context, eventId, _call, target, access, path, payload, ...pairs) => {
  const event = callingEvent(context, eventId);
  if (access !== Access.call && access !== Access.get && access !== Access.connect) throw invalidCall();
  if (typeof path !== 'string' || path.length > MOST_PATH_CHARACTERS) throw invalidCall();
  const caller = { context, event };
  const stub = typeof target === 'number' && target > 0 && context.handles.get(target, Stub) !== undefined ? stubAt(context, event, target) : undefined;
  if (stub !== undefined && access === Access.connect) throw invalidCall();
  const service = stub === undefined ? serviceAt(caller, target) : undefined;
  const origin = service === undefined ? undefined : originOf(context, event);
  const call = { access, path, payload: readPayload(payload), passed: takePassed(caller, pairs, false) };
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  let forget = (): void => {};
  const answer: Answer<PassedThing> = {
    settle: (outcome, value, passed) => {
      forget();
      if (event.ended) return dropPassed(passed);
      resolve([outcome, value, ...givePassed(caller, passed)]);
    },
    fail: (error) => {
      forget();
      reject(error);
    },
  };
  if (stub !== undefined) callStub(stub.capability, call, answer);
  else if (service !== undefined && origin !== undefined) {
    const session = new Session(service, call, answer);
    forget = event.atEnd(() => session.leave());
    context.invoker.open(service, origin, path.slice(1), session);
  }
  return promise;
};

function callStub(capability: Capability, call: Call, answer: Answer<PassedThing>): void {
  const { home, target } = capability;
  const calls = Calls.of<PassedThing>(home.event);
  if (calls === undefined || calls.isOver) {
    dropPassed(call.passed);
    return answer.fail(new OpError('Error', 'The destination object for this RPC no longer exists.'));
  }
  home.event.enter(argsOf(home, calls.add(answer), target, call), () => {});
}

/** Arguments of the turn that the call comes to. */
function argsOf(home: Place, number: number, target: number, { access, path, payload, passed }: Call, service?: ServiceTarget): unknown[] {
  return [
    Entry.rpc,
    home.event.id,
    number,
    target,
    access,
    path,
    payload,
    service?.entrypoint,
    propsArgument(home.context, home.event, service?.props),
    ...givePassed(home, passed),
  ];
}

/** A call through a binding: the event it opens, until that is over. */
class Session extends NoResponder implements SessionClient<Place> {
  readonly #service: ServiceTarget;
  readonly #call: Call;
  readonly #answer: Answer<PassedThing>;
  #home: Place | undefined;
  #calls: Calls<PassedThing> | undefined;
  #isLeft = false;
  #isSettled = false;

  constructor(service: ServiceTarget, call: Call, answer: Answer<PassedThing>) {
    super();
    this.#service = service;
    this.#call = call;
    this.#answer = answer;
  }

  opened(home: Place): readonly unknown[] {
    this.#home = home;
    this.#calls = new Calls<PassedThing>(home);
    const answer: Answer<PassedThing> = {
      settle: (outcome, payload, passed) => {
        this.#isSettled = true;
        this.#answer.settle(outcome, payload, passed);
        home.event.complete();
      },
      fail: (error) => this.#fail(error),
    };
    const args = argsOf(home, this.#calls.add(answer), 0, this.#call, this.#service);
    if (this.#isLeft) queueMicrotask(() => home.event.clientGone());
    return args;
  }

  fail(failure: EventFailure): void {
    this.#fail(new OpError(failure.name === 'exception' ? failure.error.name : 'Error', failure.error.message));
  }

  ended(): void {
    this.#calls?.end();
  }

  /** The caller waits no more. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    if (!this.#isSettled) this.#home?.event.clientGone();
  }

  #fail(error: OpError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (this.#home === undefined) dropPassed(this.#call.passed);
    this.#answer.fail(error);
  }
}

/** `Post.rpcReturn` */
export const rpcReturn: PostOp = (context, eventId, call, outcome, payload, ...pairs) => {
  const event = context.event(eventId);
  const calls = event === undefined ? undefined : Calls.of<PassedThing>(event);
  if (event === undefined || calls === undefined) return;
  if (outcome !== Outcome.threw && outcome !== Outcome.returned && outcome !== Outcome.returnedDisposable) return;
  settle(context, event, calls, call, outcome, payload, pairs);
};

function settle(context: OpContext, event: EventState, calls: Calls<PassedThing>, call: unknown, outcome: number, payload: unknown, pairs: unknown[]): void {
  let value: Payload;
  let passed: PassedThing[];
  try {
    value = readPayload(payload);
    passed = takePassed({ context, event }, pairs, true);
  } catch (error) {
    calls.fail(call, error instanceof OpError ? error : new OpError('Error', 'internal error'));
    throw error;
  }
  if (!calls.settle(call, outcome, value, passed)) dropPassed(passed);
}

/** `Post.rpcRelease` */
export const rpcRelease: PostOp = (context, eventId, handle) => {
  const event = context.event(eventId);
  if (event !== undefined) stubAt(context, event, handle).release();
};
