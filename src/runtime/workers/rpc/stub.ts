/**
 * RpcStub, RpcPromise, RpcProperty and Fetcher: what an app sees of other workers and of what they have passed to it.
 * @see https://developers.cloudflare.com/workers/runtime-apis/rpc/
 */
import { chunk } from '../../link.ts';
import { FunctionPrototypeCall, ObjectDefineProperty, PromisePrototypeThen, ReflectApply, SymbolToStringTag, TypeErrorCtor } from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import type { Socket } from '../sockets/socket.ts';
import { callOn, connectTo } from './call.ts';
import { disposeSymbol, Held } from './held.ts';
import {
  disposeStub,
  duplicate,
  entrypoints,
  entrypointState,
  type EntrypointState,
  loopbacks,
  makeStub,
  type PromiseState,
  promises,
  properties,
  type Root,
  services,
  type ServiceState,
  serviceState,
  stubbable,
  stubs,
} from './kinds.ts';
import { withProps } from './loopback.ts';
import { deeper } from './path.ts';
import { type Behaviour, stateOf, wildcard } from './wildcard.ts';

const stateFor = <S>(behaviour: Behaviour<S>, value: unknown): S => {
  const state = stateOf(behaviour, value);
  if (state === undefined) throw illegalInvocation();
  return state;
};

type Handler = ((value: unknown) => unknown) | undefined;

export class RpcStub {
  /** A stub of an object of this worker's own. */
  constructor(target: unknown) {
    if (!isObject(target)) throw new TypeErrorCtor("Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.");
    const ownAllowed = stubbable(target);
    if (ownAllowed === undefined) throw new TypeErrorCtor('RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.');
    // biome-ignore lint/correctness/noConstructorReturn: the stub is a Proxy
    return makeStub(new Held(target, ownAllowed)) as RpcStub;
  }

  dup(): object {
    return duplicate(stateFor(stubs, this));
  }
}

export class RpcPromise {
  constructor() {
    throw illegalConstructor();
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then(onFulfilled: Handler, onRejected: Handler = undefined): Promise<unknown> {
    return PromisePrototypeThen(stateFor(promises, this).inner, onFulfilled as never, onRejected as never);
  }

  catch(onRejected: Handler): Promise<unknown> {
    return PromisePrototypeThen(stateFor(promises, this).inner, undefined as never, onRejected as never);
  }

  finally(onFinally: () => void): Promise<unknown> {
    return settleBy(stateFor(promises, this).inner, onFinally);
  }
}

export class RpcProperty {
  constructor() {
    throw illegalConstructor();
  }

  // biome-ignore lint/suspicious/noThenProperty: it can be awaited
  then(onFulfilled: Handler, onRejected: Handler = undefined): Promise<unknown> {
    return PromisePrototypeThen(valueOf(this), onFulfilled as never, onRejected as never);
  }

  catch(onRejected: Handler): Promise<unknown> {
    return PromisePrototypeThen(valueOf(this), undefined as never, onRejected as never);
  }

  finally(onFinally: () => void): Promise<unknown> {
    return settleBy(valueOf(this), onFinally);
  }
}

export class Fetcher {
  constructor() {
    throw illegalConstructor();
  }

  /** @see https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/http/ */
  fetch(input: unknown, init: unknown = undefined): Promise<unknown> {
    const entrypoint = entrypointState(this);
    if (entrypoint !== undefined)
      return PromisePrototypeThen(entrypoint.service(), (service) => chunk('fetch').fetchService(requireService(service).service, input, init));
    return chunk('fetch').fetchService(requireService(this).service, input, init);
  }

