/**
 * HeadersInit: a sequence of pairs or a record.
 * @see https://fetch.spec.whatwg.org/#typedefdef-headersinit
 */
import { ArrayPrototypePush, ObjectPrototypePropertyIsEnumerable, ReflectOwnKeys, RegExpPrototypeExec, SymbolIterator, TypeErrorCtor } from '../primordials.ts';
import { ByteString, DOMString, isObject } from '../webidl.ts';
import { sequenceFrom } from '../webidl-types.ts';
import { NOT_VALUE, checkValue, isKnownName, lowerName, normalizeValue } from './header-syntax.ts';

/**
 * The names (in lower case) and values of a HeadersInit, one after the other. Everything is converted before anything
 * is checked, as the two algorithms are two.
 * @param method what the object's Symbol.iterator is: it must be read once only
 * @see https://fetch.spec.whatwg.org/#concept-headers-fill
 */
export function readHeadersInit(init: object, method: unknown, context: string): string[] {
  const list: string[] = [];
  let clean = false;
  if (method !== undefined && method !== null) {
    if (typeof method !== 'function') throw new TypeErrorCtor(`${context}: parameter 1 is not iterable.`);
    const pairs = sequenceFrom(init, method as () => unknown, innerPair, `${context}: parameter 1`);
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as string[];
      if (pair.length !== 2) throw new TypeErrorCtor(`${context}: each pair must have a name and a value, and nothing else.`);
      ArrayPrototypePush(list, pair[0] as string, pair[1] as string);
    }
  } else clean = convertRecord(list, init, context);
  for (let i = 0; i < list.length; i += 2) {
    list[i] = lowerName(list[i] as string);
    list[i + 1] = clean ? normalizeValue(list[i + 1] as string) : checkValue(list[i + 1] as string);
  }
  return list;
}

const innerPair = (value: unknown, context: string): string[] => {
  if (!isObject(value)) throw new TypeErrorCtor(`${context} is not a pair.`);
  const method = (value as Record<symbol, unknown>)[SymbolIterator];
  if (typeof method !== 'function') throw new TypeErrorCtor(`${context} is not iterable.`);
  return sequenceFrom(value, method as () => unknown, ByteString, context);
};

/**
 * record<ByteString, ByteString>. `propertyIsEnumerable` performs exactly the [[GetOwnProperty]] that Web IDL
 * asks for, without making a descriptor.
 * @returns whether every value is known to be valid
 * @see https://webidl.spec.whatwg.org/#js-record
 */
function convertRecord(list: string[], init: object, context: string): boolean {
  let clean = true;
  const keys = ReflectOwnKeys(init);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (!ObjectPrototypePropertyIsEnumerable(init, key)) continue;
    // A token is certainly a byte string; only what is none needs the slower look.
    if (typeof key === 'symbol' || !isKnownName(key)) ByteString(key, `${context}: a header name`);
    const value = (init as Record<string, unknown>)[key];
    const text = typeof value === 'string' ? value : DOMString(value, `${context}: value of "${key}"`);
    if (RegExpPrototypeExec(NOT_VALUE, text) !== null) {
      ByteString(text, `${context}: value of "${key}"`);
      clean = false;
    }
    ArrayPrototypePush(list, key, text);
  }
  return clean;
}
