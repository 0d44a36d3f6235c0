/**
 * From a path of names to what it means to an object that others may call.
 *
 * Contract: of an instance only what its class has can be reached, never what it holds itself, nor what every object
 * has; of a plain object or function only what it has itself. Some names are nobody's.
 * @see https://developers.cloudflare.com/workers/runtime-apis/rpc/visibility/
 */
import { ArrayPrototypeIncludes, ObjectGetPrototypeOf, ObjectHasOwn, ObjectPrototype, TypeErrorCtor } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { isRpcTarget, isUnsettled, serviceState, stubState } from './kinds.ts';

/** Names that no path may have: those that mean the stub itself. */
const OF_ALL = ['dup', 'constructor'];
/** On an entrypoint also those that are its handlers. */
const OF_ENTRYPOINTS = ['fetch', 'connect', 'alarm', 'webSocketMessage', 'webSocketClose', 'webSocketError', 'dup', 'constructor'];

/** An object that a path starts from. */
export type Target = { object: object; ownAllowed: boolean; isEntrypoint: boolean };
/** What a path leads to, and the object it is a property of. */
export type Found = { value: unknown; self: object };

/** Cloudflare's text. */
export function notImplemented(name: string): TypeError {
  return new TypeErrorCtor(`The RPC receiver does not implement the method "${name}".`);
}

/** Cloudflare's text. */
export function notFunction(path: string): TypeError {
  return new TypeErrorCtor(`"${path}" is not a function.`);
}

/** @throws TypeError with Cloudflare's text where the path leads nowhere; what a getter on the way throws */
export function lookUp({ object, ownAllowed, isEntrypoint }: Target, names: readonly string[]): Found {
  let self = object;
  let value: unknown = object;
  let own = ownAllowed;
  let inStub = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (i > 0) {
      if (!isObject(value)) throw notImplemented(names[i - 1] as string);
      self = value;
      const isStub = stubState(self) !== undefined || serviceState(self) !== undefined || (inStub && isUnsettled(self));
      if (isStub) inStub = true;
      else if (ObjectGetPrototypeOf(self) !== ObjectPrototype && !isRpcTarget(self) && (typeof self !== 'function' || isUnsettled(self))) {
        throw notImplemented(names[i - 1] as string);
      }
      own = !isStub && !isRpcTarget(self);
    }
    value = propertyOf(self, name, own, isEntrypoint ? OF_ENTRYPOINTS : OF_ALL);
  }
  return { value, self };
}

const propertyOf = (object: object, name: string, own: boolean, reserved: readonly string[]): unknown => {
  if (ArrayPrototypeIncludes(reserved, name)) throw new TypeErrorCtor(`'${name}' is a reserved method and cannot be called over RPC.`);
  if (ObjectHasOwn(object, name) !== own) throw notImplemented(name);
  const value = (object as Record<string, unknown>)[name];
  if (!own && value === (ObjectPrototype as Record<string, unknown>)[name]) throw notImplemented(name);
  return value;
};
