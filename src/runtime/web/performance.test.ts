import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import './testing/chunks.ts';
import './testing/chunks.ts';
import { setClock } from './clock.ts';
import { performance } from './performance.ts';
import { PerformanceEntry, PerformanceMark, PerformanceMeasure } from './performance-entry.ts';
import { PerformanceObserver, type PerformanceObserverEntryList } from './performance-observer.ts';
import { fakeHost, turn } from './testing/fake-host.ts';

fakeHost();
let now = 1000;
setClock(() => now);
afterEach(() => {
  performance.clearMarks();
  performance.clearMeasures();
});

const detailOf = (entry: PerformanceEntry): unknown => (entry as PerformanceMark).detail;
const names = (entries: readonly PerformanceEntry[]): string[] => entries.map((entry) => entry.name);

describe('mark', () => {
  test('takes the time, or the time it is given', () => {
    now = 1012;
    assert.equal(performance.mark('a').startTime, 12);
    assert.equal(performance.mark('b', { startTime: 3 }).startTime, 3);
    assert.deepEqual(names(performance.getEntries()), ['b', 'a'], 'in the order of their start');
    assert.throws(() => performance.mark('c', { startTime: -1 }), TypeError);
    assert.throws(() => performance.mark('c', { startTime: Number.NaN }), TypeError);
    assert.throws(() => Reflect.apply(performance.mark, performance, []), TypeError);
  });
  test('copies its detail', () => {
    const detail = { list: [1] };
    const entry = performance.mark('a', { detail });
    detail.list.push(2);
    assert.deepEqual(detailOf(entry), { list: [1] });
    assert.equal(detailOf(performance.mark('b')), null);
    assert.throws(() => performance.mark('c', { detail: () => 1 }), { name: 'DataCloneError' });
  });
  test('a PerformanceMark of one’s own is not in the timeline', () => {
    const entry = new PerformanceMark('own', { startTime: 1 });
    assert.equal(entry.entryType, 'mark');
    assert.deepEqual(performance.getEntriesByName('own'), []);
  });
});

describe('measure', () => {
  test('between marks, times and now', () => {
    performance.mark('a', { startTime: 10 });
    performance.mark('b', { startTime: 30 });
    now = 1050;
    const length = (...args: unknown[]): [number, number] => {
      const { startTime, duration } = performance.measure('m', ...args);
      return [startTime, duration];
    };
    assert.deepEqual(length(), [0, 50]);
    assert.deepEqual(length('a'), [10, 40]);
    assert.deepEqual(length('a', 'b'), [10, 20]);
    assert.deepEqual(length(undefined, 'b'), [0, 30]);
    assert.deepEqual(length({ start: 'a', end: 40 }), [10, 30]);
    assert.deepEqual(length({ start: 5, duration: 7 }), [5, 7]);
    assert.deepEqual(length({ end: 'b', duration: 7 }), [23, 7]);
    performance.mark('a', { startTime: 11 });
    assert.deepEqual(length('a', 'b'), [11, 19], 'the most recent mark of the name');
  });
  test('refuses what makes no sense', () => {
    assert.throws(() => performance.measure('m', 'none'), { name: 'SyntaxError' });
    for (const options of [{ detail: 1 }, { start: 1, end: 2, duration: 3 }, { start: -1 }, { duration: 1 }])
      assert.throws(() => performance.measure('m', options), TypeError);
    assert.throws(() => performance.measure('m', { start: 1 }, 'b'), TypeError);
  });
});

