import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Apps } from './apps.ts';
import { ResidentWatch } from './resident-watch.ts';

const MB = 1024 * 1024;

class FakeWorker {
  lastUsed = 1;
  inFlight = 0;
  progress: number | undefined;
  outgrownTimes = 0;
  outgrown(): void {
    this.outgrownTimes++;
  }
}

function setUp(limitMb = 10_000): {
  rss(megabytes: number): void;
  worker(name: string): FakeWorker;
  exceeded: (string | undefined)[];
  counted: Map<string, number>;
} {
  const workers = new Map(['a', 'b'].map((name) => [name, new FakeWorker()]));
  const versions = [...workers].map(([name, worker]) => ({ record: { name, limits: { memoryMb: 100 } }, workers: [worker] }));
  const exceeded: (string | undefined)[] = [];
  const counted = new Map<string, number>();
  let rss = 100 * MB;
  const apps = { versions: () => versions, get: (name: string) => versions.find(({ record }) => record.name === name) };
  const watch = new ResidentWatch(apps as unknown as Apps, {
    limitBytes: limitMb * MB,
    counted: (app) => counted.get(app) ?? 0,
    onExceeded: (app) => exceeded.push(app),
    rss: () => rss,
  });
  watch.tick();
  return {
    rss: (megabytes) => {
      rss = megabytes * MB;
      watch.tick();
    },
    worker: (name) => workers.get(name) as FakeWorker,
    exceeded,
    counted,
  };
}

test('tick: an app that grows the process far beyond its limit loses its isolates', () => {
  const { rss, worker } = setUp();
  worker('a').lastUsed = 2;
  rss(450);
  assert.equal(worker('a').outgrownTimes, 0);
  worker('a').lastUsed = 3;
  rss(600);
  assert.deepEqual([worker('a').outgrownTimes, worker('b').outgrownTimes], [1, 0]);
});

test('tick: what its isolates account for is not held against an app', () => {
  const { rss, worker, counted } = setUp();
  worker('a').lastUsed = 2;
  counted.set('a', 200 * MB);
  rss(600);
  assert.equal(worker('a').outgrownTimes, 0);
});

test('tick: an isolate in the middle of a turn is running', () => {
  const { rss, worker } = setUp();
  Object.assign(worker('b'), { inFlight: 1, progress: 7 });
  rss(650);
  assert.deepEqual([worker('a').outgrownTimes, worker('b').outgrownTimes], [0, 1]);
});

test('tick: memory that came back is taken off again', () => {
  const { rss, worker } = setUp();
  worker('a').lastUsed = 2;
  rss(450);
  rss(150);
  worker('a').lastUsed = 3;
  rss(500);
  assert.equal(worker('a').outgrownTimes, 0);
});

test('tick: beyond the limit of the process the worst app goes, then the engine', () => {
  const { rss, worker, exceeded } = setUp(300);
  worker('a').lastUsed = 2;
  rss(320);
  assert.deepEqual([worker('a').outgrownTimes, exceeded], [1, []]);
  rss(320);
  rss(320);
  assert.deepEqual(exceeded, []);
  rss(320);
  assert.deepEqual(exceeded, ['a']);
});

test('tick: a process that shrinks in time stays', () => {
  const { rss, worker, exceeded } = setUp(300);
  worker('a').lastUsed = 2;
  rss(320);
  rss(200);
  rss(320);
  rss(310);
  rss(310);
  assert.deepEqual(exceeded, []);
});
