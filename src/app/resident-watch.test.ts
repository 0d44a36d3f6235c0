import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Apps } from './apps.ts';
import { ResidentWatch } from './resident-watch.ts';

const MB = 1024 * 1024;

class FakeWorker {
  progress: number | undefined;
  outgrownTimes = 0;
  outgrown(): void {
    this.outgrownTimes++;
  }
}

function setUp(limitMb = 10_000): {
  rss(megabytes: number): void;
  used(app: string, milliseconds: number): void;
  trims(): number;
  worker(name: string): FakeWorker;
  exceeded: (string | undefined)[];
  counted: Map<string, number>;
} {
  const workers = new Map(['a', 'b'].map((name) => [name, new FakeWorker()]));
  const versions = [...workers].map(([name, worker]) => ({ record: { name, limits: { memoryMb: 100 } }, workers: [worker] }));
  const exceeded: (string | undefined)[] = [];
  const counted = new Map<string, number>();
  let rss = 100 * MB;
  let trims = 0;
  const apps = { inFlight: 0, versions: () => versions, get: (name: string) => versions.find(({ record }) => record.name === name) };
  const watch = new ResidentWatch(apps as unknown as Apps, {
    limitBytes: limitMb * MB,
    counted: (app) => (app === undefined ? 0 : (counted.get(app) ?? 0)),
    trim: () => {
      trims++;
      rss = 100 * MB;
    },
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
    used: (app, milliseconds) => watch.used(app, milliseconds),
    trims: () => trims,
    exceeded,
    counted,
  };
}

test('tick: an app that grows the process far beyond its limit loses its isolates', () => {
  const { rss, worker, used } = setUp();
  used('a', 500);
  rss(450);
  assert.equal(worker('a').outgrownTimes, 0);
  used('a', 500);
  rss(600);
  assert.deepEqual([worker('a').outgrownTimes, worker('b').outgrownTimes], [1, 0]);
});

test('tick: what its isolates account for is not held against an app', () => {
  const { rss, worker, used, counted } = setUp();
  used('a', 500);
  counted.set('a', 200 * MB);
  rss(600);
  assert.equal(worker('a').outgrownTimes, 0);
});

test('tick: an isolate in the middle of a turn is running', () => {
  const { rss, worker, used } = setUp();
  worker('b').progress = 7;
  rss(100);
  used('a', 1);
  rss(650);
  assert.deepEqual([worker('a').outgrownTimes, worker('b').outgrownTimes], [0, 1]);
});

test('tick: memory that came back is taken off again', () => {
  const { rss, worker, used } = setUp();
  used('a', 500);
  rss(450);
  rss(150);
  used('a', 500);
  rss(500);
  assert.equal(worker('a').outgrownTimes, 0);
});

test('tick: beyond the limit of the process the worst app goes, then the engine', () => {
  const { rss, worker, used, exceeded } = setUp(300);
  used('a', 500);
  rss(320);
  assert.deepEqual([worker('a').outgrownTimes, exceeded], [1, []]);
  rss(320);
  rss(320);
  assert.deepEqual(exceeded, []);
  rss(320);
  assert.deepEqual(exceeded, ['a']);
});

test('tick: a process that shrinks in time stays', () => {
  const { rss, used, exceeded } = setUp(300);
  used('a', 500);
  rss(320);
  rss(200);
  rss(320);
  rss(310);
  rss(310);
  assert.deepEqual(exceeded, []);
});

test('tick: much free memory is given back, now and then', () => {
  const { rss, trims } = setUp();
  for (let round = 0; round < 8; round++) rss(100);
  rss(300);
  assert.equal(trims(), 1);
  for (let round = 0; round < 9; round++) rss(300);
  assert.equal(trims(), 1);
  rss(200);
  assert.equal(trims(), 1);
  rss(300);
  assert.equal(trims(), 2);
});

test('tick: nobody is blamed for more than could be allocated in the time', () => {
  const { rss, worker, used } = setUp();
  for (const megabytes of [1100, 2100, 3100]) {
    used('a', 20);
    rss(megabytes);
  }
  assert.equal(worker('a').outgrownTimes, 0);
});
