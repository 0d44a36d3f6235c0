/**
 * Web IDL, the types that are not needed before an app asks: numbers, sequences, records, dictionaries, enumerations.
 *
 * Contract: as in webidl.ts, which has the rest. This file is in the chunk `base`: nothing in the core imports it.
 *
 * @see https://webidl.spec.whatwg.org/#js-type-mapping
 */
import {
  ArrayPrototypePush,
  FunctionPrototypeCall,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
  MathAbs,
  MathFloor,
  MathMax,
  MathMin,
  MathRound,
  MathSign,
  NumberIsFinite,
  NumberIsNaN,
  ObjectDefineProperties,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  SymbolIterator,
  TypeErrorCtor,
} from './primordials.ts';
import { type Converter, DOMString, isObject } from './webidl.ts';

/** Cloudflare's text. */
export const ILLEGAL_INVOCATION =
  'Illegal invocation: function called with incorrect `this` reference. See https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.';

export const any: Converter<unknown> = (value) => value;

export const boolean: Converter<boolean> = (value) => !!value;

const toNumber = (value: unknown, context: string): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'symbol') throw new TypeErrorCtor(`${context} is a symbol, which cannot be converted to a number.`);
  if (typeof value === 'bigint') throw new TypeErrorCtor(`${context} is a BigInt, which cannot be converted to a number.`);
  // ToNumber of the specification: unary plus, which also runs valueOf and toString.
  return +(value as number);
};

export const unrestrictedDouble: Converter<number> = toNumber;

export const double: Converter<number> = (value, context) => {
  const number = toNumber(value, context);
  if (!NumberIsFinite(number)) throw new TypeErrorCtor(`${context} is not a finite floating-point value.`);
  return number;
};

/** How an integer outside its type's range is treated. */
export type IntegerOptions = { enforceRange?: boolean; clamp?: boolean };

/**
 * A converter for an integer type.
 * @param bits 8, 16, 32 or 64
 * @see https://webidl.spec.whatwg.org/#abstract-opdef-converttoint
 */
export function integer(bits: 8 | 16 | 32 | 64, signed: boolean, given: IntegerOptions = {}): Converter<number> {
  const options: IntegerOptions = { __proto__: null, ...given } as IntegerOptions;
  const modulus = 2 ** bits;
  const upper = bits === 64 ? 2 ** 53 - 1 : signed ? 2 ** (bits - 1) - 1 : modulus - 1;
  const lower = bits === 64 ? (signed ? -(2 ** 53) + 1 : 0) : signed ? -(2 ** (bits - 1)) : 0;
  return (value, context) => {
    let x = toNumber(value, context);
    if (x === 0) return 0;
    if (options.enforceRange) {
      if (!NumberIsFinite(x)) throw new TypeErrorCtor(`${context} is not a finite number.`);
      x = MathSign(x) * MathFloor(MathAbs(x));
      if (x < lower || x > upper) throw new TypeErrorCtor(`${context} is outside the accepted range of ${lower} to ${upper}, inclusive.`);
      return x + 0;
    }
    if (options.clamp && !NumberIsNaN(x)) {
      x = MathMin(MathMax(x, lower), upper);
      // Round to the nearest integer, ties to even.
      const floor = MathFloor(x);
      const rounded = x - floor === 0.5 ? (floor % 2 === 0 ? floor : floor + 1) : MathRound(x);
      return rounded + 0;
    }
    if (!NumberIsFinite(x)) return 0;
    x = MathSign(x) * MathFloor(MathAbs(x)) + 0;
    if (x >= lower && x <= upper) return x;
    x %= modulus;
    if (x < 0) x += modulus;
    if (signed && x >= modulus / 2) return x - modulus;
    return x + 0;
  };
}

export const unsignedShort = integer(16, false);
export const unsignedLong = integer(32, false);
export const long = integer(32, true);
export const unsignedLongLongEnforceRange = integer(64, false, { enforceRange: true });
export const longLongClamp = integer(64, true, { clamp: true });

/** Accepts null and undefined as null. */
export function nullable<T>(inner: Converter<T>): Converter<T | null> {
  return (value, context) => (value === null || value === undefined ? null : inner(value, context));
}

/** `sequence<T>` from an iterable. @see https://webidl.spec.whatwg.org/#create-sequence-from-iterable */
export function sequence<T>(inner: Converter<T>): Converter<T[]> {
  return (value, context) => {
    if (!isObject(value)) throw new TypeErrorCtor(`${context} cannot be converted to a sequence.`);
    const method = (value as Record<symbol, unknown>)[SymbolIterator];
    if (typeof method !== 'function') throw new TypeErrorCtor(`${context} is not iterable.`);
    return sequenceFrom(value, method as () => unknown, inner, context);
  };
}

