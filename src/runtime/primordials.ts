/**
 * The intrinsics the runtime relies on, captured before any tenant code runs.
 *
 * Contract, binding on changes to this file: it imports nothing, has no side effect and exports only
 * captured intrinsics, those of property descriptors with a step of its own. A tenant that patches a prototype afterwards then changes its own code's view,
 * never what the runtime does. This is correctness, not the sandbox: the sandbox is the isolate.
 *
 * Only what is used stands here. `WebAssembly`, `SharedArrayBuffer` and host functions do not exist
 * while the start-up snapshot is made, so nothing here may touch them.
 */

type AnyFunction = (...args: never[]) => unknown;
type Uncurried<F> = F extends (this: infer T, ...args: infer A) => infer R ? (self: unknown extends T ? unknown : T, ...args: A) => R : never;

const { bind, call } = Function.prototype;

/** Turns a method into a function whose first argument is the receiver. */
export const uncurryThis = bind.bind(call) as unknown as <F extends AnyFunction>(method: F) => Uncurried<F>;

const getterOf = (object: object, key: PropertyKey): AnyFunction => {
  const getter = Object.getOwnPropertyDescriptor(object, key)?.get;
  if (getter === undefined) throw new TypeError(`no getter ${String(key)}`);
  return getter as AnyFunction;
};

// Object, Reflect, Function
export const {
  assign: ObjectAssign,
  create: ObjectCreate,
  freeze: ObjectFreeze,
  getOwnPropertyNames: ObjectGetOwnPropertyNames,
  getPrototypeOf: ObjectGetPrototypeOf,
  hasOwn: ObjectHasOwn,
  is: ObjectIs,
  keys: ObjectKeys,
  setPrototypeOf: ObjectSetPrototypeOf,
} = Object;
export const ObjectCtor = Object;
export const ObjectPrototype = Object.prototype;
export const ObjectPrototypePropertyIsEnumerable = uncurryThis(Object.prototype.propertyIsEnumerable as (this: unknown, key: PropertyKey) => boolean);
export const ObjectPrototypeToString = uncurryThis(Object.prototype.toString as (this: unknown) => string);
export const {
  apply: ReflectApply,
  construct: ReflectConstruct,
  deleteProperty: ReflectDeleteProperty,
  get: ReflectGet,
  has: ReflectHas,
  ownKeys: ReflectOwnKeys,
  set: ReflectSet,
} = Reflect;
// Descriptors are read and written as they are: whatever an app has put on Object.prototype is no part of them.
/** For those who bring a descriptor without a prototype: it is read as it is, and no copy of it made. */
export const { defineProperty: ObjectDefineOwn } = Object;
const defineReflected = Reflect.defineProperty;
const { getOwnPropertyDescriptor } = Object;
const { ownKeys } = Reflect;
export const ObjectDefineProperty = <T>(object: T, key: PropertyKey, descriptor: PropertyDescriptor): T =>
  ObjectDefineOwn(object, key, { __proto__: null, ...descriptor } as PropertyDescriptor);
export const ObjectDefineProperties = <T>(object: T, descriptors: PropertyDescriptorMap): T => {
  const keys = ownKeys(descriptors);
  for (let i = 0; i < keys.length; i++) ObjectDefineProperty(object, keys[i] as string, descriptors[keys[i] as string] as PropertyDescriptor);
  return object;
};
export const ReflectDefineProperty = (object: object, key: PropertyKey, descriptor: PropertyDescriptor): boolean =>
  defineReflected(object, key, { __proto__: null, ...descriptor } as PropertyDescriptor);
export const ObjectGetOwnPropertyDescriptor = (object: unknown, key: PropertyKey): PropertyDescriptor | undefined => {
  const found = getOwnPropertyDescriptor(object, key);
  return found && ({ __proto__: null, ...found } as PropertyDescriptor);
};
export const ObjectGetOwnPropertyDescriptors = (object: object): PropertyDescriptorMap => {
  const found = { __proto__: null } as unknown as PropertyDescriptorMap;
  const keys = ownKeys(object);
  for (let i = 0; i < keys.length; i++) found[keys[i] as string] = ObjectGetOwnPropertyDescriptor(object, keys[i] as string) as PropertyDescriptor;
  return found;
};
export const ReflectGetOwnPropertyDescriptor = (object: object, key: PropertyKey): PropertyDescriptor | undefined =>
  ObjectGetOwnPropertyDescriptor(object, key);
