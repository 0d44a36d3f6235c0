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
  ErrorIsError,
  MapCtor,
  MapPrototype,
  MapPrototypeGet,
  MapPrototypeGetSize,
  NumberCtor,
  NumberPrototypeValueOf,
  ObjectGetPrototypeOf,
  RegExpCtor,
  RegExpPrototypeGetSource,
  SetPrototype,
  SetPrototypeGetSize,
  StringCtor,
  StringPrototypeValueOf,
  SymbolCtor,
  SymbolPrototypeValueOf,
} from '../primordials.ts';

export type Kind = 'ArrayBuffer' | 'BigInt' | 'Boolean' | 'Date' | 'Error' | 'Map' | 'Number' | 'RegExp' | 'Set' | 'String' | 'Symbol' | 'view';

/** Throws on what is not of the kind. */
type Probe = (value: unknown) => unknown;

const kinds = new MapCtor<object, [Kind, Probe]>([
  [MapPrototype, ['Map', MapPrototypeGetSize]],
  [SetPrototype, ['Set', SetPrototypeGetSize]],
  [DateCtor.prototype, ['Date', DatePrototypeGetTime]],
  [RegExpCtor.prototype, ['RegExp', RegExpPrototypeGetSource]],
  [ArrayBufferCtor.prototype, ['ArrayBuffer', ArrayBufferPrototypeGetByteLength]],
  [BooleanCtor.prototype, ['Boolean', BooleanPrototypeValueOf]],
  [NumberCtor.prototype, ['Number', NumberPrototypeValueOf]],
  [StringCtor.prototype, ['String', StringPrototypeValueOf]],
  [BigIntCtor.prototype, ['BigInt', BigIntPrototypeValueOf]],
  [SymbolCtor.prototype, ['Symbol', SymbolPrototypeValueOf]],
]);

/** The kind; undefined for an ordinary object and for kinds not listed. */
export function kindOf(value: object): Kind | undefined {
  if (ArrayBufferIsView(value)) return 'view';
  if (ErrorIsError(value)) return 'Error';
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
