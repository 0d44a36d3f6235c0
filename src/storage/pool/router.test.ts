import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PoolRouter, type RouterOptions, type WorkerEvents } from './router.ts';
import { type Room, type RoundCall, WorkerFrame, writeWorkerFrame } from './wire.ts';

/** A worker that does what the test says. */
class FakeWorker {
  readonly pid: number;
  readonly rounds: { key: string; calls: readonly RoundCall[] }[] = [];
  readonly #events: WorkerEvents;
  isEnded = false;
  isLow = false;
  isKilled = false;

  constructor(pid: number, events: WorkerEvents) {
    this.pid = pid;
    this.#events = events;
  }

  send(key: string, _room: Room, calls: readonly RoundCall[]): void {
    this.rounds.push({ key, calls });
  }

  lower(): void {
    this.isLow = true;
  }

  end(): void {
    this.isEnded = true;
    this.#events.gone();
  }

  kill(): void {
    this.isKilled = true;
    this.#events.gone();
  }

  die(): void {
    this.#events.gone();
  }

  frame(kind: number, call = 0, payload = ''): void {
    this.#events.frame(writeWorkerFrame(kind, call, payload).subarray(4));
  }

  /** Answers the newest round with what was asked. */
  answer(): void {
    for (const { call, payload } of this.rounds.at(-1)?.calls ?? []) this.frame(WorkerFrame.answer, call, `${payload.toString()}!`);
  }

  get asked(): string[] {
    return this.rounds.map(({ key, calls }) => `${key}:${calls.map(({ payload }) => payload.toString()).join()}`);
  }
}

type World = {
  router: PoolRouter;
  workers: FakeWorker[];
  answers: string[];
  troubles: string[];
  ask(owner: string, key: string, text: string, isHeard?: () => boolean): void;
  wait(ms: number): void;
  memory: { bytes: number };
};

function world(t: TestContext, options: Partial<RouterOptions> = {}): World {
  const workers: FakeWorker[] = [];
  const answers: string[] = [];
  const troubles: string[] = [];
  const memory = { bytes: 0 };
  let now = 1000;
  const router = new PoolRouter({
    launch: (events) => {
      const worker = new FakeWorker(workers.length + 1, events);
      workers.push(worker);
      return worker;
    },
    most: 3,
    mostPerOwner: 2,
    roundMs: 1000,
    slowMs: Number.POSITIVE_INFINITY,
    slowForMs: 0,
    mostSlow: 0,
    queueMs: 5000,
    busyMs: 40,
    idleMs: 10_000,
    memoryBytes: 100,
    memoryOf: () => memory.bytes,
    answers: { timeout: 'timeout', memory: 'memory', lost: 'lost', tooMany: 'too many', tooLong: 'too long' },
    onTrouble: (message) => troubles.push(message),
    now: () => now,
    ...options,
  });
  t.after(() => router.close());
  return {
    router,
    workers,
    answers,
    troubles,
    memory,
    ask: (owner, key, text, isHeard) => router.call(owner, key, Buffer.from(text), (answer) => answers.push(`${text}=${answer.toString()}`), isHeard),
    wait: (ms) => {
      now += ms;
      router.tick();
    },
  };
}

const ready = (worker: FakeWorker | undefined): FakeWorker => {
  assert.ok(worker);
  worker.frame(WorkerFrame.ready);
  return worker;
};

test('call: what waits for a resource goes in one round, in order', (t) => {
  const { workers, answers, ask } = world(t);
  ask('app', 'db', 'a');
  const worker = ready(workers[0]);
  assert.deepEqual(worker.asked, ['db:a']);
  ask('app', 'db', 'b');
  ask('app', 'db', 'c');
  assert.equal(worker.rounds.length, 1);
  worker.answer();
  assert.deepEqual(worker.asked, ['db:a', 'db:b,c']);
  worker.answer();
  assert.deepEqual(answers, ['a=a!', 'b=b!', 'c=c!']);
});

test('tick: another worker is started when all have been busy for a while, and no more than the most', (t) => {
  const { workers, ask, wait } = world(t);
  ask('one', 'slow', 'a');
  ready(workers[0]);
  wait(20);
  assert.equal(workers.length, 1);
  ask('two', 'other', 'b');
  wait(30);
  assert.equal(workers.length, 2);
  assert.deepEqual(ready(workers[1]).asked, ['other:b']);
  wait(50);
  ready(workers[2]);
  ask('three', 'third', 'c');
  wait(50);
  wait(50);
  assert.equal(workers.length, 3);
});

