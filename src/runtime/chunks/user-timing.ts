/** Marks, measures and who observes them. */
import { PerformanceEntry, PerformanceMark, PerformanceMeasure } from '../web/performance-entry.ts';
import { PerformanceObserver, PerformanceObserverEntryList } from '../web/performance-observer.ts';
import { allEntries, clear, entriesByName, entriesByType, mark, measure } from '../web/performance-timing.ts';
import { provide } from '../link.ts';

const offers = { allEntries, clear, entriesByName, entriesByType, mark, measure };

declare module '../link.ts' {
  interface Chunks {
    'user-timing': typeof offers;
  }
}

provide('user-timing', offers, { PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList });
