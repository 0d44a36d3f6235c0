/**
 * Which built-in object a value is, judged by its internal slots.
 *
 * Contract: no tenant code runs, unless the value is a Proxy, which the language does not let anyone tell.
 */
import {
  ArrayBufferCtor,
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  BigIntCtor,
  BigIntPrototypeValueOf,
  BooleanCtor,
  BooleanPrototypeValueOf,
  DateCtor,
  DatePrototypeGetTime,
  ErrorPrototype,
  MapCtor,
  MapPrototype,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  NumberCtor,
  NumberPrototypeValueOf,
  ObjectGetPrototypeOf,
  ObjectPrototypeToString,
  ReflectGetOwnPropertyDescriptor,
  RegExpCtor,
  RegExpPrototypeGetSource,
  SetPrototype,
  SetPrototypeGetSize,
  StringCtor,
  StringPrototypeValueOf,
  SymbolCtor,
  SymbolPrototypeValueOf,
  SymbolToStringTag,
  TypeErrorCtor,
} from '../primordials.ts';
import { hasNativeStack } from './native-stack.ts';

export type Kind = 'ArrayBuffer' | 'BigInt' | 'Boolean' | 'Date' | 'Error' | 'Map' | 'Number' | 'RegExp' | 'Set' | 'String' | 'Symbol' | 'view';

/** Throws on what is not of the kind. */
type Probe = (value: unknown) => unknown;

const hasTag = (value: object): boolean => {
  for (let it: object | null = value; it !== null; it = ObjectGetPrototypeOf(it) as object | null)
    if (ReflectGetOwnPropertyDescriptor(it, SymbolToStringTag) !== undefined) return true;
  return false;
};

/**
 * `Error.isError` does not exist yet while the start-up snapshot is made. An error shows by its stack,
 * or, where that was replaced, by `Object.prototype.toString`, which a tag would make run tenant code.
 */
const errorProbe: Probe = (value) => {
  if (hasNativeStack(value as object) || (!hasTag(value as object) && ObjectPrototypeToString(value) === '[object Error]')) return;
  throw new TypeErrorCtor();
};

const kinds = new MapCtor<object, [Kind, Probe]>();
// One by one: an iterable would be read with what the app may have put on Array.prototype.
const add = (prototype: object, kind: Kind, probe: Probe): void => {
  MapPrototypeSet(kinds, prototype, [kind, probe]);
};
add(MapPrototype, 'Map', MapPrototypeGetSize);
add(SetPrototype, 'Set', SetPrototypeGetSize);
add(DateCtor.prototype, 'Date', DatePrototypeGetTime);
add(RegExpCtor.prototype, 'RegExp', RegExpPrototypeGetSource);
add(ArrayBufferCtor.prototype, 'ArrayBuffer', ArrayBufferPrototypeGetByteLength);
add(BooleanCtor.prototype, 'Boolean', BooleanPrototypeValueOf);
add(NumberCtor.prototype, 'Number', NumberPrototypeValueOf);
add(StringCtor.prototype, 'String', StringPrototypeValueOf);
add(BigIntCtor.prototype, 'BigInt', BigIntPrototypeValueOf);
add(SymbolCtor.prototype, 'Symbol', SymbolPrototypeValueOf);
add(ErrorPrototype, 'Error', errorProbe);

/** The kind; undefined for an ordinary object and for kinds not listed. */
export function kindOf(value: object): Kind | undefined {
  if (ArrayBufferIsView(value)) return 'view';
  for (let proto = ObjectGetPrototypeOf(value) as object | null; proto !== null; proto = ObjectGetPrototypeOf(proto) as object | null) {
    const found = MapPrototypeGet(kinds, proto);
    if (found === undefined) continue;
    try {
      found[1](value);
      // The prototype of all regular expressions has a source, but is none.
      return value === RegExpCtor.prototype ? undefined : found[0];
    } catch {
      return undefined;
    }
  }
  return undefined;
}
