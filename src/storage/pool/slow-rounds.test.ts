import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeWorker, ready, routerWorld } from '../../../test/support/fake-sql-workers.ts';

const startAll = (workers: readonly FakeWorker[]): void => {
  for (const worker of workers) if (worker.rounds.length === 0 && !worker.isKilled) ready(worker);
};

/** Lets time pass, in which whatever was launched starts. */
const passer =
  (workers: readonly FakeWorker[], wait: (ms: number) => void) =>
  (times: number): void => {
    for (; times > 0; times--) {
      wait(50);
      startAll(workers);
    }
  };

/** The resources that were asked something. */
const asked = (workers: readonly FakeWorker[], text: string): string[] =>
  workers.flatMap((worker) => worker.asked.filter((what) => what.endsWith(`:${text}`)).map((what) => what.split(':')[0] as string));

test('slow rounds: leave their place to others, and their owners leave a worker free from then on', (t) => {
  const { workers, answers, ask, wait } = routerWorld(t, { most: 2, mostPerOwner: 1, roundMs: 10_000, slowMs: 500, slowForMs: 60_000, mostSlow: 2 });
  const pass = passer(workers, wait);
  for (const owner of ['one', 'two', 'three']) ask(owner, owner, 'endless');
  ask('quick', 'quick', 'short');
  startAll(workers);
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
  const { workers, answers, ask, wait } = routerWorld(t, { roundMs: 10_000, slowMs: 500 });
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
  const { workers, answers, troubles, ask, wait } = routerWorld(t, {
    most: 2,
    mostPerOwner: 1,
    roundMs: 60_000,
    slowMs: 500,
    slowForMs: 60_000,
    queueMs: 60_000,
  });
  const pass = passer(workers, wait);
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

test('slow rounds: who had many quick ones before has a place of its own, before its turn', (t) => {
  const { workers, answers, ask, wait } = routerWorld(t, { most: 3, mostPerOwner: 1, roundMs: 10_000, slowMs: 500, slowForMs: 60_000, keptForQuick: 1 });
  const pass = passer(workers, wait);
  ask('quick', 'quick', '0');
  const first = ready(workers[0]);
  first.answer();
  for (let round = 1; round < 12; round++) {
    ask('quick', 'quick', `${round}`);
    first.answer();
  }
  for (const owner of ['second', 'third'])
    for (let round = 0; round < 10; round++) {
      ask(owner, owner, `${round}`);
      first.answer();
    }
  answers.length = 0;
  for (const owner of ['one', 'two', 'three']) ask(owner, owner, 'endless');
  pass(4);
  assert.deepEqual(asked(workers, 'endless'), ['one', 'two']);
  assert.equal(workers.length, 3, 'one is ready that strangers do not get');
  for (const owner of ['second', 'third', 'quick']) ask(owner, owner, 'short');
  assert.deepEqual(asked(workers, 'short'), ['second']);
  workers[2]?.answer();
  assert.deepEqual(asked(workers, 'short'), ['second', 'quick'], 'it has more behind it');
  workers[2]?.answer();
  workers[2]?.answer();
  assert.deepEqual(answers, ['short=short!', 'short=short!', 'short=short!']);
  // Once slow, it is as others are.
  ask('quick', 'quick', 'slow');
  pass(12);
  workers[2]?.answer();
  assert.equal(workers[2]?.isEnded, true);
  ask('quick', 'quick', 'again');
  pass(12);
  assert.deepEqual(asked(workers, 'again'), []);
});

test('slow rounds: none makes way while there is room for more of them', (t) => {
  const { workers, answers, ask, wait } = routerWorld(t, { most: 2, mostPerOwner: 1, roundMs: 60_000, slowMs: 500, slowForMs: 60_000, mostSlow: 2 });
  const pass = passer(workers, wait);
  ask('slow', 'slow', 'endless');
  pass(12);
  // The others are busy all the time, with what is not slow.
  for (const owner of ['one', 'two', 'three']) ask(owner, owner, 'short');
  for (let round = 0; round < 40; round++) {
    pass(1);
    for (const owner of ['one', 'two', 'three']) if (asked(workers.slice(1), `short${round}`).length === 0) ask(owner, owner, `short${round}`);
    for (const worker of workers.slice(1)) worker.answer();
  }
  assert.equal(workers[0]?.isKilled, false);
  assert.equal(answers.includes('endless=timeout'), false);
});

test('workers: with a second owner there are two, for good', (t) => {
  const { workers, ask, wait, router } = routerWorld(t, { idleMs: 1000 });
  ask('one', 'one', 'a');
  ready(workers[0]).answer();
  ask('one', 'two', 'b');
  workers[0]?.answer();
  wait(20);
  assert.equal(workers.length, 1);
  ask('two', 'three', 'c');
  workers[0]?.answer();
  wait(20);
  assert.equal(workers.length, 2);
  ready(workers[1]);
  wait(5000);
  wait(20);
  assert.equal(router.workers, 2);
});
