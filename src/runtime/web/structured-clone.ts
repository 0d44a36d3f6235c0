/**
 * structuredClone.
 *
 * Serialisation and deserialisation are one walk, since both happen in the same realm. What is
 * transferred exists only after the whole walk succeeded, so its places are filled in at the end
 * (`Walk.later`); without a transfer list nothing is deferred.
 *
 * Departures: a Proxy cannot be told from its target and is cloned as an ordinary object. Built-in
 * objects are found by their prototype first, so one whose prototype was replaced by Object.prototype
 * counts as an ordinary object. Shared memory is refused.
 *
 * @see https://html.spec.whatwg.org/#structured-cloning
 */
import {
  ArrayBufferPrototypeGetDetached,
  ArrayBufferPrototypeTransfer,
  ArrayIsArray,
  ArrayPrototypePush,
  FunctionPrototypeToString,
  MapCtor,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectKeys,
  ObjectPrototype,
  ReflectGetOwnPropertyDescriptor,
  SetCtor,
  SetPrototypeAdd,
  SetPrototypeForEach,
  SymbolPrototypeToString,
  StringCtor,
  SymbolToStringTag,
  TypeErrorCtor,
} from '../primordials.ts';
import { isArrayBuffer, isObject, requireArguments, viewBuffer, type Converter } from '../webidl.ts';
import { dictionary, sequence } from '../webidl-types.ts';
import type { Blob } from './blob.ts';
import { kindOf } from './builtin-kind.ts';
import { DOMException, isDOMException } from './dom-exception.ts';
import type { File } from './file.ts';
import { differs } from '../compat.ts';
import { chunk, peek } from '../link.ts';
import { clonedProperties, cloneLeaf, copyBuffer, newError, newNativeError, viewMaker } from './structured-clone-builtins.ts';
import { clonePlatformObject, registerCloneable, transferOf, type Transfer } from './structured-clone-registry.ts';

/** A clone that will exist once the transfer is done. */
class Pending {
  #make: () => unknown;
  #made: unknown = undefined;

  constructor(make: () => unknown) {
    this.#make = make;
  }

  /** Is it the clone itself? Then it is returned; a pending one is made, once. */
  static settle(value: unknown): unknown {
    return Pending.is(value) ? (value.#made ??= value.#make()) : value;
  }

  static fulfil(pending: Pending, made: unknown): void {
    pending.#made = made;
  }

  static is(value: unknown): value is Pending {
    return typeof value === 'object' && value !== null && #made in value;
  }
}

/** Original → clone (or its Pending), and what waits for the transfer (undefined: nothing needs to). */
type Walk = { memory: Map<object, unknown>; later: (() => void)[] | undefined };

const dataCloneError = (what: string): DOMException => new DOMException(`${what} could not be cloned.`, 'DataCloneError');

const define = (target: object, key: string, value: unknown, enumerable: boolean): void => {
  ObjectDefineProperty(target, key, { __proto__: null, value, writable: true, enumerable, configurable: true } as PropertyDescriptor);
};

/** Stores a clone, now or once it exists. */
const put = (walk: Walk, target: object, key: string, value: unknown, enumerable = true): void => {
  if (walk.later !== undefined && Pending.is(value)) {
    // The place is taken at once, so that properties keep their order.
    define(target, key, undefined, enumerable);
    ArrayPrototypePush(walk.later, () => define(target, key, Pending.settle(value), enumerable));
  } else if (!enumerable || key in target) define(target, key, value, enumerable);
  // No inherited setter of this name, so that plain assignment is CreateDataProperty.
  else (target as Record<string, unknown>)[key] = value;
};

/** Runs at once, or after the transfer where there is one. */
const finish = (walk: Walk, f: () => void): void => {
  if (walk.later === undefined) f();
  else ArrayPrototypePush(walk.later, f);
};

const remember = <T>(walk: Walk, value: object, result: T): T => {
  MapPrototypeSet(walk.memory, value, result);
  return result;
};

/** Own enumerable string-keyed properties, in order. A getter may remove a later one, hence the second look. */
const cloneProperties = (walk: Walk, value: object, result: object): object => {
  remember(walk, value, result);
  const keys = ObjectKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined && ReflectGetOwnPropertyDescriptor(value, key) === undefined) continue;
    put(walk, result, key, clone(walk, item));
  }
  return result;
};

