/**
 * Calls from this isolate: to services, to stubs, and to what a call will come to (pipelining).
 *
 * A call on a promise waits here for its value, and goes on from there: in one process there is no way to save.
 */
import { Request } from '../../../protocol/ops.ts';
import { Access } from '../../../protocol/rpc.ts';
import { request, requireEvent } from '../../bridge.ts';
import {
  ArrayPrototypeJoin,
  ArrayPrototypeSlice,
  ErrorCtor,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectPrototype,
  PromisePrototypeThen,
  PromiseReject,
  ReflectApply,
} from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { markRemote } from './errors.ts';
import type { Held } from './held.ts';
import { duplicate, handleOf, handOver, requireStub, type Root, serviceState, type StubState, stubState } from './kinds.ts';
import { callHeld } from './local.ts';
import { notFunction, notImplemented } from './lookup.ts';
import { joinPath } from './path.ts';
import { readAnswer } from './result.ts';
import { encode, type Message } from './values.ts';

/** Calls what a path leads to, or, without arguments, gets it. Never throws. */
export function callOn(root: Root, names: readonly string[], args: unknown[] | undefined): Promise<unknown> {
  let message: Message | undefined;
  try {
    requireEvent();
    message = args === undefined ? undefined : encode(args, true);
    switch (root.kind) {
      case 'service':
        return send(root.service, names, message);
      case 'stub':
        return onStub(root.stub, names, message);
      case 'promise': {
        const { promise } = root;
        if (promise.isDisposed) throw new ErrorCtor('RPC promise used after being disposed.');
        return PromisePrototypeThen(promise.inner, (value) => onValue(value, names, message));
      }
    }
  } catch (error) {
    message?.undo();
    return PromiseReject(error);
  }
}

function onStub(stub: StubState, names: readonly string[], message: Message | undefined): Promise<unknown> {
  const to = requireStub(stub);
  const handle = handleOf(to);
  return handle === undefined ? callHeld(to as Held, names, message) : send(handle, names, message);
}

/** The path goes on from a value that has come. */
function onValue(value: unknown, names: readonly string[], message: Message | undefined): unknown {
  let at = value;
  for (let i = 0; ; i++) {
    const stub = stubState(at);
    const rest = i === 0 ? names : ArrayPrototypeSlice(names, i);
    if (stub !== undefined && (message !== undefined || rest.length > 0)) return onStub(stub, rest, message);
    const service = serviceState(at);
    if (service !== undefined && rest.length > 0) return send(service.service, rest, message);
    if (i === names.length) break;
    const name = names[i] as string;
    if (!isObject(at)) {
      message?.undo();
      throw markRemote(notImplemented(names[i === 0 ? 0 : i - 1] as string));
    }
    // Pipelining goes into plain objects alone.
    if (ObjectGetPrototypeOf(at) !== ObjectPrototype || !ObjectHasOwn(at, name)) {
      message?.undo();
      throw markRemote(notImplemented(name));
    }
    at = (at as Record<string, unknown>)[name];
  }
  if (message === undefined) return stubState(at) === undefined ? at : duplicate(stubState(at) as StubState);
  message.undo();
  throw markRemote(notFunction(names.length === 0 ? '(this)' : ArrayPrototypeJoin(names, '.')));
}

/** Runs the `connect` handler of a service. Settles when it is done. */
export function connectTo(service: number | string, args: unknown[]): Promise<unknown> {
  return send(service, ['connect'], encode(args), Access.connect);
}

function send(target: number | string, names: readonly string[], message: Message | undefined, access?: number): Promise<unknown> {
  const args: unknown[] = [Request.rpcCall, target, access ?? (message === undefined ? Access.get : Access.call), joinPath(names), message?.payload];
  if (message !== undefined) for (let i = 0; i < message.pairs.length; i++) args[args.length] = message.pairs[i];
  const promise = ReflectApply(request, undefined, args) as Promise<unknown[]>;
  message?.sent();
  if (message !== undefined) handOver(message.stubs);
  return PromisePrototypeThen(promise, readAnswer);
}