export const ProxyCtor = Proxy;
export const FunctionPrototype = Function.prototype;
export const FunctionPrototypeCall = uncurryThis(Function.prototype.call as (this: unknown, self: unknown, ...args: unknown[]) => unknown);
export const FunctionPrototypeToString = uncurryThis(Function.prototype.toString as (this: unknown) => string);

// Array
export const { isArray: ArrayIsArray, from: ArrayFrom } = Array;
export const ArrayPrototype = Array.prototype;
// Those that make a new array are written out: V8's ask the (patchable) species of the one they are called on.
export const ArrayPrototypeConcat = <T>(first: readonly T[], second: readonly T[]): T[] => {
  const result: T[] = [];
  for (let i = 0; i < first.length; i++) result[result.length] = first[i] as T;
  for (let i = 0; i < second.length; i++) result[result.length] = second[i] as T;
  return result;
};
export const ArrayPrototypeFilter = <T>(list: readonly T[], f: (value: T, index: number) => boolean): T[] => {
  const result: T[] = [];
  for (let i = 0; i < list.length; i++) if (f(list[i] as T, i)) result[result.length] = list[i] as T;
  return result;
};
export const ArrayPrototypeIncludes = uncurryThis(Array.prototype.includes as (this: readonly unknown[], value: unknown) => boolean);
export const ArrayPrototypeIndexOf = uncurryThis(Array.prototype.indexOf as (this: readonly unknown[], value: unknown) => number);
export const ArrayPrototypeJoin = uncurryThis(Array.prototype.join as (this: readonly unknown[], separator?: string) => string);
export const ArrayPrototypePop = uncurryThis(Array.prototype.pop as AnyFunction) as unknown as <T>(self: T[]) => T | undefined;
export const ArrayPrototypePush = uncurryThis(Array.prototype.push as AnyFunction) as unknown as <T>(self: T[], ...items: T[]) => number;
export const ArrayPrototypeReverse = uncurryThis(Array.prototype.reverse as AnyFunction) as unknown as <T>(self: T[]) => T[];
export const ArrayPrototypeShift = uncurryThis(Array.prototype.shift as AnyFunction) as unknown as <T>(self: T[]) => T | undefined;
export const ArrayPrototypeSlice = <T>(list: readonly T[], start = 0, end = list.length): T[] => {
  const result: T[] = [];
  for (let i = start; i < end; i++) result[result.length] = list[i] as T;
  return result;
};
export const ArrayPrototypeSort = uncurryThis(Array.prototype.sort as AnyFunction) as unknown as <T>(self: T[], compare?: (a: T, b: T) => number) => T[];
/** Takes elements out, and returns them. */
export const ArrayPrototypeSplice = <T>(list: T[], start: number, count: number): T[] => {
  const gone = ArrayPrototypeSlice(list, start, start + count);
  for (let i = start + count; i < list.length; i++) list[i - count] = list[i] as T;
  list.length -= count;
  return gone;
};
export const ArrayPrototypeUnshift = uncurryThis(Array.prototype.unshift as AnyFunction) as unknown as <T>(self: T[], ...items: T[]) => number;
const ArrayIteratorPrototype = Object.getPrototypeOf(Array.prototype[Symbol.iterator]()) as object;
export const ArrayPrototypeSymbolIterator = uncurryThis(Array.prototype[Symbol.iterator] as AnyFunction) as unknown as <T>(
  self: readonly T[],
) => ArrayIterator<T>;
export const IteratorPrototype = Object.getPrototypeOf(ArrayIteratorPrototype) as object;
export const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype) as object;