  /** A connection to the `connect` handler. @see https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/ */
  connect(address: unknown, options: unknown = undefined): Socket {
    const entrypoint = entrypointState(this);
    const service = entrypoint === undefined ? requireService(this).service : undefined;
    return chunk('sockets').connectService(address, options, (text, ends) => {
      if (service !== undefined) return connectTo(service, [text, ends]);
      return PromisePrototypeThen((entrypoint as EntrypointState).service(), (found) => connectTo(requireService(found).service, [text, ends]));
    });
  }
}

const requireService = (value: unknown): ServiceState => {
  const state = serviceState(value);
  if (state === undefined) throw illegalInvocation();
  return state;
};

const settleBy = (promise: Promise<unknown>, onFinally: () => void): Promise<unknown> => {
  const run = (): unknown => FunctionPrototypeCall(onFinally as never, undefined);
  return PromisePrototypeThen(
    promise,
    (value) => PromisePrototypeThen(resolved(run()), () => value),
    (error) =>
      PromisePrototypeThen(resolved(run()), () => {
        throw error;
      }),
  );
};

const resolved = async (value: unknown): Promise<unknown> => value;

const valueOf = (value: unknown): Promise<unknown> => {
  const { root, names } = stateFor(properties, value);
  return callOn(root, names, undefined);
};

const disposePromise = (promise: PromiseState): void => {
  if (promise.isDisposed) return;
  promise.isDisposed = true;
  PromisePrototypeThen(promise.inner, disposeValue, () => undefined);
};

/** Disposes of what a call has come to. */
const disposeValue = (value: unknown): void => {
  if (!isObject(value)) return;
  const dispose: unknown = (value as Record<symbol, unknown>)[disposeSymbol()];
  if (typeof dispose === 'function') ReflectApply(dispose as never, value, []);
};

const defineDispose = (prototype: object, dispose: (self: unknown) => void): void => {
  const value = {
    dispose(this: unknown): void {
      dispose(this);
    },
  }.dispose;
  ObjectDefineProperty(prototype, disposeSymbol(), { value, writable: true, enumerable: false, configurable: true });
};

defineInterface(RpcStub, 'RpcStub');
defineInterface(RpcPromise, 'RpcPromise');
defineInterface(RpcProperty, 'RpcProperty');
defineInterface(Fetcher, 'Fetcher');
// The tags are workerd's.
const tag = (prototype: object, value: string): object => ObjectDefineProperty(prototype, SymbolToStringTag, { value, configurable: true });
tag(RpcStub.prototype, 'JsRpcStub');
tag(RpcPromise.prototype, 'JsRpcPromise');
tag(RpcProperty.prototype, 'JsRpcProperty');
defineDispose(RpcStub.prototype, (self) => disposeStub(stateFor(stubs, self)));
// A service is nothing that could be given up.
defineDispose(Fetcher.prototype, (self) => void (entrypointState(self) ?? requireService(self)));
defineDispose(RpcPromise.prototype, (self) => disposePromise(stateFor(promises, self)));

// Behaviours

const property = (root: Root, names: readonly string[]): object => wildcard(properties, { root, names });

const promiseOf = (inner: Promise<unknown>): object => wildcard(promises, { inner, isDisposed: false });

const live = <S>(behaviour: Behaviour<S>, life: Behaviour<S>): void => {
  behaviour.prototype = life.prototype;
  behaviour.property = life.property;
  behaviour.call = life.call;
};

/** JSON.stringify() calls it by its own argument, where Workers let it see no method: it is not to make a call of. */
const isJson = (names: readonly string[], args: readonly unknown[]): boolean =>
  names.length === 1 && names[0] === 'toJSON' && args.length === 1 && typeof args[0] === 'string';

live(properties, {
  prototype: RpcProperty.prototype,
  property: ({ root, names }, name) => property(root, deeper(names, name)),
  call: ({ root, names }, args) => (isJson(names, args) ? (root.kind === 'service' ? {} : undefined) : promiseOf(callOn(root, names, args))),
});
live(promises, {
  prototype: RpcPromise.prototype,
  property: (promise, name) => property({ kind: 'promise', promise }, [name]),
  call: (promise, args) => promiseOf(callOn({ kind: 'promise', promise }, [], args)),
});
// Neither is a promise, whatever is behind it.
live(stubs, {
  prototype: RpcStub.prototype,
  property: (stub, name) => (name === 'then' ? undefined : property({ kind: 'stub', stub }, [name])),
  call: (stub, args) => promiseOf(callOn({ kind: 'stub', stub }, [], args)),
});
const propertyOfService = ({ service }: ServiceState, name: string): unknown => (name === 'then' ? undefined : property({ kind: 'service', service }, [name]));
live(services, { prototype: Fetcher.prototype, property: propertyOfService, call: undefined });
live(loopbacks, { prototype: Fetcher.prototype, property: propertyOfService, call: ({ service }, args) => withProps(service as string, args[0]) });
live(entrypoints, {
  prototype: Fetcher.prototype,
  // A call on it is one on what it will be.
  property: ({ service }: EntrypointState, name) =>
    name === 'then' ? undefined : property({ kind: 'promise', promise: { inner: service(), isDisposed: false } }, [name]),
  call: undefined,
});
