import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Apps } from './apps.ts';
import { Budget } from './budget.ts';

const MB = 1024 * 1024;

class FakeWorker {
  readonly name: string;
  inFlight = 0;
  lastUsed = 0;
  progress: number | undefined;
  cpu = 0;
  bytes = 10 * MB;
  measured = 0;
  /** Set: measuring waits for it. */
  busy: Promise<void> | undefined;
  readonly limits = { cpuMs: 1000, memoryMb: 128 };
  isOutgrown = false;
  constructor(name: string) {
    this.name = name;
  }
  async measure(): Promise<{ usedBytes: number; totalBytes: number; externalBytes: number }> {
    this.measured++;
    await this.busy;
    return { usedBytes: this.bytes, totalBytes: this.bytes, externalBytes: 0 };
  }
  outgrown(): void {
    this.isOutgrown = true;
  }
  takeCpu(): number {
    const { cpu } = this;
    this.cpu = 0;
    return cpu;
  }
}

class FakeVersion {
  workers: FakeWorker[];
  isPerRequest = false;
  readonly told: string[] = [];
  readonly record: { name: string };
  loadedAs: object | undefined;
  constructor(name: string, workers = [new FakeWorker(name)]) {
    this.record = { name };
    this.workers = workers;
  }
  grow(): void {
    this.told.push('grow');
  }
  evict(worker: FakeWorker, reason: string): void {
    this.told.push(reason);
    this.workers = this.workers.filter((each) => each !== worker);
  }
  stop(worker: FakeWorker): void {
    this.evict(worker, 'stop');
  }
  takeCpuOfGone(): number {
    return 0;
  }

  forgetContentIfIdle(): void {}
}

function setUp(
  versions: FakeVersion[],
  budgetMb = 100,
  mostIsolates?: number,
): { budget: Budget; cpu: Record<string, number>; advance(ms: number): Promise<void> } {
  let time = 0;
  const cpu: Record<string, number> = {};
  const budget = new Budget(
    { versions: () => versions, settle: () => {} } as unknown as Apps,
    { budgetBytes: budgetMb * MB, now: () => time, ...(mostIsolates !== undefined && { mostIsolates }) },
    (app, ms) => {
      cpu[app] = (cpu[app] ?? 0) + ms;
    },
  );
  return {
    budget,
    cpu,
    advance: (ms) => {
      time += ms;
      return budget.tick();
    },
  };
}

test('tick: the least recently used go until the rest fits', async () => {
  const versions = ['a', 'b', 'c'].map((name) => new FakeVersion(name));
  const [a, b, c] = versions as [FakeVersion, FakeVersion, FakeVersion];
  for (const [i, version] of [b, c, a].entries()) (version.workers[0] as FakeWorker).lastUsed = i;
  await setUp(versions, 25).advance(1000);
  assert.deepEqual([a.told, b.told, c.told], [[], ['memory'], []]);
});

test('tick: a worker with an event in hand stays', async () => {
  const [a, b] = [new FakeVersion('a'), new FakeVersion('b')];
  (a.workers[0] as FakeWorker).inFlight = 1;
  (b.workers[0] as FakeWorker).lastUsed = 5;
  await setUp([a, b], 5).advance(1000);
  assert.deepEqual([a.told, b.told], [[], ['memory']]);
});

test('tick: what nobody asks for goes after ten minutes', async () => {
  const [a, b] = [new FakeVersion('a'), new FakeVersion('b')];
  b.isPerRequest = true;
  const { advance } = setUp([a, b]);
  await advance(10 * 60_000);
  assert.deepEqual(a.told, []);
  await advance(1);
  assert.deepEqual([a.told, b.told], [['idle'], []]);
});

test('tick: a worker that uses most of a CPU asks for another', async () => {
  const a = new FakeVersion('a');
  const { advance, cpu } = setUp([a]);
  (a.workers[0] as FakeWorker).cpu = 600;
  await advance(1000);
  (a.workers[0] as FakeWorker).cpu = 800;
  await advance(1000);
  assert.deepEqual(a.told, ['grow']);
  assert.deepEqual(cpu, { a: 1400 });
});