// String, Number, RegExp, Symbol, BigInt, Math, JSON
export const StringCtor = String;
export const StringFromCharCode = String.fromCharCode;
export const StringFromCodePoint = String.fromCodePoint;
type S = string;
export const StringPrototypeCharCodeAt = uncurryThis(String.prototype.charCodeAt as (this: S, index: number) => number);
export const StringPrototypeCodePointAt = uncurryThis(String.prototype.codePointAt as (this: S, index: number) => number | undefined);
export const StringPrototypeEndsWith = uncurryThis(String.prototype.endsWith as (this: S, search: string) => boolean);
export const StringPrototypeIncludes = uncurryThis(String.prototype.includes as (this: S, search: string) => boolean);
export const StringPrototypeIndexOf = uncurryThis(String.prototype.indexOf as (this: S, search: string, from?: number) => number);
export const StringPrototypeIsWellFormed = uncurryThis(String.prototype.isWellFormed as (this: S) => boolean);
export const StringPrototypeLastIndexOf = uncurryThis(String.prototype.lastIndexOf as (this: S, search: string, from?: number) => number);
export const StringPrototypePadStart = uncurryThis(String.prototype.padStart as (this: S, length: number, fill?: string) => string);
export const StringPrototypeRepeat = uncurryThis(String.prototype.repeat as (this: S, count: number) => string);
export const StringPrototypeSlice = uncurryThis(String.prototype.slice as (this: S, start?: number, end?: number) => string);
export const StringPrototypeStartsWith = uncurryThis(String.prototype.startsWith as (this: S, search: string, from?: number) => boolean);
export const StringPrototypeToLowerCase = uncurryThis(String.prototype.toLowerCase as (this: S) => string);
export const StringPrototypeToUpperCase = uncurryThis(String.prototype.toUpperCase as (this: S) => string);
export const StringPrototypeToWellFormed = uncurryThis(String.prototype.toWellFormed as (this: S) => string);
export const StringPrototypeTrim = uncurryThis(String.prototype.trim as (this: S) => string);
const stringSplit = String.prototype.split as (this: S, separator: string, limit?: number) => string[];
/** `split` by a plain string; never by a regular expression, which a tenant could patch. */
export const StringPrototypeSplit = uncurryThis(stringSplit);
export const BooleanCtor = Boolean;
export const NumberCtor = Number;
export const { isFinite: NumberIsFinite, isInteger: NumberIsInteger, isNaN: NumberIsNaN, parseInt: NumberParseInt } = Number;
export const { parseFloat: NumberParseFloat } = Number;
export const NumberPrototypeToString = uncurryThis(Number.prototype.toString as (this: number, radix?: number) => string);
export const NumberPrototypeValueOf = uncurryThis(Number.prototype.valueOf as (this: unknown) => number);
export const BooleanPrototypeValueOf = uncurryThis(Boolean.prototype.valueOf as (this: unknown) => boolean);
export const StringPrototypeValueOf = uncurryThis(String.prototype.valueOf as (this: unknown) => string);
export const BigIntPrototypeToString = uncurryThis(BigInt.prototype.toString as (this: bigint, radix?: number) => string);
export const BigIntPrototypeValueOf = uncurryThis(BigInt.prototype.valueOf as (this: unknown) => bigint);
export const SymbolPrototypeValueOf = uncurryThis(Symbol.prototype.valueOf as (this: unknown) => symbol);
export const SymbolPrototypeToString = uncurryThis(Symbol.prototype.toString as (this: symbol) => string);
/** `exec` itself reads no patchable property of a regular expression without the g and y flags. */
export const RegExpPrototypeExec = uncurryThis(RegExp.prototype.exec as (this: RegExp, text: string) => RegExpExecArray | null);
export const RegExpCtor = RegExp;
export const RegExpPrototypeGetSource = uncurryThis(getterOf(RegExp.prototype, 'source') as (this: unknown) => string);
/** Reads `global`, `ignoreCase`… of its receiver. */
export const RegExpPrototypeGetFlags = uncurryThis(getterOf(RegExp.prototype, 'flags') as (this: unknown) => string);
export const SymbolCtor = Symbol;
export const { asyncIterator: SymbolAsyncIterator, iterator: SymbolIterator, toStringTag: SymbolToStringTag, toPrimitive: SymbolToPrimitive } = Symbol;
export const BigIntCtor = BigInt;
export const {
  abs: MathAbs,
  ceil: MathCeil,
  floor: MathFloor,
  max: MathMax,
  min: MathMin,
  pow: MathPow,
  round: MathRound,
  sign: MathSign,
  trunc: MathTrunc,
  random: MathRandom,
} = Math;
export const { parse: JSONParse, stringify: JSONStringify } = JSON;
export const DateNow = Date.now;
export const DateCtor = Date;
export const DatePrototypeGetTime = uncurryThis(Date.prototype.getTime as (this: unknown) => number);
export const DatePrototypeToString = uncurryThis(Date.prototype.toString as (this: unknown) => string);
export const DatePrototypeToUTCString = uncurryThis(Date.prototype.toUTCString as (this: unknown) => string);
export const DatePrototypeToISOString = uncurryThis(Date.prototype.toISOString as (this: unknown) => string);

