/**
 * Running the algorithms that underlying sources, sinks and transformers are made of.
 *
 * Contract: an algorithm may return anything. Whatever is not an object stands for "a promise resolved
 * with undefined" and costs no promise. Nothing here throws; a throw becomes a rejection.
 */
import { PromiseCtor, PromisePrototypeThen, PromiseReject, PromiseResolve, RangeErrorCtor, ReflectApply, TypeErrorCtor } from '../../primordials.ts';
import { callback, isObject, type Converter } from '../../webidl.ts';
import { dictionary, unrestrictedDouble } from '../../webidl-types.ts';

export type Algorithm = (...args: never[]) => unknown;
export type SizeAlgorithm = (chunk: unknown) => unknown;

/** Marks the internal way of constructing a public class; tenants cannot have it. */
export const INTERNAL: unique symbol = Symbol();

/** Algorithms of the runtime's own, apart from Object.prototype: what an app has put there is none of them. */
export const alone = <T extends object>(algorithms: T): T => ({ __proto__: null, ...algorithms });

// Never handed out: only ever reacted to.
const RESOLVED = PromiseResolve(undefined);

/** Runs `steps` in a microtask. @see https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-microtask */
export function queueMicrotask(steps: () => void): void {
  PromisePrototypeThen(RESOLVED, steps);
}

/** The result of an algorithm as a promise for internal use; the same one for every plain value. */
export function toPromise(result: unknown): Promise<unknown> {
  if (!isObject(result)) return RESOLVED;
  try {
    return PromiseResolve(result);
  } catch (error) {
    return PromiseReject(error);
  }
}

/** Reacts to an algorithm's result. The handlers must not throw. @see https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled */
export function react(result: unknown, fulfilled: (value: unknown) => void, rejected: (reason: unknown) => void): void {
  PromisePrototypeThen(toPromise(result), fulfilled, rejected);
}

/**
 * Reacts to a start algorithm's result, which takes longer to be noticed than other results:
 * "a promise resolved with" it is a new promise even where it is a promise itself.
 */
export function reactToStart(result: unknown, fulfilled: () => void, rejected: (reason: unknown) => void): void {
  if (OwnStart.is(result)) {
    const later = (steps: () => void): void => queueMicrotask(() => queueMicrotask(steps));
    PromisePrototypeThen(
      result.promise,
      () => later(fulfilled),
      (reason) => later(() => rejected(reason)),
    );
    return;
  }
  react(newPromiseFor(result), fulfilled, rejected);
}

/** A start that is the runtime's own. No promise is resolved with its promise: that would call a `then` that the app may have patched. */
export class OwnStart {
  readonly #brand = true;
  readonly promise: Promise<unknown>;

  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }

  static is(value: unknown): value is OwnStart {
    return isObject(value) && #brand in value;
  }
}

/** Calls an algorithm; undefined where it has been cleared or was never given. */
export function perform(algorithm: Algorithm | undefined, argument?: unknown, second?: unknown): unknown {
  if (algorithm === undefined) return undefined;
  try {
    return (algorithm as (a: unknown, b: unknown) => unknown)(argument, second);
  } catch (error) {
    return PromiseReject(error);
  }
}

/** A tenant's `start` or `pull` as an algorithm. @see https://webidl.spec.whatwg.org/#invoke-a-callback-function */
export function controllerAlgorithm(method: unknown, self: unknown, controller: unknown): (() => unknown) | undefined {
  if (method === undefined) return undefined;
  return () => ReflectApply(method as () => unknown, self, [controller]);
}

/** A tenant's `write` or `transform` as an algorithm. */
export function chunkAlgorithm(method: unknown, self: unknown, controller: unknown): ((chunk: unknown) => unknown) | undefined {
  if (method === undefined) return undefined;
  return (chunk) => ReflectApply(method as () => unknown, self, [chunk, controller]);
}

/**
 * A tenant's `close`, `abort`, `cancel` or `flush` as an algorithm, with a reason unless `fixed` has the arguments.
 * Web IDL's conversion of the result, always to a new promise, is kept here, where ticks decide which
 * end comes first; the algorithms that run for each chunk do without it.
 */
export function finalAlgorithm(method: unknown, self: unknown, fixed?: unknown[]): ((reason: unknown) => unknown) | undefined {
  if (method === undefined) return undefined;
  return (reason) => newPromiseFor(ReflectApply(method as () => unknown, self, fixed ?? [reason]));
}

function newPromiseFor(result: unknown): unknown {
  return isObject(result) ? new PromiseCtor((resolve) => resolve(result)) : undefined;
}

export type QueuingStrategy = { highWaterMark?: number; size?: (...args: unknown[]) => unknown };
export const queuingStrategy: Converter<QueuingStrategy> = dictionary('QueuingStrategy', [
  { key: 'highWaterMark', converter: unrestrictedDouble },
  { key: 'size', converter: callback },
]);

/** @see https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark */
export function extractHighWaterMark(strategy: QueuingStrategy, defaultValue: number): number {
  const { highWaterMark } = strategy;
  if (highWaterMark === undefined) return defaultValue;
  if (!(highWaterMark >= 0)) throw new RangeErrorCtor('highWaterMark must be a non-negative number.');
  return highWaterMark;
}

/** Undefined stands for the algorithm that returns 1. @see https://streams.spec.whatwg.org/#make-size-algorithm-from-size-function */
export function extractSizeAlgorithm(strategy: QueuingStrategy): SizeAlgorithm | undefined {
  const { size } = strategy;
  if (size === undefined) return undefined;
  return (chunk) => unrestrictedDouble(ReflectApply(size, undefined, [chunk]), 'The size of a chunk');
}

/** `optional object`: undefined is absent, anything else must be an object. */
export function optionalObject(value: unknown, context: string): object | undefined {
  if (value !== undefined && !isObject(value)) throw new TypeErrorCtor(`${context} is not an object.`);
  return value as object | undefined;
}
