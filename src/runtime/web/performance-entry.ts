/**
 * PerformanceEntry and its two kinds, PerformanceMark and PerformanceMeasure.
 * @see https://w3c.github.io/performance-timeline/#the-performanceentry-interface
 * @see https://w3c.github.io/user-timing/#extensions-performance-mark
 */
import { TypeErrorCtor } from '../primordials.ts';
import { DOMString, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { any, dictionary, double } from '../webidl-types.ts';
import { relativeNow } from './clock.ts';
import { structuredClone } from './structured-clone.ts';

type EntryState = { id: number; name: string; type: string; start: number; duration: number };

const INTERNAL = {};
let lastId = 0;
let stateOf: (entry: unknown) => EntryState;

export class PerformanceEntry {
  readonly #state: EntryState;

  static {
    stateOf = (value) => {
      if (!isObject(value) || !(#state in value)) throw illegalInvocation();
      return value.#state;
    };
  }

  constructor(token: unknown = undefined, name = '', type = '', start = 0, duration = 0) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#state = { id: ++lastId, name, type, start, duration };
  }

  get id(): number {
    return stateOf(this).id;
  }

  get name(): string {
    return stateOf(this).name;
  }

  get entryType(): string {
    return stateOf(this).type;
  }

  get startTime(): number {
    return stateOf(this).start;
  }

  get duration(): number {
    return stateOf(this).duration;
  }

  /** There is no navigation here. */
  get navigationId(): number {
    stateOf(this);
    return 0;
  }

  toJSON(): object {
    const { id, name, type, start, duration } = stateOf(this);
    return { id, name, entryType: type, startTime: start, duration, navigationId: 0 };
  }
}

const markOptions = dictionary<{ detail?: unknown; startTime?: number }>('PerformanceMarkOptions', [
  { key: 'detail', converter: any },
  { key: 'startTime', converter: double },
]);

/** A copy of `detail`, so that what happens to the original does not show. */
export const copyDetail = (detail: unknown): unknown => (detail === undefined || detail === null ? null : structuredClone(detail));

export class PerformanceMark extends PerformanceEntry {
  readonly #detail: unknown;

  /** @see https://w3c.github.io/user-timing/#the-performancemark-constructor */
  constructor(markName: unknown, options: unknown = undefined) {
    requireArguments(arguments.length, 1, "Failed to construct 'PerformanceMark'");
    const name = DOMString(markName, "Failed to construct 'PerformanceMark': parameter 1");
    const { detail, startTime } = markOptions(options, "Failed to construct 'PerformanceMark': parameter 2");
    if (startTime !== undefined && startTime < 0) throw new TypeErrorCtor(`The start time ${startTime} of the mark '${name}' is negative.`);
    super(INTERNAL, name, 'mark', startTime ?? relativeNow(), 0);
    this.#detail = copyDetail(detail);
  }

  get detail(): unknown {
    if (!isObject(this) || !(#detail in this)) throw illegalInvocation();
    return this.#detail;
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  readonly #detail: unknown;

  constructor(token: unknown = undefined, name = '', start = 0, end = 0, detail: unknown = null) {
    super(token, name, 'measure', start, end - start);
    this.#detail = detail;
  }

  get detail(): unknown {
    if (!isObject(this) || !(#detail in this)) throw illegalInvocation();
    return this.#detail;
  }
}

defineInterface(PerformanceEntry, 'PerformanceEntry');
defineInterface(PerformanceMark, 'PerformanceMark');
defineInterface(PerformanceMeasure, 'PerformanceMeasure');

/** A measure; `detail` is a copy already. */
export function newMeasure(name: string, start: number, end: number, detail: unknown): PerformanceMeasure {
  return new PerformanceMeasure(INTERNAL, name, start, end, detail);
}

/** What an entry is, without asking its patchable accessors. */
export const entryState = stateOf;
