/** Doing what a call asks for. */
import { ArrayPrototypeJoin, ReflectApply, TypeErrorCtor } from '../../primordials.ts';
import { lookUp, notFunction, type Target } from './lookup.ts';

/** What a handler of a plain object gets beside its one argument. */
export type Surroundings = { env: unknown; ctx: unknown };

/**
 * Calls what the path leads to, or gets it.
 * @param args undefined for a property
 * @throws what it throws; TypeError where there is nothing to call
 */
export function perform(target: Target, names: readonly string[], args: readonly unknown[] | undefined, around: Surroundings | undefined = undefined): unknown {
  const { value, self } = lookUp(target, names);
  if (args === undefined) return value;
  const path = names.length === 0 ? '(this)' : ArrayPrototypeJoin(names, '.');
  if (typeof value !== 'function') throw notFunction(path);
  const method = value as (...args: unknown[]) => unknown;
  if (around === undefined) return ReflectApply(method, self, args as unknown[]);
  const arity: unknown = method.length;
  if (typeof arity !== 'number' || arity > 3) {
    throw new TypeErrorCtor(
      `Cannot call handler function "${path}" over RPC because it has the wrong number of arguments. A simple function handler can only be called over RPC if it has exactly the arguments (arg, env, ctx), where only the first argument comes from the client. To support multi-argument RPC functions, use class-based syntax (extending WorkerEntrypoint) instead.`,
    );
  }
  if (args.length !== 1) {
    throw new TypeErrorCtor(
      `Attempted to call RPC function "${path}" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a class, you must always send exactly one argument. In order to support variable numbers of arguments, the server must use class-based syntax (extending WorkerEntrypoint) instead.`,
    );
  }
  return ReflectApply(method, self, [args[0], around.env, around.ctx]);
}
