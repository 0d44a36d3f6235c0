/**
 * PerformanceObserver and what it is handed.
 * @see https://w3c.github.io/performance-timeline/#the-performanceobserver-interface
 */
import { ArrayPrototypeFilter, ArrayPrototypeIndexOf, ArrayPrototypePush, FunctionPrototypeCall, ObjectFreeze, TypeErrorCtor } from '../primordials.ts';
import { DOMString, argument, callback, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { boolean, dictionary, sequence } from '../webidl-types.ts';
import { DOMException } from './dom-exception.ts';
import type { PerformanceEntry } from './performance-entry.ts';
import { filterEntries, isSupportedType, register, replay, takeWaiting, unregister, type Registration } from './performance-timeline.ts';

const INTERNAL = {};

export class PerformanceObserverEntryList {
  readonly #entries: readonly PerformanceEntry[];

  constructor(token: unknown = undefined, entries: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#entries = entries as PerformanceEntry[];
  }

  getEntries(): PerformanceEntry[] {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    return filterEntries(this.#entries, undefined, undefined);
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'getEntriesByType' on 'PerformanceObserverEntryList'");
    return filterEntries(this.#entries, undefined, DOMString(type, argument('getEntriesByType', 'PerformanceObserverEntryList', 1)));
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'getEntriesByName' on 'PerformanceObserverEntryList'");
    const wanted = DOMString(name, argument('getEntriesByName', 'PerformanceObserverEntryList', 1));
    return filterEntries(
      this.#entries,
      wanted,
      type === undefined ? undefined : DOMString(type, argument('getEntriesByName', 'PerformanceObserverEntryList', 2)),
    );
  }
}

const observerInit = dictionary<{ buffered?: boolean; entryTypes?: string[]; type?: string }>('PerformanceObserverInit', [
  { key: 'buffered', converter: boolean },
  { key: 'entryTypes', converter: sequence(DOMString) },
  { key: 'type', converter: DOMString },
]);

const SUPPORTED: readonly string[] = ObjectFreeze(['mark', 'measure']);

export class PerformanceObserver {
  readonly #registration: Registration;
  #mode: 'single' | 'multiple' | undefined;

  constructor(given: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'PerformanceObserver'");
    const call = callback(given, "Failed to construct 'PerformanceObserver': parameter 1");
    this.#registration = {
      types: [],
      waiting: [],
      needsDroppedCount: false,
      notify: (entries, options) => FunctionPrototypeCall(call as never, this, new PerformanceObserverEntryList(INTERNAL, entries), this, options),
    };
  }

  static get supportedEntryTypes(): readonly string[] {
    return SUPPORTED;
  }

  /** @see https://w3c.github.io/performance-timeline/#dom-performanceobserver-observe */
  observe(options: unknown = undefined): void {
    if (!isObject(this) || !(#registration in this)) throw illegalInvocation();
    const { buffered, entryTypes, type } = observerInit(options, argument('observe', 'PerformanceObserver', 1));
    if (entryTypes === undefined && type === undefined) throw new TypeErrorCtor('PerformanceObserver.observe: one of entryTypes and type must be given.');
    if (entryTypes !== undefined && (type !== undefined || buffered !== undefined)) {
      throw new TypeErrorCtor('PerformanceObserver.observe: no other member can be given beside entryTypes.');
    }
    const mode = entryTypes === undefined ? 'single' : 'multiple';
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw new DOMException('PerformanceObserver.observe: entryTypes and type cannot be used by turns.', 'InvalidModificationError');
    }
    this.#mode = mode;
    const registration = this.#registration;
    registration.needsDroppedCount = true;
    if (entryTypes !== undefined) {
      const known = ArrayPrototypeFilter(entryTypes, isSupportedType);
      if (known.length === 0) return;
      registration.types = known;
      register(registration);
      return;
    }
    if (type === undefined || !isSupportedType(type)) return;
    if (ArrayPrototypeIndexOf(registration.types, type) < 0) ArrayPrototypePush(registration.types, type);
    register(registration);
    if (buffered === true) replay(registration, type);
  }

  disconnect(): void {
    if (!isObject(this) || !(#registration in this)) throw illegalInvocation();
    unregister(this.#registration);
  }

  takeRecords(): PerformanceEntry[] {
    if (!isObject(this) || !(#registration in this)) throw illegalInvocation();
    return takeWaiting(this.#registration);
  }
}

defineInterface(PerformanceObserverEntryList, 'PerformanceObserverEntryList');
defineInterface(PerformanceObserver, 'PerformanceObserver');
