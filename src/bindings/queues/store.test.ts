import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueMetrics, Settled } from './messages.ts';
import { pack } from './parcels.ts';
import { Bench, demand, text } from './store.fixture.ts';

const watched = [{ queue: 'q', batchSize: 3, batchTimeoutMs: 1000, maxConcurrency: 1 }];

test('next: a batch when it is full, or when its first message has waited', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b');
  assert.deepEqual((await bench.next()).shown, []);
  bench.now += 1000;
  const { batch, shown } = await bench.next();
  assert.deepEqual(shown, ['a 1', 'b 1']);
  assert.deepEqual((await bench.next()).shown, [], 'one batch at a time');
  await bench.send('c', 'd', 'e', 'f');
  assert.deepEqual((await bench.next({}, { lease: batch.lease, retried: [] })).shown, ['c 1', 'd 1', 'e 1']);
});

test('settle: what is not to be tried again is gone, and settling twice does nothing', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c');
  const { batch } = await bench.next();
  const settlement = { lease: batch.lease, retried: [{ seq: batch.messages[1]?.seq, delayMs: 5000 }] };
  await bench.call('settle', demand, settlement);
  await bench.call('settle', demand, settlement);
  assert.deepEqual(await bench.call('metrics', 'q'), { backlogCount: 1, backlogBytes: 1, oldestMessageTimestamp: 1_000_000 });
  bench.now += 4000;
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, []);
  bench.now += 1000;
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['b 2']);
});

test('settle: after the last attempt a message is dropped, or goes to the dead-letter queue with its id', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c');
  for (let attempt = 1; attempt <= 2; attempt++) {
    const { batch } = await bench.next({ batchTimeoutMs: 0 });
    const retried = batch.messages.map(({ seq }) => ({ seq, delayMs: 0 }));
    const deadLetterQueue = attempt === 2 ? 'dead' : undefined;
    const { dead, dropped } = await bench.call<Settled>('settle', { ...demand, deadLetterQueue }, { lease: batch.lease, retried });
    assert.deepEqual([dead.length, dropped.length], [attempt === 2 ? 3 : 0, 0]);
    if (attempt < 2) continue;
    const moved = await bench.next({ queue: 'dead', batchTimeoutMs: 0 });
    assert.deepEqual(moved.shown, ['a 1', 'b 1', 'c 1']);
    assert.deepEqual(
      moved.batch.messages.map(({ id }) => id),
      dead,
    );
  }
  assert.equal((await bench.call<QueueMetrics>('metrics', 'q')).backlogCount, 0);
  await bench.send('x');
  const { batch } = await bench.next({ batchTimeoutMs: 0, maxRetries: 0 });
  const settled = await bench.call<Settled>(
    'settle',
    { ...demand, maxRetries: 0 },
    { lease: batch.lease, retried: [{ seq: batch.messages[0]?.seq, delayMs: 0 }] },
  );
  assert.deepEqual(settled.dropped, [batch.messages[0]?.id]);
});

test('a lease: given back when its holder is gone, when it runs out, and when another server has taken over', async (t) => {
  const bench = new Bench(t);
  await bench.send('a');
  await bench.next({ batchTimeoutMs: 0 });
  bench.reopen();
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, [], 'a lease outlives the store process');
  assert.equal(await bench.call('release', 'boot/12'), 0);
  assert.equal(await bench.call('release', 'boot/1'), 1);
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, [], 'what its holder has asked for comes in late');
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0, owner: 'boot/2' })).shown, ['a 2']);
  bench.now += 60_001;
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0, maxRetries: 9, owner: 'other/1' })).shown, ['a 3']);
  await bench.call('watch', 'boot', watched);
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0, maxRetries: 9, owner: 'boot/3' })).shown, ['a 4']);
});

test('next: a message that was never settled in all its attempts is not handed out again', async (t) => {
  const bench = new Bench(t);
  await bench.send('poison', 'good');
  for (let attempt = 1; attempt <= 2; attempt++) {
    assert.equal((await bench.next({ batchTimeoutMs: 0, batchSize: 1 })).shown[0], `poison ${attempt}`);
    await bench.call('release', 'boot');
  }
  const { batch, shown } = await bench.next({ batchTimeoutMs: 0, batchSize: 1, deadLetterQueue: 'dead' });
  assert.equal(batch.dead.length, 1);
  assert.deepEqual(shown, ['good 1']);
});

