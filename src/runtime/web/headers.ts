/**
 * Headers.
 *
 * Contract, binding on changes to this file: names are stored lower-case, in order of arrival. Headers that
 * came over the wire stay the one string they came as until they are touched, and leave as the same string.
 * Departures, as on Workers: there are no forbidden names (a server may set `cookie` or read `set-cookie`), so
 * only the guards "none" and "immutable" exist; `getAll` is there for `set-cookie`.
 *
 * @see https://fetch.spec.whatwg.org/#headers-class
 * @see https://developers.cloudflare.com/workers/runtime-apis/headers/
 */
import {
  ArrayPrototypePush,
  ArrayPrototypeSort,
  ArrayPrototypeSplice,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  ObjectPrototypePropertyIsEnumerable,
  ReflectOwnKeys,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeToLowerCase,
  SymbolIterator,
  TypeErrorCtor,
} from '../primordials.ts';
import { ByteString, DOMString, argument, defineInterface, illegalInvocation, isObject, requireArguments, sequenceFrom } from '../webidl.ts';
import { createPairIterators } from './pair-iterator.ts';

type Pair = [name: string, value: string];

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const NOT_VALUE = /[^\x01-\t\x0b\f\x0e-\xff]/;
const IMMUTABLE = "Can't modify immutable headers.";
const CONSTRUCT = "Failed to construct 'Headers'";

/** Names already checked and lowered. Bounded, so that no tenant can make it grow. */
const knownNames = new MapCtor<string, string>();
const KNOWN_NAMES_MOST = 256;

/** Checks a name and returns it in lower case. @see https://fetch.spec.whatwg.org/#header-name */
function lowerName(name: string): string {
  const known = MapPrototypeGet(knownNames, name);
  if (known !== undefined) return known;
  if (name === '' || RegExpPrototypeExec(NOT_TOKEN, name) !== null) throw new TypeErrorCtor(`Invalid header name: ${name}`);
  const lower = StringPrototypeToLowerCase(name);
  if (name.length < 64 && MapPrototypeGetSize(knownNames) < KNOWN_NAMES_MOST) MapPrototypeSet(knownNames, name, lower);
  return lower;
}

const isWhitespace = (unit: number): boolean => unit === 32 || unit === 9 || unit === 10 || unit === 13;

/** Strips whitespace off both ends. @see https://fetch.spec.whatwg.org/#concept-header-value-normalize */
export function normalizeValue(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(StringPrototypeCharCodeAt(value, start))) start++;
  while (end > start && isWhitespace(StringPrototypeCharCodeAt(value, end - 1))) end--;
  return start === 0 && end === value.length ? value : StringPrototypeSlice(value, start, end);
}

/** @see https://fetch.spec.whatwg.org/#header-value */
function checkValue(value: string): string {
  const normalized = normalizeValue(value);
  if (RegExpPrototypeExec(NOT_VALUE, normalized) !== null) throw new TypeErrorCtor(`Invalid header value: ${normalized}`);
  return normalized;
}

/** The brand check. */
export let isHeaders: (value: unknown) => value is Headers;
/** Headers from the host's `name\nvalue\n…` (names in lower case there), parsed when first touched. */
export let headersFromWire: (wire: string, immutable: boolean) => Headers;
/** The form the host takes. */
export let headersToWire: (headers: Headers) => string;
/** A copy; one that can be changed, unless the guard is to be kept. */
export let copyHeaders: (headers: Headers, keepGuard: boolean) => Headers;
let readList: (headers: Headers) => string[];
let writableList: (headers: Headers) => string[];
let sortedPairs: (headers: Headers) => Pair[];

export class Headers {
  /** name, value, name, value…; stale while `#wire` holds. */
  #list: string[] = [];
  /** The headers as they came from the host, not yet parsed. */
  #wire: string | undefined = undefined;
  #immutable = false;
  /** Names sorted and values combined, until the next change. */
  #sorted: Pair[] | undefined = undefined;