// Entries are copied before any is cloned, so that a getter run meanwhile cannot change what is walked.
const cloneMap = (walk: Walk, value: Map<unknown, unknown>): object => {
  const result = remember(walk, value, new MapCtor());
  const entries: unknown[] = [];
  MapPrototypeForEach(value, (item, key) => ArrayPrototypePush(entries, key, item));
  for (let i = 0; i < entries.length; i++) entries[i] = clone(walk, entries[i]);
  finish(walk, () => {
    for (let i = 0; i < entries.length; i += 2) MapPrototypeSet(result, Pending.settle(entries[i]), Pending.settle(entries[i + 1]));
  });
  return result;
};

const cloneSet = (walk: Walk, value: Set<unknown>): object => {
  const result = remember(walk, value, new SetCtor());
  const entries: unknown[] = [];
  SetPrototypeForEach(value, (item) => ArrayPrototypePush(entries, item));
  for (let i = 0; i < entries.length; i++) entries[i] = clone(walk, entries[i]);
  finish(walk, () => {
    for (let i = 0; i < entries.length; i++) SetPrototypeAdd(result, Pending.settle(entries[i]));
  });
  return result;
};

const cloneArrayBuffer = (walk: Walk, buffer: ArrayBuffer): object => {
  if (ArrayBufferPrototypeGetDetached(buffer)) throw dataCloneError('A detached ArrayBuffer');
  return remember(walk, buffer, copyBuffer(buffer));
};

const cloneView = (walk: Walk, view: ArrayBufferView): unknown => {
  const buffer = viewBuffer(view);
  if (!isArrayBuffer(buffer)) throw dataCloneError('A view on a SharedArrayBuffer');
  const make = viewMaker(view, buffer);
  if (make === undefined) throw dataCloneError('A view out of bounds');
  const copy = clone(walk, buffer);
  return remember(walk, view, Pending.is(copy) ? new Pending(() => make(Pending.settle(copy) as ArrayBuffer)) : make(copy as ArrayBuffer));
};

/** The standard leaves `stack` and `cause` to implementations; all carry both over. */
const cloneError = (walk: Walk, error: Error): object => {
  const name = StringCtor(error.name);
  const message = ReflectGetOwnPropertyDescriptor(error, 'message');
  const cause = ReflectGetOwnPropertyDescriptor(error, 'cause');
  const hasMessage = message !== undefined && 'value' in message;
  const properties = differs('enhanced_error_serialization') ? undefined : clonedProperties(error, name);
  const make = properties === undefined ? newError : newNativeError;
  const result = remember(walk, error, make(name, hasMessage ? StringCtor(message.value) : undefined));
  define(result, 'stack', stackOf(error), false);
  if (cause !== undefined && 'value' in cause) put(walk, result, 'cause', clone(walk, cause.value), false);
  for (let i = 0; properties !== undefined && i < properties.length; i++) {
    const property = properties[i] as [string, unknown];
    put(walk, result, property[0], clone(walk, property[1]), property[0] !== 'name');
  }
  return result;
};

const stackOf = (error: object): string | undefined => {
  const { stack } = error as { stack?: unknown };
  return typeof stack === 'string' ? stack : undefined;
};

/** An object with slots that cannot be cloned shows by the read-only tag on its prototype: every such built-in and every Web API has it. */
const foreignTag = (value: object): string | undefined => {
  for (let proto = ObjectGetPrototypeOf(value) as object | null; proto !== null; proto = ObjectGetPrototypeOf(proto) as object | null) {
    const tag = ReflectGetOwnPropertyDescriptor(proto, SymbolToStringTag);
    if (tag !== undefined && tag.writable === false && typeof tag.value === 'string') return tag.value;
  }
  return undefined;
};