// Promise: PromisePrototypeThen keeps to the intrinsic `then`; a tenant's patch of Promise.prototype is not consulted.
export const PromiseCtor = Promise;
const resolvePromise = Promise.resolve;
const rejectPromise = Promise.reject;
const promiseThen = Promise.prototype.then;
export const PromiseResolve = <T>(value: T): Promise<Awaited<T>> => ReflectApply(resolvePromise, PromiseCtor, [value]) as Promise<Awaited<T>>;
export const PromiseReject = <T = never>(reason: unknown): Promise<T> => ReflectApply(rejectPromise, PromiseCtor, [reason]) as Promise<T>;
export const PromisePrototypeThen = uncurryThis(promiseThen as AnyFunction) as unknown as <T, A, B = never>(
  self: Promise<T>,
  fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
  rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
) => Promise<A | B>;
/** A promise with its two functions. */
export type Deferred<T> = {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason: unknown) => void;
};
export const newDeferred = <T>(): Deferred<T> => {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new PromiseCtor<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
const swallow = (): void => {};
/** Sets a promise's [[PromiseIsHandled]]: its rejection is nobody's unhandled rejection. */
export const markHandled = (promise: Promise<unknown>): void => {
  PromisePrototypeThen(promise, undefined, swallow);
};

// Collections
export const MapCtor = Map;
export const MapPrototypeGet = uncurryThis(Map.prototype.get as AnyFunction) as unknown as <K, V>(self: Map<K, V>, key: K) => V | undefined;
export const MapPrototypeSet = uncurryThis(Map.prototype.set as AnyFunction) as unknown as <K, V>(self: Map<K, V>, key: K, value: V) => Map<K, V>;
export const MapPrototypeHas = uncurryThis(Map.prototype.has as AnyFunction) as unknown as <K>(self: Map<K, unknown>, key: K) => boolean;
export const MapPrototypeDelete = uncurryThis(Map.prototype.delete as AnyFunction) as unknown as <K>(self: Map<K, unknown>, key: K) => boolean;
export const MapPrototypeClear = uncurryThis(Map.prototype.clear as (this: Map<unknown, unknown>) => void);
export const MapPrototypeForEach = uncurryThis(Map.prototype.forEach as AnyFunction) as unknown as <K, V>(
  self: Map<K, V>,
  f: (value: V, key: K) => void,
) => void;
export const MapPrototypeGetSize = uncurryThis(getterOf(Map.prototype, 'size') as (this: unknown) => number);
export const MapPrototype = Map.prototype;
export const SetCtor = Set;
export const SetPrototypeAdd = uncurryThis(Set.prototype.add as AnyFunction) as unknown as <T>(self: Set<T>, value: T) => Set<T>;
export const SetPrototypeForEach = uncurryThis(Set.prototype.forEach as AnyFunction) as unknown as <T>(self: Set<T>, f: (value: T) => void) => void;
export const SetPrototypeGetSize = uncurryThis(getterOf(Set.prototype, 'size') as (this: unknown) => number);
export const SetPrototype = Set.prototype;
export const WeakMapCtor = WeakMap;
export const WeakMapPrototypeGet = uncurryThis(WeakMap.prototype.get as AnyFunction) as unknown as <K extends WeakKey, V>(
  self: WeakMap<K, V>,
  key: K,
) => V | undefined;
export const WeakMapPrototypeSet = uncurryThis(WeakMap.prototype.set as AnyFunction) as unknown as <K extends WeakKey, V>(
  self: WeakMap<K, V>,
  key: K,
  value: V,
) => WeakMap<K, V>;
export const FinalizationRegistryCtor = FinalizationRegistry;
export const FinalizationRegistryPrototypeRegister = uncurryThis(FinalizationRegistry.prototype.register as AnyFunction) as unknown as <T>(
  self: FinalizationRegistry<T>,
  target: WeakKey,
  held: T,
) => void;
export const WeakRefCtor = WeakRef;
export const WeakRefPrototypeDeref = uncurryThis(WeakRef.prototype.deref as AnyFunction) as unknown as <T extends WeakKey>(self: WeakRef<T>) => T | undefined;

// Buffers
export const ArrayBufferCtor = ArrayBuffer;
export const ArrayBufferIsView = ArrayBuffer.isView;
export const ArrayBufferPrototypeGetByteLength = uncurryThis(getterOf(ArrayBuffer.prototype, 'byteLength') as (this: unknown) => number);
export const ArrayBufferPrototypeGetDetached = uncurryThis(getterOf(ArrayBuffer.prototype, 'detached') as (this: unknown) => boolean);
export const ArrayBufferPrototypeGetResizable = uncurryThis(getterOf(ArrayBuffer.prototype, 'resizable') as (this: unknown) => boolean);
export const ArrayBufferPrototypeGetMaxByteLength = uncurryThis(getterOf(ArrayBuffer.prototype, 'maxByteLength') as (this: unknown) => number);
export const ArrayBufferPrototypeTransfer = uncurryThis(ArrayBuffer.prototype.transfer as (this: ArrayBuffer, length?: number) => ArrayBuffer);
export const Uint8ArrayCtor = Uint8Array;
export const Int32ArrayCtor = Int32Array;
export const Float64ArrayCtor = Float64Array;
export const DataViewCtor = DataView;
// V8 adds fromBase64, toBase64 and Error.isError only after the start-up snapshot: see web/base64.ts.
/** The typed array constructors by the name their views carry as @@toStringTag. */
export const TypedArrayConstructors: Readonly<Record<string, unknown>> = Object.freeze({
  __proto__: null,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as never);
const TypedArray = Object.getPrototypeOf(Uint8Array) as { prototype: Uint8Array };
export const TypedArrayPrototype = TypedArray.prototype;
export const TypedArrayPrototypeGetBuffer = uncurryThis(getterOf(TypedArrayPrototype, 'buffer') as (this: unknown) => ArrayBufferLike);
export const TypedArrayPrototypeGetByteLength = uncurryThis(getterOf(TypedArrayPrototype, 'byteLength') as (this: unknown) => number);
export const TypedArrayPrototypeGetByteOffset = uncurryThis(getterOf(TypedArrayPrototype, 'byteOffset') as (this: unknown) => number);
export const TypedArrayPrototypeGetLength = uncurryThis(getterOf(TypedArrayPrototype, 'length') as (this: unknown) => number);
/** The concrete type's name ("Uint8Array", …), or undefined for anything that is not a typed array. */
export const TypedArrayPrototypeGetSymbolToStringTag = uncurryThis(getterOf(TypedArrayPrototype, Symbol.toStringTag) as (this: unknown) => string | undefined);
export const TypedArrayPrototypeSet = uncurryThis(TypedArrayPrototype.set as (this: Uint8Array, source: ArrayLike<number>, offset?: number) => void);
/** Of bytes, and of no species; the ends are within them. */
export const TypedArrayPrototypeSubarray = (bytes: Uint8Array, start = 0, end = TypedArrayPrototypeGetLength(bytes)): Uint8Array =>
  new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes) + start, end - start);
