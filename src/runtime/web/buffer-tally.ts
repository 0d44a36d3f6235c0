/**
 * Counts buffers whose memory V8 takes from the system and not from the isolate's allocator, so that its limit never hears of it.
 *
 * They are few in practice: those alive are listed, and their sizes added up when one is made or grows.
 */
import {
  ArrayPrototypePush,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  RangeErrorCtor,
  ReflectOwnKeys,
  WeakRefCtor,
  WeakRefPrototypeDeref,
} from '../primordials.ts';

export class BufferTally<Buffer extends object> {
  /** Bytes. Until it is known there is none. */
  limit = Number.POSITIVE_INFINITY;
  readonly #sizeOf: (buffer: Buffer) => number;
  #alive: WeakRef<Buffer>[] = [];

  constructor(sizeOf: (buffer: Buffer) => number) {
    this.#sizeOf = sizeOf;
  }

  /** @throws RangeError where that would be more than the limit */
  admit(more: number): void {
    if (!(more > 0)) return;
    const rest: WeakRef<Buffer>[] = [];
    let bytes = more;
    for (let i = 0; i < this.#alive.length; i++) {
      const reference = this.#alive[i] as WeakRef<Buffer>;
      const buffer = WeakRefPrototypeDeref(reference) as Buffer | undefined;
      if (buffer === undefined) continue;
      ArrayPrototypePush(rest, reference);
      bytes += this.#sizeOf(buffer);
    }
    this.#alive = rest;
    if (bytes > this.limit) throw new RangeErrorCtor('Array buffer allocation failed');
  }

  /** Lists a buffer that has just come to be. Where it is one too many it is given up again. */
  add(buffer: Buffer): Buffer {
    this.admit(this.#sizeOf(buffer));
    ArrayPrototypePush(this.#alive, new WeakRefCtor(buffer));
    return buffer;
  }
}

/** A property as V8's own are. */
export const define = (owner: object, key: string, value: unknown): unknown =>
  ObjectDefineProperty(owner, key, { value, writable: true, enumerable: false, configurable: true });

/** Puts a constructor in the place of another, under its name in the scope. */
export function replaceConstructor(scope: object, original: { readonly name: string; readonly prototype: object }, counting: object): void {
  const statics = ReflectOwnKeys(original);
  for (let i = 0; i < statics.length; i++) {
    const key = statics[i] as PropertyKey;
    ObjectDefineProperty(counting, key, ObjectGetOwnPropertyDescriptor(original, key) as PropertyDescriptor);
  }
  define(original.prototype, 'constructor', counting);
  define(scope, original.name, counting);
}
