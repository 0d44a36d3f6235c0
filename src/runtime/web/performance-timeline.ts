/**
 * The performance timeline: the entries there are, and who is told of new ones.
 *
 * Contract: at most MAX_ENTRIES are kept, and the oldest go first: an isolate outlives many requests,
 * and its newest marks are those that are measured. (The standard lets entries in until a buffer is
 * full.) Observers are called in a microtask, so that they hear of what happens at the end of an event.
 *
 * @see https://w3c.github.io/performance-timeline/
 */
import {
  ArrayPrototypeFilter,
  ArrayPrototypeIndexOf,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSort,
  ArrayPrototypeSplice,
  FunctionPrototypeCall,
  PromisePrototypeThen,
  PromiseResolve,
} from '../primordials.ts';
import { entryState, type PerformanceEntry } from './performance-entry.ts';
import { reportException } from './report-error.ts';

/** Marks and measures that are kept. */
const MAX_ENTRIES = 10_000;

let entries: PerformanceEntry[] = [];
/** Entries that have gone since, by type. */
const dropped = { mark: 0, measure: 0 };

/** What the timeline needs of a PerformanceObserver. */
export type Registration = {
  types: string[];
  waiting: PerformanceEntry[];
  needsDroppedCount: boolean;
  notify: (entries: PerformanceEntry[], options: { droppedEntriesCount?: number }) => void;
};
const observers: Registration[] = [];
let isTaskQueued = false;

export const isSupportedType = (type: string): boolean => type === 'mark' || type === 'measure';

/** In the order of their start. @see https://w3c.github.io/performance-timeline/#filter-buffer-by-name-and-type-algorithm */
export function filterEntries(list: readonly PerformanceEntry[], name: string | undefined, type: string | undefined): PerformanceEntry[] {
  const found = ArrayPrototypeFilter(list, (entry) => {
    const state = entryState(entry);
    return (name === undefined || state.name === name) && (type === undefined || state.type === type);
  });
  return ArrayPrototypeSort(found, (a, b) => entryState(a).start - entryState(b).start);
}

/** The entries kept, in the order of their start. */
export const findEntries = (name?: string, type?: string): PerformanceEntry[] => filterEntries(entries, name, type);

/** The start of the most recent mark of this name. */
export function latestMark(name: string): number | undefined {
  for (let i = entries.length - 1; i >= 0; i--) {
    const state = entryState(entries[i]);
    if (state.type === 'mark' && state.name === name) return state.start;
  }
  return undefined;
}

/** Forgets entries of a type, or those of them with this name. */
export function clearEntries(type: string, name: string | undefined): void {
  entries = ArrayPrototypeFilter(entries, (entry) => {
    const state = entryState(entry);
    return state.type !== type || (name !== undefined && state.name !== name);
  });
}

/** @see https://w3c.github.io/performance-timeline/#queue-a-performanceentry */
export function queueEntry(entry: PerformanceEntry): void {
  const { type } = entryState(entry);
  let isWanted = false;
  for (let i = 0; i < observers.length; i++) {
    const observer = observers[i] as Registration;
    if (ArrayPrototypeIndexOf(observer.types, type) < 0) continue;
    ArrayPrototypePush(observer.waiting, entry);
    isWanted = true;
  }
  if (entries.length >= MAX_ENTRIES) {
    // A tenth at a time, lest every entry shifts all others.
    const gone = ArrayPrototypeSplice(entries, 0, MAX_ENTRIES / 10);
    for (let i = 0; i < gone.length; i++) dropped[entryState(gone[i]).type as keyof typeof dropped]++;
  }
  ArrayPrototypePush(entries, entry);
  if (isWanted) queueTask();
}

/** @see https://w3c.github.io/performance-timeline/#queue-the-performanceobserver-task */
function queueTask(): void {
  if (isTaskQueued) return;
  isTaskQueued = true;
  PromisePrototypeThen(PromiseResolve(undefined), () => {
    isTaskQueued = false;
    const list = ArrayPrototypeSlice(observers);
    for (let i = 0; i < list.length; i++) notify(list[i] as Registration);
  });
}

function notify(observer: Registration): void {
  if (observer.waiting.length === 0) return;
  const waiting = takeWaiting(observer);
  const options: { droppedEntriesCount?: number } = {};
  if (observer.needsDroppedCount) {
    observer.needsDroppedCount = false;
    let count = 0;
    for (let i = 0; i < observer.types.length; i++) count += dropped[observer.types[i] as keyof typeof dropped];
    options.droppedEntriesCount = count;
  }
  try {
    FunctionPrototypeCall(observer.notify as never, undefined, waiting, options);
  } catch (error) {
    reportException(error);
  }
}

/** The entries that an observer has not been told of; it will not be. */
export function takeWaiting(observer: Registration): PerformanceEntry[] {
  const { waiting } = observer;
  observer.waiting = [];
  return waiting;
}

/** Tells an observer of entries from now on. */
export function register(observer: Registration): void {
  if (ArrayPrototypeIndexOf(observers, observer) < 0) ArrayPrototypePush(observers, observer);
}

/** Tells it of those there are already. */
export function replay(observer: Registration, type: string): void {
  const found = findEntries(undefined, type);
  for (let i = 0; i < found.length; i++) ArrayPrototypePush(observer.waiting, found[i] as PerformanceEntry);
  queueTask();
}

export function unregister(observer: Registration): void {
  const at = ArrayPrototypeIndexOf(observers, observer);
  if (at >= 0) ArrayPrototypeSplice(observers, at, 1);
  observer.waiting = [];
  observer.types = [];
}
