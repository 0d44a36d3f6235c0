import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready, routerWorld } from '../../../test/support/fake-sql-workers.ts';
import { WorkerFrame } from './wire.ts';

test('call: what waits for a resource goes in one round, in order', (t) => {
  const { workers, answers, ask } = routerWorld(t);
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
  const { workers, ask, wait } = routerWorld(t);
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
  const { router, workers, ask, wait } = routerWorld(t);
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
  const { workers, ask, wait } = routerWorld(t);
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
  const { workers, ask, wait } = routerWorld(t);
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
  const { workers, answers, troubles, ask, wait } = routerWorld(t);
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
  const { workers, answers, ask, wait } = routerWorld(t);
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
  const { workers, answers, ask } = routerWorld(t);
  ask('app', 'db', 'a');
  ask('app', 'db', 'b');
  const worker = ready(workers[0]);
  worker.frame(WorkerFrame.committing);
  worker.die();
  assert.deepEqual(answers, ['a=lost', 'b=lost']);
});

test('handover: what a worker leaves of a resource is given to whoever has it next', (t) => {
  const { workers, ask } = routerWorld(t);
  const given = (): (string | undefined)[] => workers.map(({ rounds }) => rounds.at(-1)?.handover);
  ask('app', 'db', 'a');
  const first = ready(workers[0]);
  first.frame(WorkerFrame.handover, 0, 'left by a');
  first.answer();
  ask('app', 'db', 'b');
  ask('app', 'other', 'c');
  assert.deepEqual(given(), ['left by a']);
  first.answer();
  assert.deepEqual(given(), ['']);
  first.die();
  ask('app', 'db', 'd');
  ready(workers[1]);
  assert.deepEqual(given(), ['', 'left by a']);
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
  'more left than any leaves': [WorkerFrame.handover, 'x'.repeat(1000)],
};
for (const [what, [kind, payload]] of Object.entries(ODD_FRAMES))
  test(`odd words: ${what}: the worker is killed`, (t) => {
    const { workers, answers, troubles, ask } = routerWorld(t);
    ask('app', 'db', 'a');
    const worker = ready(workers[0]);
    worker.frame(kind, 0, payload);
    assert.deepEqual([worker.isKilled, answers], [true, ['a=lost']]);
    assert.deepEqual(troubles, ['a SQL process said what none of ours says, as one that was taken over, and was killed']);
  });

test('tick: a worker that takes too much memory is ended', (t) => {
  const { workers, answers, ask, wait, memory } = routerWorld(t);
  ask('app', 'db', 'large');
  ready(workers[0]);
  memory.bytes = 101;
  wait(20);
  assert.deepEqual(answers, []);
  wait(50);
  assert.deepEqual(answers, ['large=memory']);
});

test('tick: a worker that a query has left large is replaced before the next is blamed for it', (t) => {
  const { workers, answers, ask, wait, memory } = routerWorld(t);
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
  const { answers, ask, wait } = routerWorld(t, { queueMs: 500 });
  for (let at = 0; at < 5001; at++) ask('app', 'db', 'x');
  assert.deepEqual(answers, ['x=too many']);
  wait(501);
  assert.equal(answers.length, 5001);
  assert.equal(answers.at(-1), 'x=too long');
});

test('gone: workers that do not start are tried again, ever more slowly', (t) => {
  const { workers, ask, wait, answers } = routerWorld(t);
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
  const { workers, answers, ask } = routerWorld(t);
  ask('app', 'db', 'a');
  ready(workers[0]).answer();
  workers[0]?.die();
  ask('app', 'db', 'b');
  ready(workers[1]).answer();
  assert.equal(workers[0]?.rounds.length, 1);
  assert.deepEqual(answers, ['a=a!', 'b=b!']);
});

test('a worker that does not get ready: another is started beside it, and it is killed in the end', (t) => {
  const { workers, answers, ask, wait } = routerWorld(t, { roundMs: 3000, queueMs: 60_000 });
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
  const { workers, answers, ask } = routerWorld(t);
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
  const { workers, ask, wait } = routerWorld(t, { most: 2, mostPerOwner: 1, groupOf: (key) => key.charAt(0) });
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