  constructor(init: unknown = undefined) {
    if (init !== undefined) fill(this, init, CONSTRUCT);
  }

  append(name: unknown, value: unknown): void {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 2, 'Headers.append');
    const typedName = ByteString(name, argument('append', 'Headers', 1));
    const typedValue = checkValue(ByteString(value, argument('append', 'Headers', 2)));
    const lower = lowerName(typedName);
    if (this.#immutable) throw new TypeErrorCtor(IMMUTABLE);
    ArrayPrototypePush(writableList(this), lower, typedValue);
  }

  delete(name: unknown): void {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 1, 'Headers.delete');
    const lower = lowerName(ByteString(name, argument('delete', 'Headers', 1)));
    if (this.#immutable) throw new TypeErrorCtor(IMMUTABLE);
    removeHeader(this, lower);
  }

  get(name: unknown): string | null {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 1, 'Headers.get');
    return getHeader(this, lowerName(ByteString(name, argument('get', 'Headers', 1))));
  }

  /** As Workers has it: for `set-cookie` only. */
  getAll(name: unknown): string[] {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 1, 'Headers.getAll');
    if (lowerName(ByteString(name, argument('getAll', 'Headers', 1))) !== 'set-cookie') {
      throw new TypeErrorCtor('getAll() can only be used with the header name "Set-Cookie".');
    }
    return getHeaderValues(this, 'set-cookie');
  }

  getSetCookie(): string[] {
    if (!(#list in this)) throw illegalInvocation('Headers');
    return getHeaderValues(this, 'set-cookie');
  }

  has(name: unknown): boolean {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 1, 'Headers.has');
    return hasHeader(this, lowerName(ByteString(name, argument('has', 'Headers', 1))));
  }

  set(name: unknown, value: unknown): void {
    if (!(#list in this)) throw illegalInvocation('Headers');
    requireArguments(arguments.length, 2, 'Headers.set');
    const typedName = ByteString(name, argument('set', 'Headers', 1));
    const typedValue = checkValue(ByteString(value, argument('set', 'Headers', 2)));
    const lower = lowerName(typedName);
    if (this.#immutable) throw new TypeErrorCtor(IMMUTABLE);
    setHeader(this, lower, typedValue);
  }

  static {
    isHeaders = (value: unknown): value is Headers => isObject(value) && #list in value;
    readList = (headers: Headers): string[] => {
      const wire = headers.#wire;
      if (wire !== undefined) {
        headers.#wire = undefined;
        headers.#list = wire === '' ? [] : parseWire(wire);
      }
      return headers.#list;
    };
    writableList = (headers: Headers): string[] => {
      headers.#sorted = undefined;
      return readList(headers);
    };
    headersFromWire = (wire: string, immutable: boolean): Headers => {
      const headers = new Headers();
      headers.#wire = wire;
      headers.#immutable = immutable;
      return headers;
    };
    headersToWire = (headers: Headers): string => {
      if (headers.#wire !== undefined) return headers.#wire;
      const list = headers.#list;
      if (list.length === 0) return '';
      let wire = `${list[0]}\n${list[1]}`;
      for (let i = 2; i < list.length; i += 2) wire += `\n${list[i]}\n${list[i + 1]}`;
      return wire;
    };
    copyHeaders = (headers: Headers, keepGuard: boolean): Headers => {
      const copy = new Headers();
      copy.#immutable = keepGuard && headers.#immutable;
      copy.#wire = headers.#wire;
      if (copy.#wire === undefined) for (let i = 0; i < headers.#list.length; i++) copy.#list[i] = headers.#list[i] as string;
      return copy;
    };
    sortedPairs = (headers: Headers): Pair[] => (headers.#sorted ??= sortAndCombine(readList(headers)));
  }
}

/** The host may not have lowered the names; the values it did check. */
function parseWire(wire: string): string[] {
  const list = StringPrototypeSplit(wire, '\n');
  for (let i = 0; i < list.length; i += 2) list[i] = MapPrototypeGet(knownNames, list[i] as string) ?? StringPrototypeToLowerCase(list[i] as string);
  return list;
}

/** Is there a header of this (lower-case) name? */
export function hasHeader(headers: Headers, lower: string): boolean {
  const list = readList(headers);
  for (let i = 0; i < list.length; i += 2) if (list[i] === lower) return true;
  return false;
}

/** All values of a (lower-case) name, combined, or null. @see https://fetch.spec.whatwg.org/#concept-header-list-get */
export function getHeader(headers: Headers, lower: string): string | null {
  const list = readList(headers);
  let value: string | null = null;
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === lower) value = value === null ? (list[i + 1] as string) : `${value}, ${list[i + 1]}`;
  }
  return value;
}

/** The values of a (lower-case) name, one by one. */
export function getHeaderValues(headers: Headers, lower: string): string[] {
  const list = readList(headers);
  const values: string[] = [];
  for (let i = 0; i < list.length; i += 2) if (list[i] === lower) ArrayPrototypePush(values, list[i + 1] as string);
  return values;
}

/** Sets a checked header, in place of the first of its name. The guard is not asked. */
export function setHeader(headers: Headers, lower: string, value: string): void {
  const list = writableList(headers);
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== lower) continue;
    list[i + 1] = value;
    removeFrom(list, lower, i + 2);
    return;
  }
  ArrayPrototypePush(list, lower, value);
}

/** Removes every header of a (lower-case) name. The guard is not asked. */
export function removeHeader(headers: Headers, lower: string): void {
  removeFrom(writableList(headers), lower, 0);
}

function removeFrom(list: string[], lower: string, start: number): void {
  for (let i = start; i < list.length; ) {
    if (list[i] === lower) ArrayPrototypeSplice(list, i, 2);
    else i += 2;
  }
}

/** @see https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine */
function sortAndCombine(list: string[]): Pair[] {
  const pairs: Pair[] = [];
  const places = new MapCtor<string, Pair>();
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const earlier = name === 'set-cookie' ? undefined : MapPrototypeGet(places, name);
    if (earlier !== undefined) {
      earlier[1] = `${earlier[1]}, ${value}`;
      continue;
    }
    const pair: Pair = [name, value];
    MapPrototypeSet(places, name, pair);
    ArrayPrototypePush(pairs, pair);
  }
  // The sort is stable: cookies keep their order.
  return ArrayPrototypeSort(pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

/**
 * Fills empty headers from a HeadersInit: a sequence of pairs or a record.
 * Everything is converted before anything is checked, as the two algorithms are two.
 * @see https://fetch.spec.whatwg.org/#concept-headers-fill
 */
function fill(headers: Headers, init: unknown, context: string): void {
  if (!isObject(init)) throw new TypeErrorCtor(`${context}: parameter 1 is not a sequence of pairs or a record of strings.`);
  const method = (init as Record<symbol, unknown>)[SymbolIterator];
  if (isHeaders(init) && method === entriesMethod) {
    const source = readList(init);
    const list = readList(headers);
    for (let i = 0; i < source.length; i++) list[i] = source[i] as string;
    return;
  }
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
  const target = readList(headers);
  for (let i = 0; i < list.length; i += 2) {
    target[i] = lowerName(list[i] as string);
    target[i + 1] = clean ? normalizeValue(list[i + 1] as string) : checkValue(list[i + 1] as string);
  }
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
    if (typeof key === 'symbol' || MapPrototypeGet(knownNames, key) === undefined) ByteString(key, `${context}: a header name`);
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

/** Converts a HeadersInit member of a dictionary. */
export function headersFromInit(init: unknown, context: string): Headers {
  const headers = new Headers();
  fill(headers, init, context);
  return headers;
}

createPairIterators<string, string>(Headers, 'Headers', (value) => isHeaders(value), (value) => sortedPairs(value as Headers));
const entriesMethod = (Headers.prototype as unknown as Record<symbol, unknown>)[SymbolIterator];
defineInterface(Headers, 'Headers');