/** https://html.spec.whatwg.org/#structuredserializeinternal and, in the same breath, StructuredDeserialize */
const clone = (walk: Walk, value: unknown): unknown => {
  if (!isObject(value)) {
    if (typeof value === 'symbol') throw dataCloneError(SymbolPrototypeToString(value));
    return value;
  }
  if (typeof value === 'function') throw dataCloneError(FunctionPrototypeToString(value));
  const known = MapPrototypeGet(walk.memory, value);
  if (known !== undefined) return known;
  if (ArrayIsArray(value)) {
    const result: unknown[] = [];
    result.length = value.length;
    return cloneProperties(walk, value, result);
  }
  const proto = ObjectGetPrototypeOf(value) as object | null;
  if (proto === ObjectPrototype || proto === null) return cloneProperties(walk, value, {});
  const platform = clonePlatformObject(value);
  if (platform !== undefined) return remember(walk, value, platform);
  const kind = kindOf(value);
  if (kind === undefined) {
    const tag = foreignTag(value);
    if (tag !== undefined) throw dataCloneError(`#<${tag}>`);
    return cloneProperties(walk, value, {});
  }
  if (kind === 'Map') return cloneMap(walk, value as Map<unknown, unknown>);
  if (kind === 'Set') return cloneSet(walk, value as Set<unknown>);
  if (kind === 'ArrayBuffer') return cloneArrayBuffer(walk, value as ArrayBuffer);
  if (kind === 'view') return cloneView(walk, value as ArrayBufferView);
  if (kind === 'Error') return cloneError(walk, value as Error);
  const leaf = cloneLeaf(kind, value);
  if (leaf === undefined) throw dataCloneError(`#<${kind}>`);
  return remember(walk, value, leaf);
};

const toObject: Converter<object> = (value, context) => {
  if (!isObject(value)) throw new TypeErrorCtor(`${context} is not an object.`);
  return value;
};
/** The options of whatever clones and transfers. @see https://html.spec.whatwg.org/#structuredserializeoptions */
export const cloneOptions = dictionary<{ transfer: object[] }>('StructuredSerializeOptions', [
  { key: 'transfer', converter: sequence(toObject), defaultValue: () => [] },
]);

const bufferTransfer: Transfer = { isDetached: ArrayBufferPrototypeGetDetached, transfer: ArrayBufferPrototypeTransfer };

/** Clones `value` and moves what stands in `transfer`. @see https://html.spec.whatwg.org/#structuredserializewithtransfer */
export function cloneWithTransfer(value: unknown, transfer: readonly object[]): unknown {
  const walk: Walk = { memory: new MapCtor(), later: undefined };
  if (transfer.length === 0) return clone(walk, value);
  walk.later = [];
  const moves: Transfer[] = [];
  for (let i = 0; i < transfer.length; i++) {
    const item = transfer[i] as object;
    const how = isArrayBuffer(item) ? bufferTransfer : transferOf(item);
    if (how === undefined) throw dataCloneError('A value in the transfer list that is not transferable');
    if (MapPrototypeHas(walk.memory, item)) throw dataCloneError('A value that is twice in the transfer list');
    ArrayPrototypePush(moves, how);
    MapPrototypeSet(walk.memory, item, new Pending(() => undefined));
  }
  const result = clone(walk, value);
  for (let i = 0; i < transfer.length; i++) {
    if ((moves[i] as Transfer).isDetached(transfer[i] as never)) throw dataCloneError('A detached object in the transfer list');
  }
  for (let i = 0; i < transfer.length; i++) {
    const pending = MapPrototypeGet(walk.memory, transfer[i] as object) as Pending;
    Pending.fulfil(pending, (moves[i] as Transfer).transfer(transfer[i] as never));
  }
  for (let i = 0; i < walk.later.length; i++) (walk.later[i] as () => void)();
  return Pending.settle(result);
}

/** @see https://html.spec.whatwg.org/#dom-structuredclone */
export function structuredClone(value: unknown, options: unknown = undefined): unknown {
  requireArguments(arguments.length, 1, "Failed to execute 'structuredClone'");
  return cloneWithTransfer(value, cloneOptions(options, "Failed to execute 'structuredClone': parameter 2").transfer);
}

registerCloneable(
  (value): value is Blob => peek('forms')?.isBlob(value) === true,
  (blob) => chunk('forms').shareBlob(blob),
  (blob) => chunk('forms').shareBlob(blob),
);
registerCloneable(
  (value): value is File => peek('forms')?.isFile(value) === true,
  (file) => file,
  (file) => chunk('forms').fileFromBlob(file, file.name, file.lastModified),
);
registerCloneable(
  isDOMException,
  (error) => error,
  (error) => {
    const copy = new DOMException(error.message, error.name);
    define(copy, 'stack', stackOf(error), false);
    return copy;
  },
);
