/**
 * FinalizationRegistry, whose callbacks are never called.
 *
 * V8 would call them in a task of its own, outside of any turn: no event would pay for them and no limit
 * stop them, so that an endless loop in one would keep its thread for ever. The language lets an
 * implementation never call them. @see https://tc39.es/ecma262/#sec-weakref-execution
 */
import { ObjectDefineProperty, SymbolToStringTag, TypeErrorCtor } from '../primordials.ts';
import { illegalInvocation, isObject } from '../webidl.ts';

/** https://tc39.es/ecma262/#sec-canbeheldweakly, but for symbols */
const canBeHeldWeakly = (value: unknown): boolean => isObject(value) || typeof value === 'symbol';

class FinalizationRegistry {
  #isRegistry = true;

  constructor(cleanup: unknown) {
    if (typeof cleanup !== 'function') throw new TypeErrorCtor('FinalizationRegistry: cleanup must be callable');
  }

  register(target: unknown, held: unknown): void {
    if (!isObject(this) || !(#isRegistry in this)) throw illegalInvocation();
    if (!canBeHeldWeakly(target)) throw new TypeErrorCtor('FinalizationRegistry.prototype.register: invalid target');
    if (target === held) throw new TypeErrorCtor('FinalizationRegistry.prototype.register: target and holdings must not be same');
  }

  unregister(token: unknown): boolean {
    if (!isObject(this) || !(#isRegistry in this)) throw illegalInvocation();
    if (!canBeHeldWeakly(token)) throw new TypeErrorCtor('Invalid unregisterToken');
    return false;
  }
}
ObjectDefineProperty(FinalizationRegistry.prototype, SymbolToStringTag, { value: 'FinalizationRegistry', configurable: true });

/** Puts it in the place of V8's. Call once, before tenant code. */
export function replaceFinalizationRegistry(global: object): void {
  ObjectDefineProperty(global, 'FinalizationRegistry', { value: FinalizationRegistry, writable: true, enumerable: false, configurable: true });
}
