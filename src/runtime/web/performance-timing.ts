/**
 * What Performance does with marks and measures; performance.ts has the methods.
 * @see https://w3c.github.io/user-timing/#extensions-performance-interface
 */
import { TypeErrorCtor } from '../primordials.ts';
import { DOMString, argument, isObject, type Converter } from '../webidl.ts';
import { any, dictionary, double } from '../webidl-types.ts';
import { relativeNow } from './clock.ts';
import { DOMException } from './dom-exception.ts';
import { copyDetail, newMeasure, PerformanceMark, type PerformanceEntry } from './performance-entry.ts';
import { clearEntries, findEntries, latestMark, queueEntry } from './performance-timeline.ts';

const NAME = 'Performance';

/** `(DOMString or DOMHighResTimeStamp)` */
const markOrTime: Converter<string | number> = (value, context) => (typeof value === 'number' ? double(value, context) : DOMString(value, context));

type MeasureOptions = { detail?: unknown; duration?: number; end?: string | number; start?: string | number };
const measureOptions = dictionary<MeasureOptions>('PerformanceMeasureOptions', [
  { key: 'detail', converter: any },
  { key: 'duration', converter: double },
  { key: 'end', converter: markOrTime },
  { key: 'start', converter: markOrTime },
]);

/** @see https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp */
function timeOf(mark: string | number): number {
  if (typeof mark === 'string') {
    const time = latestMark(mark);
    if (time === undefined) throw new DOMException(`Failed to execute 'measure' on 'Performance': The mark '${mark}' does not exist.`, 'SyntaxError');
    return time;
  }
  if (mark < 0) throw new TypeErrorCtor(`Failed to execute 'measure' on 'Performance': The time ${mark} is negative.`);
  return mark;
}

/** @see https://w3c.github.io/user-timing/#mark-method */
export function mark(name: unknown, options: unknown): PerformanceMark {
  const entry = new PerformanceMark(name, options);
  queueEntry(entry);
  return entry;
}

/** @see https://w3c.github.io/user-timing/#measure-method */
export function measure(measureName: unknown, startOrOptions: unknown, end: unknown): PerformanceEntry {
  const name = DOMString(measureName, argument('measure', NAME, 1));
  const isDictionary = startOrOptions === undefined || startOrOptions === null || isObject(startOrOptions);
  const options = isDictionary
    ? measureOptions(startOrOptions, argument('measure', NAME, 2))
    : { start: DOMString(startOrOptions, argument('measure', NAME, 2)) };
  const endMark = end === undefined ? undefined : DOMString(end, argument('measure', NAME, 3));
  const { detail, duration } = options as MeasureOptions;
  const start = options.start;
  const until = (options as MeasureOptions).end;
  if (isDictionary && (start !== undefined || until !== undefined || duration !== undefined || detail !== undefined)) {
    if (endMark !== undefined) throw new TypeErrorCtor("Failed to execute 'measure' on 'Performance': An end mark cannot be given beside options.");
    if (start === undefined && until === undefined)
      throw new TypeErrorCtor("Failed to execute 'measure' on 'Performance': The options have neither start nor end.");
    if (start !== undefined && until !== undefined && duration !== undefined) {
      throw new TypeErrorCtor("Failed to execute 'measure' on 'Performance': The options have start, end and duration.");
    }
  }
  let endTime: number;
  if (endMark !== undefined) endTime = timeOf(endMark);
  else if (until !== undefined) endTime = timeOf(until);
  else if (start !== undefined && duration !== undefined) endTime = timeOf(start) + timeOf(duration);
  else endTime = relativeNow();
  let startTime = 0;
  if (start !== undefined) startTime = timeOf(start);
  else if (duration !== undefined) startTime = endTime - timeOf(duration);
  const entry = newMeasure(name, startTime, endTime, copyDetail(detail));
  queueEntry(entry);
  return entry;
}

/** @see https://w3c.github.io/user-timing/#clearmarks-method */
export function clear(type: 'mark' | 'measure', name: unknown): void {
  clearEntries(type, name === undefined ? undefined : DOMString(name, argument(type === 'mark' ? 'clearMarks' : 'clearMeasures', NAME, 1)));
}

/** @see https://w3c.github.io/performance-timeline/#getentriesbyname-method */
export function entriesByName(name: unknown, type: unknown): PerformanceEntry[] {
  const wanted = DOMString(name, argument('getEntriesByName', NAME, 1));
  return findEntries(wanted, type === undefined ? undefined : DOMString(type, argument('getEntriesByName', NAME, 2)));
}

/** @see https://w3c.github.io/performance-timeline/#getentriesbytype-method */
export function entriesByType(type: unknown): PerformanceEntry[] {
  return findEntries(undefined, DOMString(type, argument('getEntriesByType', NAME, 1)));
}

export const allEntries = (): PerformanceEntry[] => findEntries();
