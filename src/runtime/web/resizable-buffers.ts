/**
 * Keeps resizable array buffers within the isolate's memory limit.
 *
 * V8 takes their memory from the system and not from the isolate's allocator, so that the limit never hears of it.
 * They are few in practice: those alive are listed, and their sizes added up when one is made or grows.
 *
 * Contract: installed before tenant code runs; the original constructor and methods are reachable from this file alone.
 */
import {
  ArrayBufferCtor,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetResizable,
  ArrayPrototypePush,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  RangeErrorCtor,
  ReflectApply,
  ReflectConstruct,
  ReflectOwnKeys,
  WeakRefCtor,
  WeakRefPrototypeDeref,
} from '../primordials.ts';
import { isArrayBuffer, isObject } from '../webidl.ts';

type Method = (...args: unknown[]) => unknown;

let limitBytes = Number.POSITIVE_INFINITY;
let alive: WeakRef<ArrayBuffer>[] = [];

/** The isolate's limit; until it is known there is none. */
export function setBufferLimit(bytes: number): void {
  limitBytes = bytes;
}

/** Bytes of all resizable buffers. */
const total = (): number => {
  const rest: WeakRef<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let i = 0; i < alive.length; i++) {
    const buffer = WeakRefPrototypeDeref(alive[i] as WeakRef<ArrayBuffer>);
    if (buffer === undefined) continue;
    ArrayPrototypePush(rest, alive[i] as WeakRef<ArrayBuffer>);
    bytes += ArrayBufferPrototypeGetByteLength(buffer);
  }
  alive = rest;
  return bytes;
};

const admit = (bytes: number): void => {
  if (bytes > 0 && total() + bytes > limitBytes) throw new RangeErrorCtor('Array buffer allocation failed');
};

const isResizable = (value: unknown): value is ArrayBuffer => isArrayBuffer(value) && ArrayBufferPrototypeGetResizable(value);

/** Lists a buffer that has just come to be. Where it is one too many it is given up again. */
const register = (buffer: ArrayBuffer): ArrayBuffer => {
  admit(ArrayBufferPrototypeGetByteLength(buffer));
  ArrayPrototypePush(alive, new WeakRefCtor(buffer));
  return buffer;
};

/** Puts counting versions of ArrayBuffer, `resize` and `transfer` in place. */
export function countResizableBuffers(scope: object): void {
  const prototype = ArrayBufferCtor.prototype as unknown as Record<string, Method>;

  const counting = function ArrayBuffer(this: unknown, ...args: unknown[]): unknown {
    // Without `new`, V8's own message.
    if (new.target === undefined) return ReflectApply(ArrayBufferCtor as unknown as Method, undefined, args);
    const made = ReflectConstruct(ArrayBufferCtor, args as [number], new.target as never) as ArrayBuffer;
    return isObject(args[1]) && isResizable(made) ? register(made) : made;
  };
  const statics = ReflectOwnKeys(ArrayBufferCtor);
  for (let i = 0; i < statics.length; i++) {
    const key = statics[i] as PropertyKey;
    ObjectDefineProperty(counting, key, ObjectGetOwnPropertyDescriptor(ArrayBufferCtor, key) as PropertyDescriptor);
  }
  ObjectDefineProperty(prototype, 'constructor', { value: counting, writable: true, enumerable: false, configurable: true });
  ObjectDefineProperty(scope, 'ArrayBuffer', { value: counting, writable: true, enumerable: false, configurable: true });

  replace(prototype, 'resize', (original, self, args) => {
    // The argument is converted once, here; V8 reports what is wrong with it.
    const length = isObject(args[0]) ? +(args[0] as unknown as number) : args[0];
    if (isResizable(self)) admit((length as number) - ArrayBufferPrototypeGetByteLength(self));
    return ReflectApply(original, self, [length]);
  });
  replace(prototype, 'transfer', (original, self, args) => {
    const counts = isResizable(self);
    const moved = ReflectApply(original, self, args) as ArrayBuffer;
    return counts ? register(moved) : moved;
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
  ObjectDefineProperty(prototype, name, { value: replacement, writable: true, enumerable: false, configurable: true });
};
