/**
 * Keeps resizable array buffers within the isolate's memory limit.
 *
 * Contract: installed before tenant code runs; the original constructor and methods are reachable from this file alone.
 */
import {
  ArrayBufferCtor,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetResizable,
  ObjectDefineProperty,
  ReflectApply,
  ReflectConstruct,
} from '../primordials.ts';
import { isArrayBuffer, isObject } from '../webidl.ts';
import { BufferTally, define, replaceConstructor } from './buffer-tally.ts';

type Method = (...args: unknown[]) => unknown;

const tally = new BufferTally<ArrayBuffer>(ArrayBufferPrototypeGetByteLength);

/** The isolate's limit; until it is known there is none. */
export function setBufferLimit(bytes: number): void {
  tally.limit = bytes;
}

const isResizable = (value: unknown): value is ArrayBuffer => isArrayBuffer(value) && ArrayBufferPrototypeGetResizable(value);

/** Puts counting versions of ArrayBuffer, `resize` and `transfer` in place. */
export function countResizableBuffers(scope: object): void {
  const prototype = ArrayBufferCtor.prototype as unknown as Record<string, Method>;

  const counting = function ArrayBuffer(this: unknown, ...args: unknown[]): unknown {
    // Without `new`, V8's own message.
    if (new.target === undefined) return ReflectApply(ArrayBufferCtor as unknown as Method, undefined, args);
    const made = ReflectConstruct(ArrayBufferCtor, args as [number], new.target as never) as ArrayBuffer;
    return isObject(args[1]) && isResizable(made) ? tally.add(made) : made;
  };
  replaceConstructor(scope, ArrayBufferCtor, counting);

  replace(prototype, 'resize', (original, self, args) => {
    // The argument is converted once, here; V8 reports what is wrong with it.
    const length = isObject(args[0]) ? +(args[0] as unknown as number) : args[0];
    if (isResizable(self)) tally.admit((length as number) - ArrayBufferPrototypeGetByteLength(self));
    return ReflectApply(original, self, [length]);
  });
  replace(prototype, 'transfer', (original, self, args) => {
    const counts = isResizable(self);
    const moved = ReflectApply(original, self, args) as ArrayBuffer;
    return counts ? tally.add(moved) : moved;
  });
}

const replace = (prototype: Record<string, Method>, name: string, method: (original: Method, self: unknown, args: unknown[]) => unknown): void => {
  const original = prototype[name] as Method;
  const replacement = {
    [name](...args: unknown[]): unknown {
      return method(original, this, args);
    },
  }[name] as Method;
  ObjectDefineProperty(replacement, 'length', { value: original.length, configurable: true });
  define(prototype, name, replacement);
};
