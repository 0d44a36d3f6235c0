/**
 * SharedArrayBuffer and Atomics.wait for apps whose server allows them shared memory.
 *
 * Nothing shares it: an isolate has one thread, and no buffer leaves it. It is for programs that are built for threads.
 * Growable buffers are counted as resizable ones are (resizable-buffers.ts): V8 takes their memory past the isolate's limit.
 */
import {
  ArrayPrototypePush,
  MathAbs,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  RangeErrorCtor,
  ReflectApply,
  ReflectConstruct,
  ReflectOwnKeys,
  TypeErrorCtor,
  WeakRefCtor,
  WeakRefPrototypeDeref,
} from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { setAside } from './originals.ts';

type AnyFunction = (...args: unknown[]) => unknown;

const getterOf = (owner: object, key: string): AnyFunction => ObjectGetOwnPropertyDescriptor(owner, key)?.get as AnyFunction;

/** Puts them into the scope. Called once, before tenant code. @returns whether a value is a growable SharedArrayBuffer */
export function allowSharedMemory(scope: Record<string, unknown>): (value: unknown) => boolean {
  const { SharedArrayBuffer: Original, wait, memoryMb } = setAside();
  const limitBytes = memoryMb * 1_048_576;
  const { prototype } = Original;
  const growable = getterOf(prototype, 'growable');
  const byteLength = getterOf(prototype, 'byteLength');
  const grow = prototype.grow as unknown as AnyFunction;
  let alive: WeakRef<object>[] = [];

  const isGrowable = (value: unknown): value is object => {
    try {
      return ReflectApply(growable, value, []) as boolean;
    } catch {
      return false;
    }
  };
  const sizeOf = (buffer: object): number => ReflectApply(byteLength, buffer, []) as number;
  const admit = (more: number): void => {
    const rest: WeakRef<object>[] = [];
    let bytes = 0;
    for (let i = 0; i < alive.length; i++) {
      const buffer = WeakRefPrototypeDeref(alive[i] as WeakRef<object>);
      if (buffer === undefined) continue;
      ArrayPrototypePush(rest, alive[i] as WeakRef<object>);
      bytes += sizeOf(buffer);
    }
    alive = rest;
    if (more > 0 && bytes + more > limitBytes) throw new RangeErrorCtor('Array buffer allocation failed');
  };

  const counting = function SharedArrayBuffer(this: unknown, ...args: unknown[]): unknown {
    // Without `new`, V8's own message.
    if (new.target === undefined) return ReflectApply(Original as unknown as AnyFunction, undefined, args);
    const made = ReflectConstruct(Original, args as [number], new.target as never) as object;
    if (isObject(args[1]) && isGrowable(made)) {
      admit(sizeOf(made));
      ArrayPrototypePush(alive, new WeakRefCtor(made));
    }
    return made;
  };
  const statics = ReflectOwnKeys(Original);
  for (let i = 0; i < statics.length; i++) {
    const key = statics[i] as PropertyKey;
    ObjectDefineProperty(counting, key, ObjectGetOwnPropertyDescriptor(Original, key) as PropertyDescriptor);
  }
  const define = (owner: object, key: string, value: unknown): unknown =>
    ObjectDefineProperty(owner, key, { value, writable: true, enumerable: false, configurable: true });
  define(prototype, 'constructor', counting);
  define(scope, 'SharedArrayBuffer', counting);

  const methods = {
    grow(this: unknown, length: unknown): unknown {
      // The argument is converted once, here; V8 reports what is wrong with it.
      const size = isObject(length) ? +(length as unknown as number) : length;
      if (isGrowable(this)) admit((size as number) - sizeOf(this));
      return ReflectApply(grow, this, [size]);
    },
    // Nobody could wake it. What is wrong with the arguments is V8's to report.
    wait(array: unknown, index: unknown, value: unknown, timeout: unknown): never {
      ReflectApply(wait as unknown as AnyFunction, undefined, [array, index, value, 0]);
      MathAbs(timeout as number);
      throw new TypeErrorCtor('Atomics.wait cannot be called in this context');
    },
  };
  define(prototype, 'grow', methods.grow);
  define(scope['Atomics'] as object, 'wait', methods.wait);
  return isGrowable;
}
