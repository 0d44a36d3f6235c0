/**
 * Web IDL, the part every request needs: strings and buffers as arguments, and the shape of interface objects.
 *
 * Converters take the value and a context: the start of the message, in the form
 * "Failed to execute 'append' on 'Headers': parameter 1". They throw TypeError or RangeError as
 * the specification says and never return a value of the wrong type. The other types are in webidl-types.ts.
 *
 * @see https://webidl.spec.whatwg.org/#js-type-mapping
 */
import { chunk } from './link.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetResizable,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ReflectOwnKeys,
  StringCtor,
  StringPrototypeCharCodeAt,
  StringPrototypeToWellFormed,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetSymbolToStringTag,
  DataViewPrototypeGetBuffer,
  TypeErrorCtor,
} from './primordials.ts';

/** A conversion from any JavaScript value to the IDL type `T`. */
export type Converter<T> = (value: unknown, context: string) => T;

/** Message prefix for an operation's argument (`index` counts from 1, as browsers do). */
export function argument(operation: string, interfaceName: string, index: number): string {
  return `Failed to execute '${operation}' on '${interfaceName}': parameter ${index}`;
}

/** Throws unless at least `required` arguments were given. @see https://webidl.spec.whatwg.org/#dfn-effective-overload-set */
export function requireArguments(given: number, required: number, operation: string): void {
  if (given < required) {
    throw new TypeErrorCtor(`${operation}: ${required} argument${required === 1 ? '' : 's'} required, but only ${given} present.`);
  }
}

/** The error for a method or getter called on an object that is not of its interface. */
export function illegalInvocation(): TypeError {
  return new TypeErrorCtor(chunk('base').ILLEGAL_INVOCATION);
}

/** The error for `new` on an interface without a constructor. */
export function illegalConstructor(): TypeError {
  return new TypeErrorCtor('Illegal constructor');
}

export const DOMString: Converter<string> = (value, context) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') throw new TypeErrorCtor(`${context} is a symbol, which cannot be converted to a string.`);
  return StringCtor(value);
};

export const USVString: Converter<string> = (value, context) => StringPrototypeToWellFormed(DOMString(value, context));

export const ByteString: Converter<string> = (value, context) => {
  const text = DOMString(value, context);
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit > 255) {
      throw new TypeErrorCtor(`${context} has a character at index ${i} with value ${unit}, which is greater than 255.`);
    }
  }
  return text;
};

/** Is this a JavaScript Object in the sense of the language (functions included)? */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A callback function type. */
export const callback: Converter<(...args: unknown[]) => unknown> = (value, context) => {
  if (typeof value !== 'function') throw new TypeErrorCtor(`${context} is not of type 'function'.`);
  return value as (...args: unknown[]) => unknown;
};

/** A typed array, DataView or ArrayBuffer (never shared). */
export type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    ArrayBufferPrototypeGetByteLength(value);
    return true;
  } catch {
    return false;
  }
}

/** The buffer under a view, without asking the view's (patchable) accessors. */
export function viewBuffer(view: ArrayBufferView): ArrayBufferLike {
  return TypedArrayPrototypeGetSymbolToStringTag(view) === undefined ? DataViewPrototypeGetBuffer(view) : TypedArrayPrototypeGetBuffer(view);
}

/** @see https://webidl.spec.whatwg.org/#js-buffer-source-types */
export const bufferSource: Converter<BufferSource> = (value, context) => {
  if (ArrayBufferIsView(value)) {
    const buffer = viewBuffer(value);
    if (!isArrayBuffer(buffer)) throw new TypeErrorCtor(`${context} is a view on a SharedArrayBuffer, which is not allowed.`);
    if (ArrayBufferPrototypeGetResizable(buffer)) throw new TypeErrorCtor(`${context} is a view on a resizable ArrayBuffer, which is not allowed.`);
    return value as ArrayBufferView<ArrayBuffer>;
  }
  if (isArrayBuffer(value)) {
    if (ArrayBufferPrototypeGetResizable(value)) throw new TypeErrorCtor(`${context} is a resizable ArrayBuffer, which is not allowed.`);
    return value;
  }
  throw new TypeErrorCtor(`${context} is not of type 'ArrayBuffer' or 'ArrayBufferView'.`);
};

/**
 * Gives a class the shape Web IDL asks for: `Symbol.toStringTag`, enumerable members, an interface
 * object whose prototype property cannot be replaced. Call once, right after the class.
 * @param name the interface's name, given because minification renames classes
 */
export function defineInterface(constructor: { prototype: object }, name: string): void {
  const { prototype } = constructor;
  const enumerable = { __proto__: null } as unknown as PropertyDescriptorMap;
  const keys = ReflectOwnKeys(prototype);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    if (typeof key === 'string' && key !== 'constructor') enumerable[key] = { enumerable: true };
  }
  const statics = { __proto__: null, prototype: { writable: false, enumerable: false, configurable: false } } as unknown as PropertyDescriptorMap;
  const own = ReflectOwnKeys(constructor);
  for (let i = 0; i < own.length; i++) {
    const key = own[i] as PropertyKey;
    if (typeof key === 'string' && key !== 'prototype' && key !== 'name' && key !== 'length') statics[key] = { enumerable: true };
  }
  ObjectDefineProperties(prototype, enumerable);
  ObjectDefineProperties(constructor, statics);
  ObjectDefineProperty(prototype, SymbolToStringTag, { value: name, configurable: true });
  ObjectDefineProperty(constructor, 'name', { value: name, configurable: true });
}
