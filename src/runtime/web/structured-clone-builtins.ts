/**
 * Clones of the language's own objects, as far as they hold no other clone.
 *
 * @see https://html.spec.whatwg.org/#structuredserializeinternal
 */
import {
  AggregateErrorCtor,
  ArrayBufferCtor,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetMaxByteLength,
  ArrayBufferPrototypeGetResizable,
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DataViewCtor,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  DateCtor,
  DatePrototypeGetTime,
  ErrorCtor,
  EvalErrorCtor,
  NumberPrototypeValueOf,
  ObjectCtor,
  RangeErrorCtor,
  ReferenceErrorCtor,
  ReflectOwnKeys,
  RegExpCtor,
  RegExpPrototypeGetFlags,
  RegExpPrototypeGetSource,
  StringPrototypeValueOf,
  SyntaxErrorCtor,
  TypeErrorCtor,
  TypedArrayConstructors,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  URIErrorCtor,
  Uint8ArrayCtor,
} from '../primordials.ts';
import type { Kind } from './builtin-kind.ts';

/** The clone of a wrapper, a Date or a RegExp. */
export function cloneLeaf(kind: Kind, value: object): object | undefined {
  if (kind === 'Date') return new DateCtor(DatePrototypeGetTime(value));
  if (kind === 'RegExp') return new RegExpCtor(RegExpPrototypeGetSource(value), RegExpPrototypeGetFlags(value));
  if (kind === 'Boolean') return ObjectCtor(BooleanPrototypeValueOf(value));
  if (kind === 'Number') return ObjectCtor(NumberPrototypeValueOf(value));
  if (kind === 'String') return ObjectCtor(StringPrototypeValueOf(value));
  if (kind === 'BigInt') return ObjectCtor(BigIntPrototypeValueOf(value));
  return undefined;
}

/** A copy of the bytes, as resizable as the original. The buffer must not be detached. */
export function copyBuffer(buffer: ArrayBuffer): ArrayBuffer {
  const length = ArrayBufferPrototypeGetByteLength(buffer);
  const copy = ArrayBufferPrototypeGetResizable(buffer)
    ? new ArrayBufferCtor(length, { maxByteLength: ArrayBufferPrototypeGetMaxByteLength(buffer) })
    : new ArrayBufferCtor(length);
  if (length > 0) TypedArrayPrototypeSet(new Uint8ArrayCtor(copy), new Uint8ArrayCtor(buffer));
  return copy;
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length?: number) => ArrayBufferView;

/**
 * What makes the same view on another buffer; undefined when the view is out of its buffer's bounds.
 * A view that ends where its resizable buffer ends is taken to follow the buffer's length: the
 * language does not tell.
 */
export function viewMaker(view: ArrayBufferView, buffer: ArrayBuffer): ((copy: ArrayBuffer) => ArrayBufferView) | undefined {
  const name = TypedArrayPrototypeGetSymbolToStringTag(view);
  let offset: number;
  let bytes: number;
  let length: number | undefined;
  if (name === undefined) {
    try {
      offset = DataViewPrototypeGetByteOffset(view);
      bytes = length = DataViewPrototypeGetByteLength(view);
    } catch {
      return undefined;
    }
  } else {
    offset = TypedArrayPrototypeGetByteOffset(view);
    bytes = TypedArrayPrototypeGetByteLength(view);
    length = TypedArrayPrototypeGetLength(view);
    // Out of bounds, all three read 0; only an empty view at the start looks the same.
  }
  if (ArrayBufferPrototypeGetResizable(buffer) && offset + bytes === ArrayBufferPrototypeGetByteLength(buffer)) length = undefined;
  const View = (name === undefined ? DataViewCtor : TypedArrayConstructors[name]) as ViewConstructor;
  return (copy) => new View(copy, offset, length);
}

/** What is not cloned as an own property of an error: it has its own way. */
const OWN_WAY = ['message', 'stack', 'cause'];
const NATIVE = ['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'EvalError', 'URIError', 'AggregateError'];

/** The own properties of an error that its clone has, too, where the app's date wants that: and its name, where it is no native one. */
export function clonedProperties(error: Error, name: string): [key: string, value: unknown][] {
  const all: [string, unknown][] = [];
  if (!ArrayPrototypeIncludes(NATIVE, name)) ArrayPrototypePush(all, ['name', name]);
  const keys = ReflectOwnKeys(error);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== 'string' || key === 'name' || ArrayPrototypeIncludes(OWN_WAY, key)) continue;
    ArrayPrototypePush(all, [key, (error as unknown as Record<string, unknown>)[key]]);
  }
  return all;
}

/** As newError, and one with several errors in it. */
export function newNativeError(name: string, message: string | undefined): Error {
  return name === 'AggregateError' ? new AggregateErrorCtor([], message) : newError(name, message);
}

/** A new Error of the native type that `name` names. */
export function newError(name: string, message: string | undefined): Error {
  const Ctor =
    name === 'TypeError'
      ? TypeErrorCtor
      : name === 'RangeError'
        ? RangeErrorCtor
        : name === 'SyntaxError'
          ? SyntaxErrorCtor
          : name === 'ReferenceError'
            ? ReferenceErrorCtor
            : name === 'EvalError'
              ? EvalErrorCtor
              : name === 'URIError'
                ? URIErrorCtor
                : ErrorCtor;
  return new Ctor(message);
}
