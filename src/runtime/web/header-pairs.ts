/**
 * HeadersInit as a sequence of pairs.
 * @see https://fetch.spec.whatwg.org/#typedefdef-headersinit
 */
import { ArrayPrototypePush, SymbolIterator, TypeErrorCtor } from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { valueText } from './header-syntax.ts';
import { sequenceFrom } from '../webidl-types.ts';

/** Converts pairs and adds the names and values to `list`, one after the other. @param method their iterator method */
export function convertPairs(list: string[], init: object, method: () => unknown, context: string): void {
  const pairs = sequenceFrom(init, method, innerPair, `${context}: parameter 1`);
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as string[];
    if (pair.length !== 2) throw new TypeErrorCtor(`${context}: each pair must have a name and a value, and nothing else.`);
    ArrayPrototypePush(list, pair[0] as string, pair[1] as string);
  }
}

const innerPair = (value: unknown, context: string): string[] => {
  if (!isObject(value)) throw new TypeErrorCtor(`${context} is not a pair.`);
  const method = (value as Record<symbol, unknown>)[SymbolIterator];
  if (typeof method !== 'function') throw new TypeErrorCtor(`${context} is not iterable.`);
  return sequenceFrom(value, method as () => unknown, valueText, context);
};