test('next: counts stay true where all that could be handed out has had its attempts', async (t) => {
  const bench = new Bench(t);
  await bench.send('poison');
  for (let attempt = 1; attempt <= 2; attempt++) {
    await bench.next({ batchTimeoutMs: 0 });
    await bench.call('release', 'boot');
  }
  const { batch, shown } = await bench.next({ batchTimeoutMs: 0, deadLetterQueue: 'q' });
  assert.deepEqual([batch.dead.length, shown], [1, ['poison 1']], 'a queue may be its own for dead letters');
  await bench.call('release', 'boot');
  await bench.next({ batchTimeoutMs: 0 });
  await bench.call('release', 'boot');
  const last = await bench.next({ batchTimeoutMs: 0 });
  assert.deepEqual([last.batch.dropped.length, last.shown, last.batch.metrics.backlogCount], [1, [], 0]);
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 0, bytes: 0 }]);
});

test('notices: once, when a batch is due; again after somebody has asked', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  await bench.send('a', 'b');
  assert.deepEqual(await bench.noticed(), []);
  await bench.send('c');
  await bench.send('d', 'e', 'f');
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
  const { batch } = await bench.next();
  assert.deepEqual(await bench.noticed(), [], 'one batch at a time');
  await bench.call('settle', demand, { lease: batch.lease, retried: [] });
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
});

test('notices: what was sent while a batch was in hand is due when that is given back, or has run out', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  await bench.send('a', 'b', 'c');
  await bench.next();
  await bench.send('d', 'e', 'f');
  bench.notices.length = 0;
  assert.deepEqual(await bench.noticed(), [], 'one batch at a time');
  await bench.call('release', 'boot/1');
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
  await bench.next({ owner: 'boot/2' });
  assert.deepEqual(await bench.noticed(), []);
  bench.now += 60_001;
  await bench.next({ queue: 'other' });
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
});

/** A lease can be made, and not committed. */
const UNCOMMITTED = `CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
  CREATE TRIGGER orphan AFTER INSERT ON leases BEGIN INSERT INTO children VALUES (1); END;`;

test('notices: come for what was handed out in a commit that failed', async (t) => {
  const bench = new Bench(t);
  bench.alter(UNCOMMITTED);
  await bench.call('watch', 'boot', watched);
  await bench.send('a', 'b', 'c');
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
  await assert.rejects(bench.next());
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
});

test('pause: messages are taken in and not handed out', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  await bench.call('pause', 'q', true);
  await bench.send('a', 'b', 'c');
  assert.deepEqual(await bench.noticed(), []);
  assert.deepEqual((await bench.next()).shown, []);
  await bench.call('pause', 'q', false);
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
  assert.equal((await bench.next()).shown.length, 3);
});

test('purge, list and info: what the command line asks for', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'bc', 'd', 'e');
  await bench.next();
  assert.equal(await bench.call('purge', 'q'), 1);
  assert.deepEqual(await bench.call('list'), [{ name: 'q', count: 3, bytes: 4, paused: false }]);
  assert.deepEqual(await bench.call('info', 'q'), { name: 'q', count: 3, bytes: 4, paused: false, leased: 3, delayed: 0, attempts: 1, oldest: 1_000_000 });
  assert.equal(await bench.call('info', 'none'), null);
});

test('retention: what nobody has consumed in four days is dropped', async (t) => {
  const bench = new Bench(t);
  await bench.send('old');
  bench.now += 86_400_000;
  await bench.send('newer');
  bench.now += 3 * 86_400_000 + 1;
  bench.tick();
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['newer 1']);
  assert.equal((await bench.call<QueueMetrics>('metrics', 'q')).backlogCount, 1);
});

test('send: what queues hold counts for whoever pays for each, until it is consumed or purged', async (t) => {
  const bench = new Bench(t);
  bench.accounts.set([
    { app: 'one', limit: 1000, elsewhere: 0, stores: [{ product: 'queues', group: 'default', id: 'q' }] },
    { app: 'two', limit: 1000, elsewhere: 0, stores: [{ product: 'queues', group: 'default', id: 'other' }] },
  ]);
  const free = (id: string): number => bench.accounts.free({ product: 'queues', group: 'default', id });
  await bench.send('a'.repeat(100), 'b'.repeat(100));
  assert.deepEqual([free('q'), free('other')], [1000 - 2 * 356, 1000]);
  await assert.rejects(bench.send('c'.repeat(100)), { name: 'QuotaExceeded' });
  assert.equal((await bench.call<QueueMetrics>('metrics', 'q')).backlogCount, 2);
  await bench.call('send', 'other', [pack([text('x')])], []);
  bench.reopen();
  await bench.call('metrics', 'q');
  assert.equal(free('q'), 1000 - 2 * 356);
  bench.now += 1000;
  const { batch } = await bench.next();
  await bench.next({}, { lease: batch.lease, retried: [] });
  assert.equal(free('q'), 1000);
  await bench.send('d');
  await bench.call('purge', 'q');
  assert.equal(free('q'), 1000);
});

