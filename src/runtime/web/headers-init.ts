/**
 * HeadersInit: a sequence of pairs or a record.
 * @see https://fetch.spec.whatwg.org/#typedefdef-headersinit
 */
import { chunk } from '../link.ts';
import { ArrayPrototypePush, ObjectPrototypePropertyIsEnumerable, ReflectOwnKeys, RegExpPrototypeExec, TypeErrorCtor } from '../primordials.ts';
import { DOMString } from '../webidl.ts';
import { NOT_PLAIN, checkValue, lowerName, normalizeValue, valueText } from './header-syntax.ts';

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
    chunk('base').convertPairs(list, init, method as () => unknown, context);
  } else clean = convertRecord(list, init, context);
  for (let i = 0; i < list.length; i += 2) {
    list[i] = lowerName(list[i] as string);
    list[i + 1] = clean ? normalizeValue(list[i + 1] as string) : checkValue(list[i + 1] as string);
  }
  return list;
}

const NOT_BYTE_STRING = /[^\0-\xff]/;

/**
 * record<ByteString, ByteString>, with values as in Headers. `propertyIsEnumerable` performs exactly the [[GetOwnProperty]] that Web IDL
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
    if (typeof key === 'symbol' || RegExpPrototypeExec(NOT_BYTE_STRING, key) !== null) throw new TypeErrorCtor(`${context}: invalid header name.`);
    const value = (init as Record<string, unknown>)[key];
    let text = typeof value === 'string' ? value : DOMString(value, `${context}: value of "${key}"`);
    if (RegExpPrototypeExec(NOT_PLAIN, text) !== null) {
      text = valueText(text, `${context}: value of "${key}"`);
      clean = false;
    }
    ArrayPrototypePush(list, key, text);
  }
  return clean;
}
