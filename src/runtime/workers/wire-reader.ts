/** From bytes to a value; see wire-values.ts for the contract. */
import {
  ArrayBufferCtor,
  ArrayPrototypePush,
  BigIntCtor,
  DataViewCtor,
  DateCtor,
  MapCtor,
  MapPrototypeSet,
  ObjectCtor,
  ObjectDefineProperty,
  RegExpCtor,
  SetCtor,
  SetPrototypeAdd,
  TypedArrayConstructors,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { DOMException } from '../web/dom-exception.ts';
import { latin1FromBytes, MAX_UNITS, takeUnits, units } from '../web/encoding/code-units.ts';
import { newError, newNativeError } from '../web/structured-clone-builtins.ts';
import { isArrayBuffer } from '../webidl.ts';
import { type Externals, double, doubleBytes, HAS_CAUSE, HAS_MESSAGE, HAS_PROPERTIES, Tag, VERSION, VIEWS } from './wire-format.ts';

const define = (target: object, key: string, value: unknown, enumerable: boolean): void => {
  ObjectDefineProperty(target, key, { __proto__: null, value, writable: true, enumerable, configurable: true } as PropertyDescriptor);
};

/** A whole number that a view's offset or length, or the bytes left, bound anyway. */
const MOST_SIZE = 2 ** 53;

const damaged = (): DOMException => new DOMException('Unable to deserialize cloned data.', 'DataCloneError');

/** Reads one value from bytes that anybody may have written. */
export class Reader {
  readonly #revive: Externals['revive'];
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #objects: unknown[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, revive: Externals['revive']) {
    this.#bytes = bytes;
    this.#end = TypedArrayPrototypeGetByteLength(bytes);
    this.#revive = revive;
  }

  whole(): unknown {
    if (this.#byte() !== VERSION) throw damaged();
    const value = this.#value();
    if (this.#at !== this.#end) throw damaged();
    return value;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw damaged();
    return this.#bytes[this.#at++] as number;
  }

  #size(): number {
    let value = 0;
    for (let scale = 1; scale < MOST_SIZE; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw damaged();
  }

  /** A count of things that take `each` bytes at least. */
  #count(each: number): number {
    const count = this.#size();
    if (count > (this.#end - this.#at) / each) throw damaged();
    return count;
  }

  #value(): unknown {
    const tag = this.#byte();
    switch (tag) {
      case Tag.undefined:
        return undefined;
      case Tag.null:
        return null;
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.integer: {
        const size = this.#size();
        return size % 2 === 0 ? size / 2 : -(size + 1) / 2;
      }
      case Tag.double:
        for (let i = 0; i < 8; i++) doubleBytes[i] = this.#byte();
        return double[0];
      case Tag.bigint:
        return this.#bigint();
      case Tag.latin1:
      case Tag.utf16:
        return this.#textOf(tag);
      case Tag.reference: {
        const index = this.#size();
        if (index >= this.#objects.length) throw damaged();
        return this.#objects[index];
      }
      default:
        return this.#object(tag);
    }
  }

  #text(): string {
    return this.#textOf(this.#byte());
  }

  #textOf(tag: number): string {
    if (tag === Tag.latin1) {
      const length = this.#count(1);
      this.#at += length;
      return latin1FromBytes(this.#bytes, this.#at - length, this.#at);
    }
    if (tag !== Tag.utf16) throw damaged();
    const length = this.#count(2);
    const bytes = this.#bytes;
    let text = '';
    for (let done = 0; done < length; ) {
      let count = 0;
      for (; count < MAX_UNITS && done < length; done++) {
        units[count++] = (bytes[this.#at] as number) | ((bytes[this.#at + 1] as number) << 8);
        this.#at += 2;
      }
      text += takeUnits(count);
    }
    return text;
  }

  #bigint(): bigint {
    const isNegative = this.#byte() === 1;
    const value = BigIntCtor(`0x${this.#text()}`);
    return isNegative ? -value : value;
  }

  /** The number that the object which begins here has. */
  #begin(): number {
    ArrayPrototypePush(this.#objects, undefined);
    return this.#objects.length - 1;
  }

  /** An object that is there before what it holds. */
  #keep<T extends object>(made: T): T {
    ArrayPrototypePush(this.#objects, made);
    return made;
  }

  #object(tag: number): unknown {
    switch (tag) {
      case Tag.object:
        return this.#properties(this.#keep({}));
      case Tag.array: {
        const result = this.#keep<unknown[]>([]);
        const length = this.#count(1);
        for (let i = 0; i < length; i++) {
          const value = this.#value();
          if (i in result) define(result, `${i}`, value, true);
          else result[i] = value;
        }
        return result;
      }
      case Tag.sparse: {
        const result = this.#keep<unknown[]>([]);
        result.length = this.#size();
        return this.#properties(result);
      }
      case Tag.map: {
        const result = this.#keep(new MapCtor());
        for (let left = this.#count(2); left > 0; left--) {
          const key = this.#value();
          MapPrototypeSet(result, key, this.#value());
        }
        return result;
      }
      case Tag.set: {
        const result = this.#keep(new SetCtor());
        for (let left = this.#count(1); left > 0; left--) SetPrototypeAdd(result, this.#value());
        return result;
      }
      default: {
        // Nothing in it can refer to it, but for an error's cause.
        const number = this.#begin();
        const made = this.#special(tag, number);
        this.#objects[number] = made;
        return made;
      }
    }
  }

  #properties<T extends object>(target: T): T {
    for (let left = this.#count(2); left > 0; left--) {
      const key = this.#text();
      const value = this.#value();
      // Where no setter of this name is inherited plain assignment does the same.
      if (key in target) define(target, key, value, true);
      else (target as Record<string, unknown>)[key] = value;
    }
    return target;
  }

  #special(tag: number, number: number): unknown {
    switch (tag) {
      case Tag.date: {
        const time = this.#value();
        if (typeof time !== 'number') throw damaged();
        return new DateCtor(time);
      }
      case Tag.regexp: {
        const source = this.#text();
        return new RegExpCtor(source, this.#text());
      }
      case Tag.wrapper: {
        const value = this.#value();
        if (value === null || value === undefined || typeof value === 'object') throw damaged();
        return ObjectCtor(value);
      }
      case Tag.buffer: {
        const length = this.#count(1);
        const buffer = new ArrayBufferCtor(length);
        this.#at += length;
        const from = new Uint8ArrayCtor(
          TypedArrayPrototypeGetBuffer(this.#bytes) as ArrayBuffer,
          TypedArrayPrototypeGetByteOffset(this.#bytes) + this.#at - length,
          length,
        );
        TypedArrayPrototypeSet(new Uint8ArrayCtor(buffer), from);
        return buffer;
      }
      case Tag.view:
        return this.#view();
      case Tag.error:
        return this.#error(number);
      case Tag.domException: {
        const name = this.#text();
        const error = new DOMException(this.#text(), name);
        define(error, 'stack', this.#text(), false);
        return error;
      }
      case Tag.external: {
        const kind = this.#size();
        const data = this.#value();
        if (this.#revive === undefined) throw damaged();
        return this.#revive(kind, data);
      }
      default:
        throw damaged();
    }
  }

  #view(): object {
    const name = VIEWS[this.#size()];
    const buffer = this.#value();
    const offset = this.#size();
    const length = this.#size();
    if (name === undefined || !isArrayBuffer(buffer)) throw damaged();
    const View = (name === 'DataView' ? DataViewCtor : TypedArrayConstructors[name]) as new (buffer: ArrayBuffer, offset: number, length: number) => object;
    return new View(buffer, offset, length);
  }

  #error(number: number): Error {
    const name = this.#text();
    const flags = this.#size();
    const make = (flags & HAS_PROPERTIES) === 0 ? newError : newNativeError;
    const error = make(name, (flags & HAS_MESSAGE) === 0 ? undefined : this.#text());
    this.#objects[number] = error;
    const stack = this.#text();
    // With own properties go the newer rules, by which a callee's stack stays with it.
    if ((flags & HAS_PROPERTIES) === 0 || this.#revive === undefined) define(error, 'stack', stack, false);
    if ((flags & HAS_CAUSE) !== 0) define(error, 'cause', this.#value(), false);
    if ((flags & HAS_PROPERTIES) === 0) return error;
    for (let left = this.#count(2); left > 0; left--) {
      const key = this.#text();
      define(error, key, this.#value(), key !== 'name');
    }
    return error;
  }
}