test('next: a consumer that waits gets what comes, without a notice', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  const waiting = bench.next({ waitMs: 60_000 });
  await bench.send('a', 'b', 'c');
  assert.deepEqual((await waiting).shown, ['a 1', 'b 1', 'c 1']);
  assert.deepEqual(await bench.noticed(), []);
});

test('next: a consumer that waits is told when nothing comes, and when it is gone gets nothing that does', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  assert.equal((await bench.next({ waitMs: 1 })).batch.lease, 0);
  const waiting = bench.next({ owner: 'boot/1', waitMs: 60_000 });
  await bench.call('metrics', 'q');
  await bench.call('release', 'boot/1');
  assert.equal((await waiting).batch.lease, 0);
  await bench.send('a', 'b', 'c');
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
});

test('next: what settles a batch is done with before its consumer waits', async (t) => {
  const bench = new Bench(t);
  await bench.call('watch', 'boot', watched);
  await bench.send('a', 'b', 'c');
  const { batch } = await bench.next();
  const waiting = bench.next({ waitMs: 60_000 }, { lease: batch.lease, retried: [] });
  assert.deepEqual(await bench.call('metrics', 'q'), { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 });
  bench.reopen();
  assert.equal((await waiting).batch.lease, 0);
});

test('next: who waits is handed one batch, and what comes with it is for others', async (t) => {
  const bench = new Bench(t);
  const changes = { batchSize: 1, maxConcurrency: 2, batchTimeoutMs: 0 };
  await bench.call('watch', 'boot', [{ ...demand, ...changes }]);
  const waiting = bench.next({ ...changes, waitMs: 60_000 });
  await bench.call('metrics', 'q');
  // Of one round, and written in two parts.
  const sent = [bench.send('a'), bench.call('metrics', 'q'), bench.send('b')];
  assert.deepEqual((await waiting).shown, ['a 1']);
  await Promise.all(sent);
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
  assert.deepEqual((await bench.next({ ...changes, owner: 'boot/2' })).shown, ['b 1']);
});

test('next: who waits is told of nothing when the commit that was for them fails', async (t) => {
  const bench = new Bench(t);
  bench.alter(UNCOMMITTED);
  await bench.call('watch', 'boot', watched);
  const waiting = bench.next({ waitMs: 60_000 });
  await bench.call('metrics', 'q');
  await assert.rejects(bench.send('a', 'b', 'c'));
  assert.equal((await waiting).batch.lease, 0);
});

test('next, settle and watch: what no consumer of ours asks for is refused, whatever it is', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c', 'd');
  const refused = { name: 'TypeError', message: 'Invalid call.' };
  const hostile: object[] = [
    { batchSize: 1e9 },
    { batchSize: -1 },
    { batchSize: 0.5 },
    { batchTimeoutMs: Number.NaN },
    { waitMs: 1e9 },
    { waitMs: Number.NaN },
  ];
  hostile.push({ leaseMs: Number.POSITIVE_INFINITY }, { maxConcurrency: '9' }, { maxRetries: -1 }, { owner: {} }, { owner: 'o'.repeat(1000) }, { queue: 7 });
  hostile.push({ deadLetterQueue: null });
  for (const changes of hostile) await assert.rejects(bench.next(changes), refused, JSON.stringify(changes));
  for (const nothing of [null, undefined, 7]) await assert.rejects(bench.call('next', nothing, null), refused);
  const settlements = [{}, 7, { lease: 1 }, { lease: 1, retried: [null] }, { lease: 1, retried: [{ seq: 1, delayMs: -1 }] }, { lease: 0.5, retried: [] }];
  for (const settlement of [...settlements, { lease: 1, retried: new Array(1000).fill({ seq: 1, delayMs: 0 }) }]) {
    await assert.rejects(bench.next({}, settlement), refused, JSON.stringify(settlement));
    await assert.rejects(bench.call('settle', demand, settlement), refused);
  }
  await assert.rejects(bench.call('watch', 'boot', [{ ...demand, batchTimeoutMs: Number.NaN }]), refused);
  assert.deepEqual((await bench.next()).shown, ['a 1', 'b 1', 'c 1']);
});

test('next: so many consumers wait, and no more', async (t) => {
  const bench = new Bench(t);
  const waiting = Array.from({ length: 500 }, (_, i) => bench.next({ owner: `boot/${i}`, waitMs: 60_000 }));
  await bench.next({ owner: 'boot/late', waitMs: 60_000 });
  bench.call('release', 'boot/7');
  await waiting[7];
});
