/**
 * ByteLengthQueuingStrategy and CountQueuingStrategy.
 * @see https://streams.spec.whatwg.org/#qs
 */
import { ObjectDefineProperty } from '../../primordials.ts';
import { defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { dictionary, unrestrictedDouble } from '../../webidl-types.ts';

const queuingStrategyInit = dictionary<{ highWaterMark: number }>('QueuingStrategyInit', [
  { key: 'highWaterMark', converter: unrestrictedDouble, required: true },
]);

function initHighWaterMark(given: number, init: unknown, name: string): number {
  requireArguments(given, 1, `Failed to construct '${name}'`);
  return queuingStrategyInit(init, `Failed to construct '${name}': parameter 1`).highWaterMark;
}

// One function each for all instances; arrow functions are no constructors, as the specification has it.
const byteLengthSize = (chunk: { byteLength: unknown }): unknown => chunk.byteLength;
const countSize = (): number => 1;
ObjectDefineProperty(byteLengthSize, 'name', { value: 'size', configurable: true });
ObjectDefineProperty(countSize, 'name', { value: 'size', configurable: true });

/** @see https://streams.spec.whatwg.org/#blqs-class */
export class ByteLengthQueuingStrategy {
  #highWaterMark: number;

  constructor(init: unknown) {
    this.#highWaterMark = initHighWaterMark(arguments.length, init, 'ByteLengthQueuingStrategy');
  }

  get highWaterMark(): number {
    if (!isObject(this) || !(#highWaterMark in this)) throw illegalInvocation();
    return this.#highWaterMark;
  }

  get size(): (chunk: { byteLength: unknown }) => unknown {
    if (!isObject(this) || !(#highWaterMark in this)) throw illegalInvocation();
    return byteLengthSize;
  }
}

/** @see https://streams.spec.whatwg.org/#cqs-class */
export class CountQueuingStrategy {
  #highWaterMark: number;

  constructor(init: unknown) {
    this.#highWaterMark = initHighWaterMark(arguments.length, init, 'CountQueuingStrategy');
  }

  get highWaterMark(): number {
    if (!isObject(this) || !(#highWaterMark in this)) throw illegalInvocation();
    return this.#highWaterMark;
  }

  get size(): () => number {
    if (!isObject(this) || !(#highWaterMark in this)) throw illegalInvocation();
    return countSize;
  }
}

defineInterface(ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy');
defineInterface(CountQueuingStrategy, 'CountQueuingStrategy');
