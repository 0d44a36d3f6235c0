/**
 * SharedArrayBuffer and Atomics.wait for apps whose server allows them shared memory.
 *
 * Nothing shares it: an isolate has one thread, and no buffer leaves it. It is for programs that are built for threads.
 * Growable buffers are counted as resizable ones are (resizable-buffers.ts): V8 takes their memory past the isolate's limit.
 */
import { MathAbs, ObjectGetOwnPropertyDescriptor, ReflectApply, ReflectConstruct, TypeErrorCtor } from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { BufferTally, define, replaceConstructor } from './buffer-tally.ts';
import { setAside } from './originals.ts';

type AnyFunction = (...args: unknown[]) => unknown;

const getterOf = (owner: object, key: string): AnyFunction => ObjectGetOwnPropertyDescriptor(owner, key)?.get as AnyFunction;

/** Puts them into the scope. Called once, before tenant code. @returns whether a value is a growable SharedArrayBuffer */
export function allowSharedMemory(scope: Record<string, unknown>): (value: unknown) => boolean {
  const { SharedArrayBuffer: Original, wait, memoryMb } = setAside();
  const { prototype } = Original;
  const growable = getterOf(prototype, 'growable');
  const byteLength = getterOf(prototype, 'byteLength');
  const grow = prototype.grow as unknown as AnyFunction;
  const isGrowable = (value: unknown): value is object => {
    try {
      return ReflectApply(growable, value, []) as boolean;
    } catch {
      return false;
    }
  };
  const sizeOf = (buffer: object): number => ReflectApply(byteLength, buffer, []) as number;
  const tally = new BufferTally(sizeOf);
  tally.limit = memoryMb * 1_048_576;

  const counting = function SharedArrayBuffer(this: unknown, ...args: unknown[]): unknown {
    // Without `new`, V8's own message.
    if (new.target === undefined) return ReflectApply(Original as unknown as AnyFunction, undefined, args);
    const made = ReflectConstruct(Original, args as [number], new.target as never) as object;
    return isObject(args[1]) && isGrowable(made) ? tally.add(made) : made;
  };
  replaceConstructor(scope, Original, counting);

  const methods = {
    grow(this: unknown, length: unknown): unknown {
      // The argument is converted once, here; V8 reports what is wrong with it.
      const size = isObject(length) ? +(length as unknown as number) : length;
      if (isGrowable(this)) tally.admit((size as number) - sizeOf(this));
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
