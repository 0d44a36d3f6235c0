/**
 * URLSearchParams.
 *
 * A URL and its `searchParams` stay in step: every change here is reported to the URL, and the URL
 * hands over the pairs anew when its query changes.
 *
 * @see https://url.spec.whatwg.org/#interface-urlsearchparams
 */
import { differs } from '../../compat.ts';
import { ArrayPrototypePush, ArrayPrototypeSort, StringPrototypeSlice, SymbolIterator, TypeErrorCtor } from '../../primordials.ts';
import { USVString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { record, sequence, sequenceFrom } from '../../webidl-types.ts';
import { type Body, textBody } from '../body.ts';
import { createPairIterators } from '../pair-iterator.ts';
import { parseUrlEncoded, serializeUrlEncoded, type Pair } from './urlencoded.ts';

export { parseUrlEncoded, serializeUrlEncoded } from './urlencoded.ts';

/** The compatibility flag by which a second argument counts. */
const HEEDS_VALUE = 'urlsearchparams_delete_has_value_arg';
const NAME = 'URLSearchParams';
const CONTEXT = "Failed to construct 'URLSearchParams'";
const toStrings = sequence(USVString);
const toRecord = record(USVString, USVString);

/** The union of the constructor's first argument. */
function pairsFrom(init: unknown): Pair[] {
  if (isObject(init)) {
    const method = (init as Record<symbol, unknown>)[SymbolIterator];
    if (method === undefined || method === null) return toRecord(init, CONTEXT);
    if (typeof method !== 'function') throw new TypeErrorCtor(`${CONTEXT}: the object's iterator is not a function.`);
    const pairs = sequenceFrom(init, method as () => unknown, toStrings, CONTEXT);
    for (let i = 0; i < pairs.length; i++) {
      if ((pairs[i] as string[]).length !== 2) throw new TypeErrorCtor(`${CONTEXT}: each query pair must be an iterable [name, value] tuple`);
    }
    return pairs as Pair[];
  }
  const text = USVString(init, CONTEXT);
  return parseUrlEncoded(text[0] === '?' ? StringPrototypeSlice(text, 1) : text);
}

let pairsOf: (params: URLSearchParams) => Pair[];
let link: (params: URLSearchParams, changed: () => void) => void;
let replace: (params: URLSearchParams, pairs: Pair[]) => void;
let isBranded: (value: unknown) => value is URLSearchParams;

export class URLSearchParams {
  #pairs: Pair[];
  #changed: (() => void) | undefined;

  constructor(init: unknown = '') {
    this.#pairs = pairsFrom(init);
  }

  static {
    pairsOf = (params) => params.#pairs;
    link = (params, changed) => {
      params.#changed = changed;
    };
    replace = (params, pairs) => {
      params.#pairs = pairs;
    };
    isBranded = (value): value is URLSearchParams => isObject(value) && #pairs in value;
  }

  get size(): number {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 2, 'URLSearchParams.append');
    ArrayPrototypePush(this.#pairs, [USVString(name, argument('append', NAME, 1)), USVString(value, argument('append', NAME, 2))]);
    this.#changed?.();
  }

  delete(name: unknown, value: unknown = undefined): void {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'URLSearchParams.delete');
    const key = USVString(name, argument('delete', NAME, 1));
    const only = value === undefined || differs(HEEDS_VALUE) ? undefined : USVString(value, argument('delete', NAME, 2));
    const pairs = this.#pairs;
    let kept = 0;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] !== key || (only !== undefined && pair[1] !== only)) pairs[kept++] = pair;
    }
    pairs.length = kept;
    this.#changed?.();
  }

  get(name: unknown): string | null {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'URLSearchParams.get');
    const key = USVString(name, argument('get', NAME, 1));
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Pair)[0] === key) return (pairs[i] as Pair)[1];
    return null;
  }

  getAll(name: unknown): string[] {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'URLSearchParams.getAll');
    const key = USVString(name, argument('getAll', NAME, 1));
    const pairs = this.#pairs;
    const values: string[] = [];
    for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Pair)[0] === key) ArrayPrototypePush(values, (pairs[i] as Pair)[1]);
    return values;
  }

  has(name: unknown, value: unknown = undefined): boolean {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'URLSearchParams.has');
    const key = USVString(name, argument('has', NAME, 1));
    const only = value === undefined || differs(HEEDS_VALUE) ? undefined : USVString(value, argument('has', NAME, 2));
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] === key && (only === undefined || pair[1] === only)) return true;
    }
    return false;
  }

  set(name: unknown, value: unknown): void {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    requireArguments(arguments.length, 2, 'URLSearchParams.set');
    const key = USVString(name, argument('set', NAME, 1));
    const text = USVString(value, argument('set', NAME, 2));
    const pairs = this.#pairs;
    let kept = 0;
    let isSet = false;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] === key) {
        if (isSet) continue;
        isSet = true;
        pair[1] = text;
      }
      pairs[kept++] = pair;
    }
    pairs.length = kept;
    if (!isSet) ArrayPrototypePush(pairs, [key, text]);
    this.#changed?.();
  }

  sort(): void {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    // `<` on strings compares code units, as asked; sorting is stable.
    ArrayPrototypeSort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed?.();
  }

  toString(): string {
    if (!isObject(this) || !(#pairs in this)) throw illegalInvocation();
    return serializeUrlEncoded(this.#pairs);
  }
}

/** The brand check. */
export const isURLSearchParams: (value: unknown) => value is URLSearchParams = isBranded;

/** As `toString`, without a look at the (patchable) prototype. */
export function serializeSearchParams(params: URLSearchParams): string {
  return serializeUrlEncoded(pairsOf(params));
}

/** Its pairs: read them, do not keep them. */
export const searchParamsPairs = (params: URLSearchParams): readonly (readonly [string, string])[] => pairsOf(params);

/** The body of a URLSearchParams; undefined for anything else. @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract */
export function bodyOfSearchParams(init: object): Body | undefined {
  return isURLSearchParams(init) ? textBody(serializeSearchParams(init), 'application/x-www-form-urlencoded;charset=UTF-8') : undefined;
}

/** The `searchParams` of a URL. @param changed called after every change */
export function createLinkedParams(query: string | null, changed: () => void): URLSearchParams {
  const params = new URLSearchParams();
  setLinkedQuery(params, query);
  link(params, changed);
  return params;
}

/** The URL's query has changed. */
export function setLinkedQuery(params: URLSearchParams, query: string | null): void {
  replace(params, query === null ? [] : parseUrlEncoded(query));
}

createPairIterators(URLSearchParams, NAME, isURLSearchParams, (params) => pairsOf(params as URLSearchParams));
defineInterface(URLSearchParams, NAME);