export const TypedArrayPrototypeSlice = (bytes: Uint8Array, start?: number, end?: number): Uint8Array<ArrayBuffer> =>
  new Uint8ArrayCtor(TypedArrayPrototypeSubarray(bytes, start, end));
export const TypedArrayPrototypeIndexOf = uncurryThis(TypedArrayPrototype.indexOf as (this: Uint8Array, byte: number, from?: number) => number);
export const TypedArrayPrototypeFill = uncurryThis(TypedArrayPrototype.fill as (this: Uint8Array, value: number, start?: number, end?: number) => Uint8Array);
export const DataViewPrototypeGetBuffer = uncurryThis(getterOf(DataView.prototype, 'buffer') as (this: unknown) => ArrayBufferLike);
export const DataViewPrototypeGetByteLength = uncurryThis(getterOf(DataView.prototype, 'byteLength') as (this: unknown) => number);
export const DataViewPrototypeGetByteOffset = uncurryThis(getterOf(DataView.prototype, 'byteOffset') as (this: unknown) => number);

// Errors
export const ErrorCtor = Error;
export const ErrorPrototype = Error.prototype;
export const ErrorCaptureStackTrace = Error.captureStackTrace as (target: object, skip?: unknown) => void;
export const AggregateErrorCtor = AggregateError;
export const EvalErrorCtor = EvalError;
export const ReferenceErrorCtor = ReferenceError;
export const URIErrorCtor = URIError;
export const RangeErrorCtor = RangeError;
export const SyntaxErrorCtor = SyntaxError;
export const TypeErrorCtor = TypeError;