describe('the timeline', () => {
  test('is asked and cleared by name and type', () => {
    performance.mark('a');
    performance.mark('b');
    performance.measure('a');
    assert.equal(performance.getEntriesByName('a').length, 2);
    assert.equal(performance.getEntriesByName('a', 'measure').length, 1);
    assert.equal(performance.getEntriesByType('mark').length, 2);
    performance.clearMarks('a');
    assert.deepEqual(names(performance.getEntriesByType('mark')), ['b']);
    assert.equal(performance.getEntriesByName('a').length, 1);
  });
  test('keeps the newest when there are too many', () => {
    for (let i = 0; i < 10_001; i++) performance.mark(`${i}`);
    const kept = performance.getEntries();
    assert.equal(kept.length, 9001);
    assert.equal(performance.measure('m', '10000').entryType, 'measure');
  });
  test('entries as JSON', () => {
    const entry = performance.mark('a', { startTime: 1, detail: 1 });
    assert.deepEqual(entry.toJSON(), { id: entry.id, name: 'a', entryType: 'mark', startTime: 1, duration: 0, navigationId: 0 });
  });
});

describe('PerformanceObserver', () => {
  const observe = (options: unknown): { heard: string[][]; observer: PerformanceObserver; options: unknown[] } => {
    const heard: string[][] = [];
    const given: unknown[] = [];
    const observer = new PerformanceObserver((list: unknown, self: unknown, more: unknown) => {
      assert.equal(self, observer);
      given.push(more);
      heard.push(names((list as PerformanceObserverEntryList).getEntries()));
    });
    observer.observe(options);
    return { heard, observer, options: given };
  };
  test('hears of entries together, after the code that made them', async () => {
    const { heard, observer } = observe({ entryTypes: ['mark', 'nonsense'] });
    performance.mark('a');
    performance.measure('m');
    performance.mark('b');
    assert.deepEqual(heard, []);
    await turn();
    assert.deepEqual(heard, [['a', 'b']]);
    observer.disconnect();
    performance.mark('c');
    await turn();
    assert.equal(heard.length, 1);
  });
  test('takes records, and hears of earlier ones with buffered', async () => {
    performance.mark('before');
    const { heard, observer } = observe({ type: 'mark', buffered: true });
    assert.deepEqual(names(observer.takeRecords()), ['before']);
    performance.mark('a');
    await turn();
    assert.deepEqual(heard, [['a']]);
    observer.disconnect();
  });
  test('one that throws disturbs no other', async (context) => {
    const host = fakeHost();
    const bad = new PerformanceObserver(() => {
      throw new Error('observer');
    });
    bad.observe({ type: 'mark' });
    const { heard, observer } = observe({ type: 'mark' });
    context.after(() => {
      bad.disconnect();
      observer.disconnect();
    });
    performance.mark('a');
    await turn();
    assert.deepEqual(heard, [['a']]);
    assert.ok(host.posts.some((post) => post.includes('observer')));
  });
  test('refuses both ways of observing', () => {
    const observer = new PerformanceObserver(() => undefined);
    for (const options of [{}, undefined, { entryTypes: ['mark'], type: 'mark' }, { entryTypes: ['mark'], buffered: true }]) {
      assert.throws(() => observer.observe(options), TypeError);
    }
    observer.observe({ type: 'mark' });
    assert.throws(() => observer.observe({ entryTypes: ['mark'] }), { name: 'InvalidModificationError' });
    observer.disconnect();
    assert.throws(() => new PerformanceObserver(undefined), TypeError);
  });
  test('supportedEntryTypes is one frozen array', () => {
    assert.equal(PerformanceObserver.supportedEntryTypes, PerformanceObserver.supportedEntryTypes);
    assert.ok(Object.isFrozen(PerformanceObserver.supportedEntryTypes));
  });
});

describe('Web IDL', () => {
  test('what cannot be constructed', () => {
    for (const Interface of [PerformanceEntry, PerformanceMeasure]) assert.throws(() => new Interface(), TypeError);
  });
  test('a patched accessor does not reach the timeline', (context) => {
    const original = Object.getOwnPropertyDescriptor(PerformanceEntry.prototype, 'name') as PropertyDescriptor;
    Object.defineProperty(PerformanceEntry.prototype, 'name', { get: () => 'patched', configurable: true });
    context.after(() => Object.defineProperty(PerformanceEntry.prototype, 'name', original));
    performance.mark('a');
    assert.equal(performance.getEntriesByName('a').length, 1);
  });
});