test('tick: workers that have nothing to do end, but for the last', (t) => {
  const { router, workers, ask, wait } = world(t);
  ask('one', 'slow', 'a');
  ready(workers[0]);
  wait(50);
  ready(workers[1]);
  workers[0]?.answer();
  wait(11_000);
  assert.equal(router.workers, 1);
  wait(11_000);
  assert.equal(router.workers, 1);
});

test('call: a resource goes back to the worker that had it', (t) => {
  const { workers, ask, wait } = world(t);
  ask('one', 'x', 'a');
  const first = ready(workers[0]);
  wait(50);
  const second = ready(workers[1]);
  ask('one', 'y', 'b');
  second.answer();
  first.answer();
  ask('one', 'y', 'c');
  assert.deepEqual(second.asked, ['y:b', 'y:c']);
});

test('call: an owner has no more than its share of workers, and others come in between', (t) => {
  const { workers, ask, wait } = world(t);
  for (const key of ['a', 'b', 'c', 'd']) ask('hog', key, key);
  ready(workers[0]);
  wait(50);
  ready(workers[1]);
  wait(50);
  const third = ready(workers[2]);
  assert.deepEqual(third.asked, []);
  ask('small', 's', 's');
  assert.deepEqual(third.asked, ['s:s']);
  workers[0]?.answer();
  assert.deepEqual(workers[0]?.asked, ['a:a', 'c:c']);
});

test('tick: a round that takes too long is ended; alone, it fails for that', (t) => {
  const { workers, answers, troubles, ask, wait } = world(t);
  ask('app', 'db', 'endless');
  const worker = ready(workers[0]);
  ask('app', 'db', 'behind');
  wait(1001);
  assert.ok(worker.isKilled);
  assert.deepEqual(answers, ['endless=timeout']);
  assert.match(troubles.join(), /too long/);
  assert.deepEqual(ready(workers[1]).asked, ['db:behind']);
});

test('tick: the others of a round that was ended are made again, each alone', (t) => {
  const { workers, answers, ask, wait } = world(t);
  for (const text of ['a', 'endless', 'b']) ask('app', 'db', text);
  // They have waited while the worker started, and so go together.
  ready(workers[0]);
  assert.deepEqual(workers[0]?.asked, ['db:a,endless,b']);
  wait(1001);
  const second = ready(workers[1]);
  assert.deepEqual(second.asked, ['db:a']);
  second.answer();
  assert.deepEqual(second.asked, ['db:a', 'db:endless']);
  wait(1001);
  const third = ready(workers[2]);
  third.answer();
  assert.deepEqual(answers, ['a=a!', 'endless=timeout', 'b=b!']);
});

test('gone: once something may have become lasting, nothing is made again', (t) => {
  const { workers, answers, ask } = world(t);
  ask('app', 'db', 'a');
  ask('app', 'db', 'b');
  const worker = ready(workers[0]);
  worker.frame(WorkerFrame.committing);
  worker.die();
  assert.deepEqual(answers, ['a=lost', 'b=lost']);
});

const ODD_FRAMES: Readonly<Record<string, readonly [kind: number, payload: string]>> = {
  'a kind that there is not': [9, ''],
  'trouble that is no JSON': [WorkerFrame.trouble, '{'],
  'trouble without fields': [WorkerFrame.trouble, '{"message":"m"}'],
  'trouble with a list in it': [WorkerFrame.trouble, '{"message":"m","fields":{"a":[]}}'],
  'trouble longer than any': [WorkerFrame.trouble, JSON.stringify({ message: 'm'.repeat(100_000), fields: {} })],
  'no size': [WorkerFrame.size, 'null'],
  'a size below zero': [WorkerFrame.size, '[-1,0]'],
  'a size without an end': [WorkerFrame.size, '[1e999,0]'],
};
for (const [what, [kind, payload]] of Object.entries(ODD_FRAMES))
  test(`odd words: ${what}: the worker is killed`, (t) => {
    const { workers, answers, troubles, ask } = world(t);
    ask('app', 'db', 'a');
    const worker = ready(workers[0]);
    worker.frame(kind, 0, payload);
    assert.deepEqual([worker.isKilled, answers], [true, ['a=lost']]);
    assert.deepEqual(troubles, ['a SQL process said what none of ours says, as one that was taken over, and was killed']);
  });

