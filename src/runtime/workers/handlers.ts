/**
 * What an app exports, made callable: plain objects, WorkerEntrypoint classes and, in the
 * service-worker format, event listeners.
 *
 * A class is instantiated for every event, an object serves them all.
 * @see https://developers.cloudflare.com/workers/runtime-apis/handlers/
 */
import type { Loaded } from '../../protocol/ops.ts';
import {
  ArrayPrototypePush,
  ErrorCtor,
  FunctionPrototypeCall,
  JSONParse,
  MapCtor,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectGetPrototypeOf,
  ReflectConstruct,
  ReflectOwnKeys,
} from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { WorkerEntrypoint } from './entrypoint.ts';
import type { ExecutionContext } from './execution-context.ts';

const HANDLER_NAMES = ['fetch', 'scheduled', 'queue', 'tail', 'email', 'trace', 'alarm', 'test'] as const;
export type HandlerName = (typeof HANDLER_NAMES)[number];

type Method = (...args: unknown[]) => unknown;
/** One export that can receive events. `isClass` tells how: constructed per event, or called as is. */
type Entrypoint = { value: object; isClass: boolean };

const entrypoints = new MapCtor<string, Entrypoint>();
let env: unknown = {};

/** The bindings object, the same one for every event of the isolate. */
export function setEnv(value: unknown): void {
  env = value;
}

export function getEnv(): unknown {
  return env;
}

const extendsEntrypoint = (value: unknown): boolean => {
  for (let at: unknown = value; typeof at === 'function'; at = ObjectGetPrototypeOf(at)) {
    if (at === WorkerEntrypoint) return true;
  }
  return false;
};

const methodsOf = (entrypoint: Entrypoint): string[] => {
  const names: string[] = [];
  const target = entrypoint.isClass
    ? ((entrypoint.value as { prototype?: unknown }).prototype as Record<string, unknown>)
    : (entrypoint.value as Record<string, unknown>);
  for (let i = 0; i < HANDLER_NAMES.length; i++) {
    const name = HANDLER_NAMES[i] as string;
    if (typeof target?.[name] === 'function') ArrayPrototypePush(names, name);
  }
  return names;
};

/** @throws Cloudflare's error where the module has not come to its end */
const exported = (namespace: Record<string, unknown>, name: string): unknown => {
  try {
    return namespace[name];
  } catch {
    throw new ErrorCtor('Top-level await in module is unsettled.');
  }
};

/** Finds the entrypoints among a module's exports and tells what each can handle. */
export function adoptExports(namespace: Record<string, unknown>): Loaded {
  const loaded: Loaded = { entrypoints: {} };
  const names = ReflectOwnKeys(namespace);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== 'string') continue;
    const value = exported(namespace, name);
    const isClass = extendsEntrypoint(value);
    if (!isObject(value) || (!isClass && typeof value === 'function')) continue;
    const entrypoint = { value, isClass };
    const methods = methodsOf(entrypoint);
    MapPrototypeSet(entrypoints, name, entrypoint);
    // Other workers may call what it has all the same.
    if (name !== 'default' && !isClass && methods.length === 0) continue;
    loaded.entrypoints[name] = methods;
  }
  return loaded;
}

/** What other workers could call, or this one through `ctx.exports`. */
export function entrypointNames(): string[] {
  const names: string[] = [];
  MapPrototypeForEach(entrypoints, (_entrypoint, name) => ArrayPrototypePush(names, name));
  return names;
}

/**
 * The object behind an entrypoint, for its methods to be called: an instance of its own for a class.
 * @throws Error where there is none of that name
 */
export function entrypointFor(name: string, context: ExecutionContext): { object: object; isClass: boolean } {
  const entrypoint = MapPrototypeGet(entrypoints, name === '' ? 'default' : name);
  if (entrypoint === undefined) throw new ErrorCtor(`The worker has no entrypoint named "${name === '' ? 'default' : name}".`);
  if (!entrypoint.isClass) return { object: entrypoint.value, isClass: false };
  return { object: ReflectConstruct(entrypoint.value as new () => object, [context, env]) as object, isClass: true };
}

/**
 * Calls a handler and returns what it returns.
 * @param more what stands in `env` beside the bindings for this event: JSON text of an object
 * @throws Cloudflare's error when the entrypoint has no such handler
 */
export function callHandler(entrypointName: string, handler: HandlerName, first: unknown, context: ExecutionContext, more?: string): unknown {
  const its = more === undefined ? env : { ...(env as object), ...(JSONParse(more) as object) };
  const entrypoint = MapPrototypeGet(entrypoints, entrypointName === '' ? 'default' : entrypointName);
  if (entrypoint === undefined) throw noHandler(handler);
  if (entrypoint.isClass) {
    const instance = ReflectConstruct(entrypoint.value as new () => unknown, [context, its]) as Record<string, unknown>;
    const method = instance[handler];
    if (typeof method !== 'function') throw noHandler(handler);
    return FunctionPrototypeCall(method as never, instance, first);
  }
  const method = (entrypoint.value as Record<string, unknown>)[handler];
  if (typeof method !== 'function') throw noHandler(handler);
  return FunctionPrototypeCall(method as Method as never, entrypoint.value, first, its, context);
}

const noHandler = (handler: HandlerName): Error => new ErrorCtor(`Handler does not export a ${handler}() function.`);
