/**
 * `iterable<K, V>`: entries, keys, values, forEach and the iterator objects of an interface that is a list of pairs.
 *
 * Contract: the list is asked for anew at each step, so that a change during iteration is seen as Web IDL asks.
 *
 * @see https://webidl.spec.whatwg.org/#js-iterable
 */
import { FunctionPrototypeCall, IteratorPrototype, ObjectDefineProperties, ObjectSetPrototypeOf, SymbolIterator, SymbolToStringTag } from '../primordials.ts';
import { argument, callback, illegalInvocation, isObject, requireArguments } from '../webidl.ts';

type Kind = 'entries' | 'keys' | 'values';

/**
 * Defines the members on the class's prototype. Call before `defineInterface`.
 * @param pairs the current pairs of a branded object
 */
export function createPairIterators<K, V>(
  constructor: { prototype: object },
  name: string,
  isBranded: (value: unknown) => boolean,
  pairs: (value: unknown) => readonly (readonly [K, V])[],
): void {
  class PairIterator {
    #target: unknown;
    #kind: Kind;
    #index = 0;

    constructor(target: unknown, kind: Kind) {
      this.#target = target;
      this.#kind = kind;
    }

    next(): IteratorResult<K | V | [K, V], undefined> {
      if (!isObject(this) || !(#index in this)) throw illegalInvocation();
      const pair = pairs(this.#target)[this.#index];
      if (pair === undefined) return { value: undefined, done: true };
      this.#index++;
      const kind = this.#kind;
      return { value: kind === 'entries' ? [pair[0], pair[1]] : kind === 'keys' ? pair[0] : pair[1], done: false };
    }
  }
  delete (PairIterator.prototype as { constructor?: unknown }).constructor;
  ObjectSetPrototypeOf(PairIterator.prototype, IteratorPrototype);
  ObjectDefineProperties(PairIterator.prototype, {
    next: { enumerable: true },
    [SymbolToStringTag]: { value: `${name} Iterator`, configurable: true },
  });
  const make = (target: unknown, kind: Kind): object => {
    if (!isBranded(target)) throw illegalInvocation();
    return new PairIterator(target, kind);
  };
  const members = {
    entries(this: unknown): object {
      return make(this, 'entries');
    },
    forEach(this: unknown, fn: unknown, thisArg: unknown = undefined): void {
      if (!isBranded(this)) throw illegalInvocation();
      requireArguments(arguments.length, 1, `${name}.forEach`);
      const typed = callback(fn, argument('forEach', name, 1));
      for (let i = 0; i < pairs(this).length; i++) {
        const pair = pairs(this)[i] as readonly [K, V];
        FunctionPrototypeCall(typed as never, thisArg, pair[1], pair[0], this);
      }
    },
    keys(this: unknown): object {
      return make(this, 'keys');
    },
    values(this: unknown): object {
      return make(this, 'values');
    },
  };
  const method = (value: unknown): PropertyDescriptor => ({ value, enumerable: true, writable: true, configurable: true });
  ObjectDefineProperties(constructor.prototype, {
    entries: method(members.entries),
    forEach: method(members.forEach),
    keys: method(members.keys),
    values: method(members.values),
    [SymbolIterator]: { value: members.entries, writable: true, configurable: true },
  });
}