test('tick: a worker that takes too much memory is ended', (t) => {
  const { workers, answers, ask, wait, memory } = world(t);
  ask('app', 'db', 'large');
  ready(workers[0]);
  memory.bytes = 101;
  wait(20);
  assert.deepEqual(answers, []);
  wait(50);
  assert.deepEqual(answers, ['large=memory']);
});

test('tick: a worker that a query has left large is replaced before the next is blamed for it', (t) => {
  const { workers, answers, ask, wait, memory } = world(t);
  ask('app', 'db', 'large');
  const worker = ready(workers[0]);
  memory.bytes = 60;
  worker.answer();
  wait(20);
  assert.deepEqual([worker.isEnded, worker.isKilled, workers.length], [true, false, 2]);
  ask('app', 'db', 'next');
  memory.bytes = 10;
  ready(workers[1]).answer();
  assert.deepEqual(answers, ['large=large!', 'next=next!']);
});

test('call: too many that wait for one resource are refused, and none waits for ever', (t) => {
  const { answers, ask, wait } = world(t, { queueMs: 500 });
  for (let at = 0; at < 5001; at++) ask('app', 'db', 'x');
  assert.deepEqual(answers, ['x=too many']);
  wait(501);
  assert.equal(answers.length, 5001);
  assert.equal(answers.at(-1), 'x=too long');
});

test('gone: workers that do not start are tried again, ever more slowly', (t) => {
  const { workers, ask, wait, answers } = world(t);
  ask('app', 'db', 'a');
  workers[0]?.die();
  assert.equal(workers.length, 1);
  wait(150);
  assert.equal(workers.length, 2);
  workers[1]?.die();
  wait(150);
  assert.equal(workers.length, 2);
  wait(150);
  ready(workers[2]).answer();
  assert.deepEqual(answers, ['a=a!']);
});

test('a worker that ends while it has nothing to do: the resource that was its last goes to another', (t) => {
  const { workers, answers, ask } = world(t);
  ask('app', 'db', 'a');
  ready(workers[0]).answer();
  workers[0]?.die();
  ask('app', 'db', 'b');
  ready(workers[1]).answer();
  assert.equal(workers[0]?.rounds.length, 1);
  assert.deepEqual(answers, ['a=a!', 'b=b!']);
});

test('a worker that does not get ready: another is started beside it, and it is killed in the end', (t) => {
  const { workers, answers, ask, wait } = world(t, { roundMs: 3000, queueMs: 60_000 });
  ask('app', 'db', 'a');
  wait(1000);
  assert.equal(workers.length, 1);
  wait(1001);
  assert.equal(workers.length, 2);
  ready(workers[1]).answer();
  assert.deepEqual(answers, ['a=a!']);
  ask('app', 'db', 'b');
  wait(1000);
  assert.equal(workers[0]?.isKilled, true);
});

test('call: one whose answer is of no use when its turn comes is not made; the others are', (t) => {
  const { workers, answers, ask } = world(t);
  let isHeard = true;
  const heard = (): boolean => isHeard;
  ask('app', 'db', 'a', heard);
  const worker = ready(workers[0]);
  for (const text of ['b', 'c']) ask('app', 'db', text, heard);
  ask('app', 'db', 'd');
  ask('app', 'other', 'e', heard);
  isHeard = false;
  worker.answer();
  worker.answer();
  assert.deepEqual(worker.asked, ['db:a', 'db:d']);
  assert.deepEqual(answers, ['a=a!', 'e=too many', 'b=too many', 'c=too many', 'd=d!']);
  isHeard = true;
  ask('app', 'other', 'f', heard);
  assert.deepEqual(worker.asked.at(-1), 'other:f');
});

test('groups: one whose apps have all workers at work does not keep another waiting', (t) => {
  const { workers, ask, wait } = world(t, { most: 2, mostPerOwner: 1, groupOf: (key) => key.charAt(0) });
  for (const owner of ['one', 'two', 'three']) ask(owner, `a ${owner}`, 'endless');
  ready(workers[0]);
  wait(50);
  ready(workers[1]);
  wait(50);
  wait(50);
  assert.equal(workers.length, 2, 'there is nobody for whom another one would be');
  ask('four', 'b', 'short');
  wait(50);
  assert.equal(workers.length, 3);
  const third = ready(workers[2]);
  assert.deepEqual(third.asked, ['b:short']);
  third.answer();
  wait(50);
  assert.deepEqual(third.asked, ['b:short']);
  ask('four', 'b', 'again');
  ask('five', 'c', 'too');
  assert.deepEqual(third.asked, ['b:short', 'b:again']);
  third.answer();
  assert.deepEqual(third.asked, ['b:short', 'b:again', 'c:too']);
  third.answer();
  wait(50);
  assert.equal(workers.length, 3);
  workers[0]?.answer();
  assert.deepEqual(workers[0]?.asked, ['a one:endless', 'a three:endless']);
});