test('tick: measures again only what has been used', async () => {
  const a = new FakeVersion('a');
  const worker = a.workers[0] as FakeWorker;
  const { advance, budget } = setUp([a]);
  await advance(1000);
  await advance(1000);
  assert.equal(worker.measured, 1);
  worker.lastUsed = 2500;
  worker.bytes = 20 * MB;
  await advance(1000);
  assert.equal(worker.measured, 2);
  assert.deepEqual(budget.residency(), {
    isolates: 1,
    heapBytes: 20 * MB,
    externalBytes: 0,
    byApp: new Map([['a', { isolates: 1, heapBytes: 20 * MB, externalBytes: 0, wasmBytes: 0 }]]),
  });
});

test('tick: a busy isolate holds up no eviction, and is asked once', async () => {
  const [a, b] = [new FakeVersion('a'), new FakeVersion('b')];
  const [busy, idle] = [a.workers[0], b.workers[0]] as [FakeWorker, FakeWorker];
  const free = Promise.withResolvers<void>();
  busy.busy = free.promise;
  busy.inFlight = 1;
  idle.lastUsed = 1;
  const { advance } = setUp([a, b], 5);
  await advance(1000);
  await advance(1000);
  assert.deepEqual(b.told, ['memory']);
  assert.equal(busy.measured, 1);
  free.resolve();
});

test('tick: an isolate that does not come back from a turn is stopped', async () => {
  const a = new FakeVersion('a');
  const worker = a.workers[0] as FakeWorker;
  worker.inFlight = 1;
  const { advance } = setUp([a]);
  worker.progress = 1;
  await advance(1000);
  await advance(7000);
  worker.progress = 2;
  await advance(7000);
  await advance(7000);
  assert.deepEqual(a.told, []);
  worker.progress = undefined;
  await advance(7000);
  worker.progress = 2;
  await advance(7000);
  await advance(8001);
  assert.deepEqual(a.told, ['stop']);
});

test('tick: an isolate far beyond its memory limit is told so', async () => {
  const a = new FakeVersion('a');
  const worker = a.workers[0] as FakeWorker;
  const { advance } = setUp([a], 1000);
  worker.bytes = 190 * MB;
  await advance(1000);
  assert.equal(worker.isOutgrown, false);
  worker.lastUsed = 1500;
  worker.bytes = 200 * MB;
  await advance(1000);
  assert.equal(worker.isOutgrown, true);
});

test('stop: evicts nothing any more', async () => {
  const a = new FakeVersion('a');
  const { advance, budget } = setUp([a], 1);
  const ticking = advance(1000);
  budget.stop();
  await ticking;
  assert.deepEqual(a.told, []);
});

test('tick: workers that an app has loaded have four times its limit together; idle ones go first, then the largest', async () => {
  const loaded = Array.from({ length: 6 }, () => new FakeVersion('app'));
  const own = new FakeVersion('app');
  const other = new FakeVersion('other');
  for (const [i, version] of loaded.entries()) {
    version.loadedAs = {};
    const [worker] = version.workers as [FakeWorker];
    worker.bytes = (100 + i) * MB;
    worker.lastUsed = i;
    worker.inFlight = i < 2 ? 0 : 1;
  }
  const [oldest] = loaded as [FakeVersion];
  const { advance } = setUp([own, ...loaded, other], 10_000);
  await advance(1000);
  await new Promise((resolve) => setImmediate(resolve));
  await advance(1000);
  assert.deepEqual(oldest.told, ['memory']);
  assert.deepEqual([own.told, other.told], [[], []]);
  const left = loaded.flatMap(({ workers }) => workers).filter(({ isOutgrown }) => !isOutgrown);
  assert.ok(left.reduce((sum, { bytes }) => sum + bytes, 0) <= 4 * 128 * MB);
  assert.ok(left.length >= 4);
});

test('more isolates than there are memory maps for: those go that were not used for longest, whatever memory they take', async () => {
  const versions = ['a', 'b', 'c', 'd'].map((name) => new FakeVersion(name));
  versions.forEach(({ workers: [worker] }, at) => {
    if (worker !== undefined) Object.assign(worker, { lastUsed: -at, bytes: 1, inFlight: at === 3 ? 1 : 0 });
  });
  const { advance } = setUp(versions, 100, 2);
  await advance(1);
  assert.deepEqual(
    versions.map(({ told }) => told),
    [[], ['memory'], ['memory'], []],
  );
});
