/**
 * Calls from other isolates, on their way in.
 *
 * Contract: every call is answered once, with Post.rpcReturn; stubs that came as arguments are disposed of when it is
 * over, and the result's own go over to the caller.
 * @see https://developers.cloudflare.com/workers/runtime-apis/rpc/lifecycle/
 */
import { Post } from '../../../protocol/ops.ts';
import { Access, Outcome, Passed } from '../../../protocol/rpc.ts';
import { enterEvent, postFor } from '../../bridge.ts';
import {
  ArrayPrototypeSlice,
  ErrorCtor,
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectApply,
} from '../../primordials.ts';
import { chunk } from '../../link.ts';
import { errorDetails } from '../../web/report-error.ts';
import { isObject } from '../../webidl.ts';
import type { Ends } from '../sockets/line.ts';
import { createExecutionContext, endContext, type ExecutionContext } from '../execution-context.ts';
import { entrypointFor, getEnv } from '../handlers.ts';
import { readProps } from '../props.ts';
import { thrownMessage } from './errors.ts';
import { disposeSymbol, hasLent, Held, heldAt, lend, takeBack, takeBackAll } from './held.ts';
import { disposeStub, type StubState } from './kinds.ts';
import type { Target } from './lookup.ts';
import { splitPath } from './path.ts';
import { perform, type Surroundings } from './perform.ts';
import { decode, encode, type Message, type Received } from './values.ts';

/** Contexts of events that have lent something, and so outlast their first call. */
const contexts = new MapCtor<number, ExecutionContext>();

type Call = { event: number; number: number; isFirst: boolean; context: ExecutionContext | undefined; stubs: StubState[] };

/** @param args as `Entry.rpc` has them */
export function receive(event: number, args: unknown[]): void {
  enterEvent(event);
  const isFirst = args[1] === 0;
  const call: Call = { event, number: args[0] as number, isFirst, context: undefined, stubs: [] };
  let result: unknown;
  try {
    let target: Target;
    let around: Surroundings | undefined;
    if (isFirst) {
      call.context = createExecutionContext(event, readProps(args[6]));
      const found = entrypointFor((args[5] as string | undefined) ?? '', call.context);
      target = { object: found.object, ownAllowed: !found.isClass, isEntrypoint: true };
      around = found.isClass ? undefined : { env: getEnv(), ctx: call.context };
    } else {
      const held = heldAt(event, args[1] as number);
      if (held === undefined) throw new ErrorCtor('The destination object for this RPC no longer exists.');
      target = { object: held.target, ownAllowed: held.ownAllowed, isEntrypoint: false };
    }
    const received: Received = { pairs: ArrayPrototypeSlice(args, 7), stubs: call.stubs, local: undefined };
    const values = args[2] === Access.get ? undefined : (decode(args[4], received) as unknown[]);
    if (args[2] === Access.connect) result = connected(target.object, values as [string, Ends], around);
    else result = perform(target, splitPath(args[3] as string), values, around);
  } catch (error) {
    return threw(call, error);
  }
  if (!isThenable(result)) return returned(call, result);
  PromisePrototypeThen(
    PromiseResolve(result),
    (value) => returned(call, value),
    (error) => threw(call, error),
  );
}

/** Runs the `connect` handler. @throws Error where there is none */
function connected(object: object, args: [string, Ends], around: Surroundings | undefined): unknown {
  const { 0: address, 1: ends } = args;
  const handler = (object as { connect?: unknown }).connect;
  if (typeof handler !== 'function') throw new ErrorCtor('Handler does not export a connect() function.');
  const socket = chunk('sockets').acceptSocket(address, ends);
  void quietly(() => ends.opened());
  const done = ReflectApply(handler as () => unknown, object, around === undefined ? [socket] : [socket, around.env, around.ctx]);
  // What it comes to is nobody's.
  return PromisePrototypeThen(PromiseResolve(done), () => undefined);
}

/** The caller may be gone already. */
const quietly = async (work: () => unknown): Promise<void> => {
  try {
    await work();
  } catch {
    // See above.
  }
};

function returned(call: Call, value: unknown): void {
  let message: Message;
  let disposer = 0;
  try {
    message = encode(value);
    disposer = lendDisposer(value);
  } catch (error) {
    return threw(call, error);
  }
  if (disposer === 0) answer(call, Outcome.returned, message);
  else {
    message.pairs[message.pairs.length] = Passed.target;
    message.pairs[message.pairs.length] = disposer;
    answer(call, Outcome.returnedDisposable, message);
  }
  // The caller has them now.
  for (let i = 0; i < message.stubs.length; i++) disposeStub(message.stubs[i] as StubState);
}

/** A plain object's own disposer is the caller's to call. @returns the number it is lent by, 0 where there is none */
const lendDisposer = (value: unknown): number => {
  if (!isObject(value) || ObjectGetPrototypeOf(value) !== ObjectPrototype) return 0;
  const dispose: unknown = (value as Record<symbol, unknown>)[disposeSymbol()];
  return typeof dispose === 'function' ? lend(new Held(value, true)) : 0;
};

function threw(call: Call, error: unknown): void {
  if (call.isFirst) {
    const details = errorDetails(error);
    postFor(call.event, Post.uncaught, details[0], details[1], details[2], 'Uncaught');
  }
  let message: Message;
  try {
    message = thrownMessage(error);
  } catch (failure) {
    message = thrownMessage(failure);
  }
  answer(call, Outcome.threw, message);
}

function answer(call: Call, outcome: number, message: Message): void {
  const { event, context } = call;
  const args: unknown[] = [event, Post.rpcReturn, call.number, outcome, message.payload];
  for (let i = 0; i < message.pairs.length; i++) args[args.length] = message.pairs[i];
  ReflectApply(postFor, undefined, args);
  message.sent();
  for (let i = 0; i < call.stubs.length; i++) disposeStub(call.stubs[i] as StubState);
  if (context === undefined) return;
  if (hasLent(event)) MapPrototypeSet(contexts, event, context);
  else endContext(event, context);
}

/** `Entry.rpcRelease` */
export function released(target: number): void {
  takeBack(target);
}

/** The event is over. */
export function dropEvent(event: number): void {
  takeBackAll(event);
  const context = MapPrototypeGet(contexts, event);
  if (context === undefined) return;
  MapPrototypeDelete(contexts, event);
  endContext(event, context);
}

const isThenable = (value: unknown): boolean => isObject(value) && typeof (value as { then?: unknown }).then === 'function';