test('slow rounds: leave their place to others, and their owners leave a worker free from then on', (t) => {
  const { workers, answers, ask, wait } = world(t, { most: 2, mostPerOwner: 1, roundMs: 10_000, slowMs: 500, slowForMs: 60_000, mostSlow: 2 });
  const starting = (): void => {
    for (const worker of workers) if (worker.rounds.length === 0) ready(worker);
  };
  const pass = (times: number): void => {
    for (; times > 0; times--) {
      wait(50);
      starting();
    }
  };
  for (const owner of ['one', 'two', 'three']) ask(owner, owner, 'endless');
  ask('quick', 'quick', 'short');
  starting();
  pass(5);
  assert.deepEqual([workers.length, workers.flatMap(({ asked }) => asked)], [2, ['one:endless', 'two:endless']]);
  pass(10);
  assert.deepEqual(workers.flatMap(({ asked }) => asked).slice(2), ['three:endless', 'quick:short']);
  workers.at(-1)?.answer();
  assert.deepEqual(answers, ['short=short!']);
  pass(15);
  // As many as there may be at all; three of them are slow.
  assert.equal(workers.length, 4);
  ask('four', 'four', 'endless');
  assert.deepEqual(workers.at(-1)?.asked, ['quick:short', 'four:endless']);
  pass(15);
  ask('quick', 'quick', 'again');
  pass(5);
  assert.equal(answers.length, 1, 'all that there may be are at work');
  for (const worker of workers.slice(0, 3)) worker.answer();
  pass(1);
  assert.equal(workers.filter(({ asked }) => asked.includes('quick:again')).length, 1);
  // One of four is still at work for somebody who is known to be slow: no second one gets a worker, somebody else does.
  ask('one', 'one', 'endless again');
  ask('five', 'five', 'short, too');
  pass(2);
  assert.equal(workers.filter(({ asked }) => asked.includes('one:endless again')).length, 0);
  assert.equal(workers.filter(({ asked }) => asked.includes('five:short, too')).length, 1);
});

test('slow rounds: run when others do not, and their workers end with them', (t) => {
  const { workers, answers, ask, wait } = world(t, { roundMs: 10_000, slowMs: 500 });
  ask('app', 'db', 'quick');
  const worker = ready(workers[0]);
  wait(400);
  worker.answer();
  ask('app', 'db', 'slow');
  wait(400);
  assert.equal(worker.isLow, false);
  wait(101);
  assert.equal(worker.isLow, true);
  ask('app', 'db', 'next');
  worker.answer();
  assert.equal(worker.isEnded, true);
  ready(workers.at(-1)).answer();
  assert.deepEqual(answers, ['quick=quick!', 'slow=slow!', 'next=next!']);
});

test('slow rounds: where there are no others, the longest makes way for who is quick, and for nobody else', (t) => {
  const { workers, answers, troubles, ask, wait } = world(t, { most: 2, mostPerOwner: 1, roundMs: 60_000, slowMs: 500, slowForMs: 60_000, queueMs: 60_000 });
  const pass = (times: number): void => {
    for (; times > 0; times--) {
      wait(50);
      for (const worker of workers) if (worker.rounds.length === 0 && !worker.isKilled) ready(worker);
    }
  };
  ask('one', 'one', 'endless');
  pass(3);
  ask('two', 'two', 'endless');
  pass(20);
  ask('one', 'another', 'endless');
  pass(50);
  assert.deepEqual([answers, workers.length], [[], 2], 'its owner is slow');
  ask('quick', 'quick', 'short');
  pass(9);
  assert.deepEqual(answers, [], 'it has not waited for long');
  pass(5);
  assert.deepEqual(answers, ['endless=timeout']);
  assert.match(troubles.join(), /others waited/);
  workers.at(-1)?.answer();
  assert.deepEqual(answers, ['endless=timeout', 'short=short!']);
  assert.deepEqual(
    workers.map(({ isKilled }) => isKilled),
    [true, false, false],
  );
});
