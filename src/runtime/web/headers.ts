/**
 * Headers.
 *
 * Contract, binding on changes to this file: names are stored lower-case, in order of arrival. Headers that
 * came over the wire stay the one string they came as until they are touched, and leave as the same string.
 * Departures, as on Workers: values are any text (UTF-8 on the wire), and not bytes; there are no forbidden names (a server may set `cookie` or read `set-cookie`), so
 * only the guards "none", "immutable" and, for requests so made, "request-no-cors" exist; `getAll` is there for `set-cookie`.
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
  MapPrototypeSet,
  StringPrototypeSplit,
  SymbolIterator,
  TypeErrorCtor,
} from '../primordials.ts';
import { DOMString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { checkValue, lowerName, lowerTrusted, valueText } from './header-syntax.ts';
import { readHeadersInit } from './headers-init.ts';
import { createPairIterators } from './pair-iterator.ts';

type Pair = [name: string, value: string];

/**
 * Asked before each change: true leaves the headers as they are without a word.
 * @param value null for a removal
 */
export type Guard = (headers: Headers, lower: string, value: string | null, isAppend: boolean) => boolean;

const immutable: Guard = () => {
  throw new TypeErrorCtor("Can't modify immutable headers.");
};
const CONSTRUCT = "Failed to construct 'Headers'";

/** The brand check. */
export let isHeaders: (value: unknown) => value is Headers;
/** Headers from the host's `name\nvalue\n…` (names in lower case there), parsed when first touched. */
export let headersFromWire: (wire: string, isImmutable: boolean) => Headers;
/** The form the host takes. */
export let headersToWire: (headers: Headers) => string;
/** A copy; one that can be changed, unless the guard is to be kept. */
export let copyHeaders: (headers: Headers, keepGuard: boolean) => Headers;
/** Sets the guard; what is in the headers already stays. */
export let guardHeaders: (headers: Headers, guard: Guard) => void;
/** The target must be empty. */
let fillFromList: (target: Headers, list: string[]) => void;
let fillFromHeaders: (target: Headers, source: Headers) => void;
let readList: (headers: Headers) => string[];
let writableList: (headers: Headers) => string[];
/** Name and value pairs, sorted and combined. */
export let headerPairs: (headers: Headers) => readonly Pair[];

export class Headers {
  /** name, value, name, value…; stale while `#wire` holds. */
  #list: string[] = [];
  /** The headers as they came from the host, not yet parsed. */
  #wire: string | undefined = undefined;
  #guard: Guard | undefined = undefined;
  /** Names sorted and values combined, until the next change. */
  #sorted: Pair[] | undefined = undefined;

  constructor(init: unknown = undefined) {
    if (init !== undefined) fill(this, init, CONSTRUCT);
  }

  append(name: unknown, value: unknown): void {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 2, 'Headers.append');
    const typedName = DOMString(name, argument('append', 'Headers', 1));
    const typedValue = checkValue(valueText(value, argument('append', 'Headers', 2)));
    const lower = lowerName(typedName);
    if (this.#guard?.(this, lower, typedValue, true)) return;
    ArrayPrototypePush(writableList(this), lower, typedValue);
  }

  delete(name: unknown): void {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'Headers.delete');
    const lower = lowerName(DOMString(name, argument('delete', 'Headers', 1)));
    if (this.#guard?.(this, lower, null, false)) return;
    removeHeader(this, lower);
  }

  get(name: unknown): string | null {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'Headers.get');
    return getHeader(this, lowerName(DOMString(name, argument('get', 'Headers', 1))));
  }

  /** As Workers has it: for `set-cookie` only. */
  getAll(name: unknown): string[] {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'Headers.getAll');
    if (lowerName(DOMString(name, argument('getAll', 'Headers', 1))) !== 'set-cookie') {
      throw new TypeErrorCtor('getAll() can only be used with the header name "Set-Cookie".');
    }
    return getHeaderValues(this, 'set-cookie');
  }

  getSetCookie(): string[] {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    return getHeaderValues(this, 'set-cookie');
  }

  has(name: unknown): boolean {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'Headers.has');
    return hasHeader(this, lowerName(DOMString(name, argument('has', 'Headers', 1))));
  }

  set(name: unknown, value: unknown): void {
    if (!isObject(this) || !(#list in this)) throw illegalInvocation();
    requireArguments(arguments.length, 2, 'Headers.set');
    const typedName = DOMString(name, argument('set', 'Headers', 1));
    const typedValue = checkValue(valueText(value, argument('set', 'Headers', 2)));
    const lower = lowerName(typedName);
    if (this.#guard?.(this, lower, typedValue, false)) return;
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
    headersFromWire = (wire: string, isImmutable: boolean): Headers => {
      const headers = new Headers();
      headers.#wire = wire;
      if (isImmutable) headers.#guard = immutable;
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
    fillFromList = (target: Headers, list: string[]): void => {
      target.#list = list;
    };
    fillFromHeaders = (target: Headers, source: Headers): void => {
      target.#wire = source.#wire;
      if (target.#wire === undefined) for (let i = 0; i < source.#list.length; i++) target.#list[i] = source.#list[i] as string;
    };
    copyHeaders = (headers: Headers, keepGuard: boolean): Headers => {
      const copy = new Headers();
      if (keepGuard) copy.#guard = headers.#guard;
      fillFromHeaders(copy, headers);
      return copy;
    };
    guardHeaders = (headers: Headers, guard: Guard): void => {
      headers.#guard = guard;
    };
    headerPairs = (headers: Headers): Pair[] => (headers.#sorted ??= sortAndCombine(readList(headers)));
  }
}

/** The host may not have lowered the names; the values it did check. */
function parseWire(wire: string): string[] {
  const list = StringPrototypeSplit(wire, '\n');
  for (let i = 0; i < list.length; i += 2) list[i] = lowerTrusted(list[i] as string);
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

/** Fills empty headers. */
function fill(headers: Headers, init: unknown, context: string): void {
  if (!isObject(init)) throw new TypeErrorCtor(`${context}: parameter 1 is not a sequence of pairs or a record of strings.`);
  const method = (init as Record<symbol, unknown>)[SymbolIterator];
  if (isHeaders(init) && method === entriesMethod) fillFromHeaders(headers, init);
  else fillFromList(headers, readHeadersInit(init, method, context));
}

/** Converts a HeadersInit member of a dictionary. */
export function headersFromInit(init: unknown, context: string): Headers {
  const headers = new Headers();
  fill(headers, init, context);
  return headers;
}

createPairIterators<string, string>(
  Headers,
  'Headers',
  (value) => isHeaders(value),
  (value) => headerPairs(value as Headers),
);
const entriesMethod = (Headers.prototype as unknown as Record<symbol, unknown>)[SymbolIterator];
defineInterface(Headers, 'Headers');
