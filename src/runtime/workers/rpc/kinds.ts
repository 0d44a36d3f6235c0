/**
 * What stubs, promises of calls, their properties and services stand for, and how they are told from anything else.
 *
 * The interfaces that an app sees of them are in stub.ts, which gives the behaviours here their life: calls make
 * stubs, and stubs make calls.
 */
import { Post } from '../../../protocol/ops.ts';
import { currentEvent, postFor } from '../../bridge.ts';
import { differs } from '../../compat.ts';
import { ErrorCtor, ObjectGetPrototypeOf, ObjectPrototype } from '../../primordials.ts';
import { RpcTarget } from '../entrypoint.ts';
import type { Held } from './held.ts';
import { type Behaviour, stateOf, wildcard } from './wildcard.ts';

/** Cloudflare's text. */
const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

/** A handle that the host has given to an event, and how many stubs stand for it. */
export class Remote {
  readonly handle: number;
  readonly event: number = currentEvent();
  #references = 1;

  constructor(handle: number) {
    this.handle = handle;
  }

  add(): void {
    this.#references++;
  }

  drop(): void {
    if (--this.#references === 0) postFor(this.event, Post.rpcRelease, this.handle);
  }
}

/** What a stub stands for, an object of another isolate or of this one; undefined once it is disposed of. */
export type StubState = { to: Remote | Held | undefined };
/** A service: below zero a binding, else a handle, or the text of an app in a dispatch namespace. */
export type ServiceState = { service: number | string };
/** An entrypoint of a worker that this one loads: the service it is, in the event it was made in, when it is there. */
export type EntrypointState = { service: () => Promise<object> };
export type PromiseState = { inner: Promise<unknown>; isDisposed: boolean };
/** What a path of names starts from. */
export type Root =
  | { readonly kind: 'service'; readonly service: number | string }
  | { readonly kind: 'stub'; readonly stub: StubState }
  | { readonly kind: 'promise'; readonly promise: PromiseState };
export type PropertyState = { root: Root; names: readonly string[] };

const lifeless = <S>(): Behaviour<S> => ({ prototype: ObjectPrototype, property: () => undefined, call: undefined });

export const stubs: Behaviour<StubState> = lifeless();
export const services: Behaviour<ServiceState> = lifeless();
/** Services that are entrypoints of the worker's own: called, they come with props. */
export const loopbacks: Behaviour<ServiceState> = lifeless();
export const entrypoints: Behaviour<EntrypointState> = lifeless();
export const promises: Behaviour<PromiseState> = lifeless();
export const properties: Behaviour<PropertyState> = lifeless();

/** The object in env, or one that came with a call. */
export function makeService(service: number | string): object {
  return wildcard(services, { service });
}

/** @param service makes the service, once it can be called */
export function makeEntrypoint(service: () => Promise<object>): object {
  return wildcard(entrypoints, { service });
}

export function entrypointState(value: unknown): EntrypointState | undefined {
  return stateOf(entrypoints, value);
}

/** A stub that takes over one reference. */
export function makeStub(to: Remote | Held): object {
  return wildcard(stubs, { to });
}

/** A stub of a handle that the host has given to the current event. */
export function stubOfHandle(handle: number): object {
  return makeStub(new Remote(handle));
}

export function stubState(value: unknown): StubState | undefined {
  return stateOf(stubs, value);
}

export function serviceState(value: unknown): ServiceState | undefined {
  return stateOf(services, value) ?? stateOf(loopbacks, value);
}

/** Is it an entrypoint of the worker's own that has not been called, to be given props? */
export function isLoopback(value: unknown): boolean {
  return stateOf(loopbacks, value) !== undefined;
}

/** Is it a promise or property of a call, which cannot be passed on? */
export function isUnsettled(value: unknown): boolean {
  return stateOf(promises, value) !== undefined || stateOf(properties, value) !== undefined;
}

/** What a stub stands for. @throws Error where it cannot be used */
export function requireStub(stub: StubState): Remote | Held {
  const { to } = stub;
  if (to === undefined) throw new ErrorCtor('RPC stub used after being disposed.');
  if (to instanceof Remote && to.event !== currentEvent()) throw new ErrorCtor(OTHER_EVENT);
  return to;
}

/** The handle of a stub, where the object is another isolate's. */
export function handleOf(to: Remote | Held): number | undefined {
  return to instanceof Remote ? to.handle : undefined;
}

/** One more stub of the same object. */
export function duplicate(stub: StubState): object {
  const to = requireStub(stub);
  to.add();
  return makeStub(to);
}

export function disposeStub(stub: StubState): void {
  const { to } = stub;
  stub.to = undefined;
  to?.drop();
}

/** Stubs are on their way as arguments: at older dates they are the callee's from then on. */
export function handOver(given: readonly StubState[]): void {
  if (!differs('rpc_params_dup_stubs')) return;
  for (let i = 0; i < given.length; i++) disposeStub(given[i] as StubState);
}

/** May its own properties be called (true), only those of its class (false), or is it nothing that can be called (undefined)? */
export function stubbable(value: object): boolean | undefined {
  if (ObjectGetPrototypeOf(value) === ObjectPrototype) return true;
  if (isRpcTarget(value)) return false;
  return typeof value === 'function' && !isUnsettled(value) ? true : undefined;
}

/** By its prototypes, so that a Proxy may be one. */
export function isRpcTarget(value: object): boolean {
  for (let at = ObjectGetPrototypeOf(value) as object | null; at !== null; at = ObjectGetPrototypeOf(at) as object | null) {
    if (at === RpcTarget.prototype) return true;
  }
  return false;
}
