/**
 * Performance: time since the isolate's clock was started, and marks in it.
 *
 * The host decides how far time advances (`setClock` in clock.ts). What the methods for marks and
 * measures do is in performance-timing.ts, which is a chunk of its own.
 *
 * @see https://w3c.github.io/hr-time/#sec-performance
 */
import { chunk } from '../link.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { relativeNow, timeOrigin } from './clock.ts';
import { EventTarget } from './event-target.ts';
import type { PerformanceEntry } from './performance-entry.ts';

const INTERNAL = {};

export class Performance extends EventTarget {
  readonly #brand = true;

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    super();
  }

  static #check(self: unknown): void {
    if (!isObject(self) || !(#brand in self)) throw illegalInvocation();
  }

  now(): number {
    Performance.#check(this);
    return relativeNow();
  }

  get timeOrigin(): number {
    Performance.#check(this);
    return timeOrigin();
  }

  toJSON(): object {
    Performance.#check(this);
    return { timeOrigin: timeOrigin() };
  }

  mark(markName: unknown, markOptions: unknown = undefined): PerformanceEntry {
    Performance.#check(this);
    requireArguments(arguments.length, 1, "Failed to execute 'mark' on 'Performance'");
    return chunk('user-timing').mark(markName, markOptions);
  }

  measure(measureName: unknown, startOrMeasureOptions: unknown = undefined, endMark: unknown = undefined): PerformanceEntry {
    Performance.#check(this);
    requireArguments(arguments.length, 1, "Failed to execute 'measure' on 'Performance'");
    return chunk('user-timing').measure(measureName, startOrMeasureOptions, endMark);
  }

  clearMarks(markName: unknown = undefined): void {
    Performance.#check(this);
    chunk('user-timing').clear('mark', markName);
  }

  clearMeasures(measureName: unknown = undefined): void {
    Performance.#check(this);
    chunk('user-timing').clear('measure', measureName);
  }

  getEntries(): PerformanceEntry[] {
    Performance.#check(this);
    return chunk('user-timing').allEntries();
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    Performance.#check(this);
    requireArguments(arguments.length, 1, "Failed to execute 'getEntriesByType' on 'Performance'");
    return chunk('user-timing').entriesByType(type);
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    Performance.#check(this);
    requireArguments(arguments.length, 1, "Failed to execute 'getEntriesByName' on 'Performance'");
    return chunk('user-timing').entriesByName(name, type);
  }
}

defineInterface(Performance, 'Performance');

/** The one instance, as `globalThis.performance`. */
export const performance = new Performance(INTERNAL);
