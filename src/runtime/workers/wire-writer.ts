/** From a value to bytes; see wire-values.ts for the contract. */
import {
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached,
  ArrayIsArray,
  ArrayPrototypePush,
  BigIntPrototypeToString,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  DatePrototypeGetTime,
  FunctionPrototypeToString,
  MapCtor,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  NumberPrototypeValueOf,
  ObjectGetPrototypeOf,
  ObjectIs,
  ObjectKeys,
  ObjectPrototype,
  ReflectGetOwnPropertyDescriptor,
  RegExpPrototypeGetFlags,
  RegExpPrototypeGetSource,
  SetPrototypeForEach,
  StringCtor,
  StringPrototypeCharCodeAt,
  StringPrototypeValueOf,
  SymbolPrototypeToString,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { differs } from '../compat.ts';
import { kindOf } from '../web/builtin-kind.ts';
import { DOMException, exceptionMessage, exceptionName, isDOMException } from '../web/dom-exception.ts';
import { stackOf } from '../web/native-stack.ts';
import { clonedProperties } from '../web/structured-clone-builtins.ts';
import { isArrayBuffer, viewBuffer } from '../webidl.ts';
import { type Externals, double, doubleBytes, HAS_CAUSE, HAS_MESSAGE, HAS_PROPERTIES, Tag, VIEWS } from './wire-format.ts';

const cannotClone = (what: string): DOMException => new DOMException(`${what} could not be cloned.`, 'DataCloneError');

/** As V8 names an object in its messages, without running the app's code. */
const nameOf = (value: object): string => {
  if (typeof value === 'function') return FunctionPrototypeToString(value);
  for (let proto = ObjectGetPrototypeOf(value) as object | null; proto !== null; proto = ObjectGetPrototypeOf(proto) as object | null) {
    const made: unknown = ReflectGetOwnPropertyDescriptor(proto, 'constructor')?.value;
    const name: unknown = typeof made === 'function' ? ReflectGetOwnPropertyDescriptor(made, 'name')?.value : undefined;
    if (typeof name === 'string' && name !== '') return `#<${name}>`;
  }
  return '#<Object>';
};

/** Has it the read-only tag that every built-in object with a state of its own, and every Web API, carries? */
const isForeign = (value: object): boolean => {
  for (let proto = ObjectGetPrototypeOf(value) as object | null; proto !== null; proto = ObjectGetPrototypeOf(proto) as object | null) {
    const tag = ReflectGetOwnPropertyDescriptor(proto, SymbolToStringTag);
    if (tag !== undefined && tag.writable === false) return true;
  }
  return false;
};

/** Writes one value. */
export class Writer {
  readonly #replace: Externals['replace'];
  readonly #seen = new MapCtor<object, number>();
  #count = 0;
  #bytes = new Uint8ArrayCtor(256);
  #room = 256;
  #at = 0;

  constructor(replace: Externals['replace']) {
    this.#replace = replace;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return TypedArrayPrototypeSlice(this.#bytes, 0, this.#at) as Uint8Array<ArrayBuffer>;
  }

  byte(value: number): void {
    if (this.#at === this.#room) this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.byte(value ? Tag.true : Tag.false);
      case 'undefined':
        return this.byte(Tag.undefined);
      case 'bigint':
        return this.#bigint(value);
      case 'symbol':
        throw cannotClone(SymbolPrototypeToString(value));
      default:
        if (value === null) this.byte(Tag.null);
        else this.#object(value as object);
    }
  }

  #grow(more: number): void {
    while (this.#room < this.#at + more) this.#room *= 2;
    const bytes = new Uint8ArrayCtor(this.#room);
    TypedArrayPrototypeSet(bytes, this.#bytes);
    this.#bytes = bytes;
  }

  /** A whole number from 0 to 2^53. */
  #size(value: number): void {
    while (value > 127) {
      this.byte((value & 127) | 128);
      value = (value - (value & 127)) / 128;
    }
    this.byte(value);
  }

  #number(value: number): void {
    if ((value | 0) === value && !ObjectIs(value, -0)) {
      this.byte(Tag.integer);
      this.#size(value < 0 ? -value * 2 - 1 : value * 2);
      return;
    }
    this.byte(Tag.double);
    double[0] = value;
    for (let i = 0; i < 8; i++) this.byte(doubleBytes[i] as number);
  }

  #bigint(value: bigint): void {
    this.byte(Tag.bigint);
    this.byte(value < 0n ? 1 : 0);
    this.#text(BigIntPrototypeToString(value < 0n ? -value : value, 16));
  }

  #text(text: string): void {
    const { length } = text;
    const start = this.#at;
    this.byte(Tag.latin1);
    this.#size(length);
    if (this.#at + length > this.#room) this.#grow(length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const unit = StringPrototypeCharCodeAt(text, i);
      if (unit > 0xff) return this.#wideText(text, start);
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #wideText(text: string, start: number): void {
    const { length } = text;
    this.#at = start;
    this.byte(Tag.utf16);
    this.#size(length);
    if (this.#at + length * 2 > this.#room) this.#grow(length * 2);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = StringPrototypeCharCodeAt(text, i);
      bytes[this.#at++] = unit & 0xff;
      bytes[this.#at++] = unit >> 8;
    }
  }

  #object(value: object): void {
    const known = MapPrototypeGet(this.#seen, value);
    if (known !== undefined) {
      this.byte(Tag.reference);
      return this.#size(known);
    }
    MapPrototypeSet(this.#seen, value, this.#count++);
    if (typeof value !== 'function') {
      if (ArrayIsArray(value)) return this.#array(value);
      const proto = ObjectGetPrototypeOf(value) as object | null;
      // Where others have a say, one without a prototype is theirs, too: Workers refuse it.
      if (proto === ObjectPrototype || (proto === null && this.#replace === undefined)) return this.#plain(value);
    }
    const external = this.#replace?.(value);
    if (external !== undefined) {
      this.byte(Tag.external);
      this.#size(external.kind);
      return this.value(external.data);
    }
    if (typeof value === 'function') throw cannotClone(nameOf(value));
    this.#special(value);
  }

  #plain(value: object): void {
    this.byte(Tag.object);
    this.#properties(value);
  }

  /** Own enumerable properties with a string for a key. What a getter takes away meanwhile is undefined. */
  #properties(value: object): void {
    const keys = ObjectKeys(value);
    this.#size(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      this.#text(key);
      this.value((value as Record<string, unknown>)[key]);
    }
  }

  #array(value: readonly unknown[]): void {
    const { length } = value;
    const keys = ObjectKeys(value);
    // Without holes and other properties the last key is the last index.
    if (keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`)) {
      this.byte(Tag.array);
      this.#size(length);
      for (let i = 0; i < length; i++) this.value(value[i]);
      return;
    }
    this.byte(Tag.sparse);
    this.#size(length);
    this.#properties(value);
  }

  #special(value: object): void {
    if (isDOMException(value)) {
      this.byte(Tag.domException);
      this.#text(exceptionName(value));
      this.#text(exceptionMessage(value));
      return this.#text(stackOf(value));
    }
    switch (kindOf(value)) {
      case 'Date':
        this.byte(Tag.date);
        return this.value(DatePrototypeGetTime(value));
      case 'RegExp':
        this.byte(Tag.regexp);
        this.#text(RegExpPrototypeGetSource(value));
        return this.#text(RegExpPrototypeGetFlags(value));
      case 'Boolean':
        return this.#wrapper(BooleanPrototypeValueOf(value));
      case 'Number':
        return this.#wrapper(NumberPrototypeValueOf(value));
      case 'String':
        return this.#wrapper(StringPrototypeValueOf(value));
      case 'BigInt':
        return this.#wrapper(BigIntPrototypeValueOf(value));
      case 'Map':
        return this.#map(value as Map<unknown, unknown>);
      case 'Set':
        return this.#set(value as Set<unknown>);
      case 'ArrayBuffer':
        return this.#buffer(value as ArrayBuffer);
      case 'view':
        return this.#view(value as ArrayBufferView);
      case 'Error':
        return this.#error(value as Error);
      case 'Symbol':
        throw cannotClone(nameOf(value));
      default:
        if (isForeign(value)) throw cannotClone(nameOf(value));
        return this.#plain(value);
    }
  }

  #wrapper(value: unknown): void {
    this.byte(Tag.wrapper);
    this.value(value);
  }

  // Entries are copied before any is written: a getter may change what is walked.
  #map(value: Map<unknown, unknown>): void {
    const entries: unknown[] = [];
    MapPrototypeForEach(value, (item, key) => ArrayPrototypePush(entries, key, item));
    this.byte(Tag.map);
    this.#size(entries.length / 2);
    for (let i = 0; i < entries.length; i++) this.value(entries[i]);
  }

  #set(value: Set<unknown>): void {
    const entries: unknown[] = [];
    SetPrototypeForEach(value, (item) => ArrayPrototypePush(entries, item));
    this.byte(Tag.set);
    this.#size(entries.length);
    for (let i = 0; i < entries.length; i++) this.value(entries[i]);
  }

  #buffer(buffer: ArrayBuffer): void {
    if (ArrayBufferPrototypeGetDetached(buffer)) throw cannotClone('An ArrayBuffer is detached and');
    const length = ArrayBufferPrototypeGetByteLength(buffer);
    this.byte(Tag.buffer);
    this.#size(length);
    if (this.#at + length > this.#room) this.#grow(length);
    TypedArrayPrototypeSet(this.#bytes, new Uint8ArrayCtor(buffer), this.#at);
    this.#at += length;
  }

  #view(view: ArrayBufferView): void {
    const buffer = viewBuffer(view);
    if (!isArrayBuffer(buffer)) throw cannotClone('#<SharedArrayBuffer>');
    const name = TypedArrayPrototypeGetSymbolToStringTag(view) ?? 'DataView';
    const isData = name === 'DataView';
    this.byte(Tag.view);
    let kind = 0;
    while (VIEWS[kind] !== name) kind++;
    this.#size(kind);
    this.value(buffer);
    this.#size(isData ? DataViewPrototypeGetByteOffset(view) : TypedArrayPrototypeGetByteOffset(view));
    this.#size(isData ? DataViewPrototypeGetByteLength(view) : TypedArrayPrototypeGetLength(view));
  }

  /** The standard leaves all but name and message to implementations; what is carried over is what structuredClone carries over. */
  #error(error: Error): void {
    const name = StringCtor(error.name);
    const message = ReflectGetOwnPropertyDescriptor(error, 'message');
    const cause = ReflectGetOwnPropertyDescriptor(error, 'cause');
    const hasMessage = message !== undefined && 'value' in message;
    const hasCause = cause !== undefined && 'value' in cause;
    const text = hasMessage ? StringCtor(message.value) : '';
    this.byte(Tag.error);
    this.#text(name);
    const properties = differs('enhanced_error_serialization') ? undefined : clonedProperties(error, name);
    this.#size((hasMessage ? HAS_MESSAGE : 0) | (hasCause ? HAS_CAUSE : 0) | (properties === undefined ? 0 : HAS_PROPERTIES));
    if (hasMessage) this.#text(text);
    this.#text(stackOf(error));
    if (hasCause) this.value(cause.value);
    if (properties === undefined) return;
    this.#size(properties.length);
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i] as [string, unknown];
      this.#text(property[0]);
      this.value(property[1]);
    }
  }
}