/** `sequence<T>` where the iterator method has been read already (it must be read once only). */
export function sequenceFrom<T>(value: object, method: () => unknown, inner: Converter<T>, context: string): T[] {
  const iterator = FunctionPrototypeCall(method as never, value) as { next: unknown };
  if (!isObject(iterator)) throw new TypeErrorCtor(`${context} is not iterable.`);
  const next = iterator.next as () => unknown;
  const result: T[] = [];
  for (;;) {
    const step = FunctionPrototypeCall(next as never, iterator) as { done?: unknown; value?: unknown };
    if (!isObject(step)) throw new TypeErrorCtor(`${context}: the iterator's result is not an object.`);
    if (step.done) return result;
    ArrayPrototypePush(result, inner(step.value, `${context}, element ${result.length}`));
  }
}

/** `record<K, V>` as a list of pairs, in property order. @see https://webidl.spec.whatwg.org/#js-record */
export function record<V>(keys: Converter<string>, values: Converter<V>): Converter<[string, V][]> {
  return (value, context) => {
    if (!isObject(value)) throw new TypeErrorCtor(`${context} cannot be converted to a record.`);
    const result: [string, V][] = [];
    const own = ReflectOwnKeys(value);
    const seen = new MapCtor<string, number>();
    for (let i = 0; i < own.length; i++) {
      const key = own[i] as PropertyKey;
      const descriptor = ReflectGetOwnPropertyDescriptor(value, key);
      if (descriptor?.enumerable !== true) continue;
      const typedKey = keys(key, `${context}, key`);
      const typedValue = values((value as Record<PropertyKey, unknown>)[key], `${context}, value of "${typedKey}"`);
      const at = MapPrototypeGet(seen, typedKey);
      if (at === undefined) {
        MapPrototypeSet(seen, typedKey, result.length);
        ArrayPrototypePush(result, [typedKey, typedValue]);
      } else (result[at] as [string, V])[1] = typedValue;
    }
    return result;
  };
}

/** One member of a dictionary. Members are read in the order of their list: give it in lexicographical order. */
export type Member<T> = { key: string; converter: Converter<T>; required?: boolean; defaultValue?: () => T };

/**
 * A dictionary type; `undefined` and `null` are the empty dictionary.
 * @see https://webidl.spec.whatwg.org/#js-dictionary
 */
export function dictionary<T extends object>(name: string, given: readonly Member<unknown>[]): Converter<T> {
  // Each without a prototype: what it does not say nobody else may say.
  const members: Member<unknown>[] = [];
  for (let i = 0; i < given.length; i++) ArrayPrototypePush(members, { __proto__: null, ...(given[i] as Member<unknown>) } as Member<unknown>);
  return (value, context) => {
    const isEmpty = value === undefined || value === null;
    if (!isEmpty && !isObject(value)) throw new TypeErrorCtor(`${context} cannot be converted to dictionary ${name}.`);
    // Without a prototype, so that a polluted Object.prototype cannot stand in for an absent member.
    const result = { __proto__: null } as unknown as Record<string, unknown>;
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member<unknown>;
      const found = isEmpty ? undefined : (value as Record<string, unknown>)[member.key];
      if (found !== undefined) result[member.key] = member.converter(found, `${context}: member ${member.key}`);
      else if (member.defaultValue !== undefined) result[member.key] = member.defaultValue();
      else if (member.required) throw new TypeErrorCtor(`${context}: required member ${member.key} of dictionary ${name} is undefined.`);
    }
    return result as T;
  };
}

/** An enumeration: one of the given strings, else TypeError. */
export function enumeration<T extends string>(name: string, values: readonly T[]): Converter<T> {
  return (value, context) => {
    const text = DOMString(value, context);
    for (let i = 0; i < values.length; i++) if (values[i] === text) return text as T;
    throw new TypeErrorCtor(`${context}: '${text}' is not a valid value of enumeration ${name}.`);
  };
}

/** An interface type, recognised by its private brand and never by `instanceof`. */
export function interfaceOf<T>(name: string, isBranded: (value: unknown) => value is T): Converter<T> {
  return (value, context) => {
    if (!isBranded(value)) throw new TypeErrorCtor(`${context} is not of type '${name}'.`);
    return value;
  };
}

/** Makes numeric constants on both the interface object and its prototype. @see https://webidl.spec.whatwg.org/#define-the-constants */
export function defineConstants(constructor: { prototype: object }, constants: Readonly<Record<string, number>>): void {
  const descriptors = { __proto__: null } as unknown as PropertyDescriptorMap;
  const keys = ReflectOwnKeys(constants);
  for (let i = 0; i < keys.length; i++) {
    descriptors[keys[i] as string] = { value: constants[keys[i] as string], enumerable: true, writable: false, configurable: false };
  }
  ObjectDefineProperties(constructor, descriptors);
  ObjectDefineProperties(constructor.prototype, descriptors);
}
