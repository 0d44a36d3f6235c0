/**
 * The parts of an object's text, by the kind of object.
 */
import {
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached,
  ArrayIsArray,
  ArrayPrototypePush,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  DatePrototypeGetTime,
  DatePrototypeToISOString,
  FunctionPrototypeToString,
  MapPrototypeForEach,
  MapPrototypeGetSize,
  NumberIsNaN,
  NumberPrototypeToString,
  NumberPrototypeValueOf,
  ObjectGetPrototypeOf,
  ReflectGetOwnPropertyDescriptor,
  RegExpPrototypeGetFlags,
  RegExpPrototypeGetSource,
  SetPrototypeForEach,
  SetPrototypeGetSize,
  StringPrototypeCharCodeAt,
  StringPrototypePadStart,
  StringPrototypeStartsWith,
  StringPrototypeValueOf,
  SymbolPrototypeValueOf,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { isDOMException } from './dom-exception.ts';
import { errorBody } from './inspect-error.ts';
import type { Body } from './inspect-layout.ts';
import { inner, more, properties, propertyText } from './inspect-properties.ts';
import { constructorName, tagOf } from './inspect-safe.ts';
import { paint, primitiveText, type Style } from './inspect-text.ts';
import { type Inspection, MAX_ITEMS, MAX_STRING } from './inspection.ts';
import { kindOf, type Kind } from './builtin-kind.ts';

/** Arrays longer than this are not searched for properties besides their items. */
const MAX_SEARCHED = 1000;

/** A leaf with the object's own properties, if any: `[Function: f] { a: 1 }`. */
const leaf = (it: Inspection, value: object, text: string, style: Style, skip?: (key: PropertyKey) => boolean): Body => {
  const parts = it.around.length > it.depth + 1 ? [] : properties(it, value, skip);
  const prefix = paint(text, style, it.colors);
  return parts.length === 0 ? { prefix, open: '', close: '', parts, fill: false } : { prefix, open: '{', close: '}', parts, fill: false };
};

export function bodyOf(it: Inspection, value: object): Body {
  if (typeof value === 'function') return leaf(it, value, functionText(value), 'special');
  if (isDOMException(value)) return errorBody(it, value);
  const kind = kindOf(value);
  if (kind === 'Error') return errorBody(it, value);
  if (kind === 'Date') return leaf(it, value, NumberIsNaN(DatePrototypeGetTime(value)) ? 'Invalid Date' : DatePrototypeToISOString(value), 'date');
  if (kind === 'RegExp') return leaf(it, value, `/${RegExpPrototypeGetSource(value)}/${RegExpPrototypeGetFlags(value)}`, 'regexp');
  const wrapped = kind === undefined ? undefined : WRAPPERS[kind];
  if (wrapped !== undefined)
    return leaf(it, value, `[${kind}: ${primitiveText(wrapped(value), MAX_STRING, false)}]`, 'special', kind === 'String' ? isIndex : undefined);
  const name = constructorName(value);
  if (it.around.length > it.depth + 1)
    return {
      prefix: paint(ArrayIsArray(value) ? '[Array]' : `[${name ?? 'Object: null prototype'}]`, 'special', it.colors),
      open: '',
      close: '',
      parts: [],
      fill: false,
    };
  if (ArrayIsArray(value))
    return {
      prefix: name === 'Array' ? '' : `${name ?? '[Array: null prototype]'}(${value.length})`,
      open: '[',
      close: ']',
      parts: items(it, value, value.length),
      fill: true,
    };
  const title = titleOf(value, name);
  if (kind === 'Map')
    return { prefix: `${title}(${MapPrototypeGetSize(value)})`, open: '{', close: '}', parts: mapParts(it, value as Map<unknown, unknown>), fill: false };
  if (kind === 'Set')
    return { prefix: `${title}(${SetPrototypeGetSize(value)})`, open: '{', close: '}', parts: setParts(it, value as Set<unknown>), fill: false };
  if (kind === 'ArrayBuffer') return { prefix: title, open: '{', close: '}', parts: bufferParts(it, value as ArrayBuffer), fill: false };
  if (kind === 'view') return viewBody(it, value as ArrayBufferView, title);
  return { prefix: title, open: '{', close: '}', parts: properties(it, value), fill: false };
}

const WRAPPERS: { [kind in Kind]?: (value: unknown) => unknown } = {
  BigInt: BigIntPrototypeValueOf,
  Boolean: BooleanPrototypeValueOf,
  Number: NumberPrototypeValueOf,
  String: StringPrototypeValueOf,
  Symbol: SymbolPrototypeValueOf,
};

/** "Foo", "Foo [tag]", nothing for an ordinary object. */
const titleOf = (value: object, name: string | null): string => {
  const tag = tagOf(value);
  const shown = name ?? `[${tag === '' ? 'Object' : tag}: null prototype]`;
  if (tag !== '' && name !== null && tag !== name) return `${shown} [${tag}]`;
  return shown === 'Object' ? '' : shown;
};

const functionText = (value: object): string => {
  const source = FunctionPrototypeToString(value);
  const given = ReflectGetOwnPropertyDescriptor(value, 'name')?.value;
  const name = typeof given === 'string' ? given : '';
  if (StringPrototypeStartsWith(source, 'class ') || StringPrototypeStartsWith(source, 'class{')) {
    const base = ObjectGetPrototypeOf(value) as object | null;
    const baseName = base === null ? 'null' : ReflectGetOwnPropertyDescriptor(base, 'name')?.value;
    return `[class ${name === '' ? '(anonymous)' : name}${typeof baseName === 'string' && baseName !== '' ? ` extends ${baseName}` : ''}]`;
  }
  const type = tagOf(value) || 'Function';
  return name === '' ? `[${type} (anonymous)]` : `[${type}: ${name}]`;
};

const isIndex = (key: PropertyKey): boolean => {
  if (typeof key !== 'string') return false;
  const first = StringPrototypeCharCodeAt(key, 0);
  return first >= 48 && first <= 57;
};

/** The items of an array or typed array, runs of holes as one, then its other properties. */
const items = (it: Inspection, value: object, length: number): string[] => {
  const parts: string[] = [];
  let at = 0;
  while (at < length && parts.length < MAX_ITEMS && it.left > 0) {
    const found = ReflectGetOwnPropertyDescriptor(value, at);
    if (found !== undefined) {
      ArrayPrototypePush(parts, propertyText(it, found));
      at++;
      continue;
    }
    const start = at;
    const end = length - at > MAX_SEARCHED ? at + MAX_SEARCHED : length;
    while (at < end && ReflectGetOwnPropertyDescriptor(value, at) === undefined) at++;
    // Where the search ends without an item, the rest counts as empty.
    if (at === end) at = length;
    ArrayPrototypePush(parts, paint(`<${at - start} empty item${at - start === 1 ? '' : 's'}>`, 'undefined', it.colors));
  }
  if (at < length) ArrayPrototypePush(parts, more(length - at));
  return length > MAX_SEARCHED ? parts : properties(it, value, isIndex, parts);
};

const mapParts = (it: Inspection, value: Map<unknown, unknown>): string[] => {
  const parts: string[] = [];
  MapPrototypeForEach(value, (item, key) => {
    if (parts.length < MAX_ITEMS && it.left > 0) ArrayPrototypePush(parts, `${inner(it, key)} => ${inner(it, item)}`);
  });
  const rest = MapPrototypeGetSize(value) - parts.length;
  if (rest > 0) ArrayPrototypePush(parts, more(rest));
  return properties(it, value, undefined, parts);
};

const setParts = (it: Inspection, value: Set<unknown>): string[] => {
  const parts: string[] = [];
  SetPrototypeForEach(value, (item) => {
    if (parts.length < MAX_ITEMS && it.left > 0) ArrayPrototypePush(parts, inner(it, item));
  });
  const rest = SetPrototypeGetSize(value) - parts.length;
  if (rest > 0) ArrayPrototypePush(parts, more(rest));
  return properties(it, value, undefined, parts);
};

const bufferParts = (it: Inspection, value: ArrayBuffer): string[] => {
  if (ArrayBufferPrototypeGetDetached(value)) return ['(detached)', 'byteLength: 0'];
  const length = ArrayBufferPrototypeGetByteLength(value);
  const shown = length < 50 ? length : 50;
  const bytes = new Uint8ArrayCtor(value, 0, shown);
  let text = '';
  for (let i = 0; i < shown; i++) text += (i === 0 ? '' : ' ') + StringPrototypePadStart(NumberPrototypeToString(bytes[i] as number, 16), 2, '0');
  if (length > shown) text += ` ${more(length - shown, 'byte')}`;
  return properties(it, value, undefined, [`${paint('[Uint8Contents]', 'special', it.colors)}: <${text}>`, `byteLength: ${inner(it, length)}`]);
};

const viewBody = (it: Inspection, value: ArrayBufferView, title: string): Body => {
  if (TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined) {
    const length = TypedArrayPrototypeGetLength(value);
    return { prefix: `${title}(${length})`, open: '[', close: ']', parts: items(it, value, length), fill: true };
  }
  let parts: string[];
  try {
    parts = [`byteLength: ${inner(it, DataViewPrototypeGetByteLength(value))}`, `byteOffset: ${inner(it, DataViewPrototypeGetByteOffset(value))}`];
  } catch {
    parts = ['(out of bounds)'];
  }
  return { prefix: title, open: '{', close: '}', parts: properties(it, value, undefined, parts), fill: false };
};
