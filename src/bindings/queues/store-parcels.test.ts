import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreAddress } from '../../ports/stores.ts';
import type { Settled } from './messages.ts';
import { pack } from './parcels.ts';
import { queuesProduct } from './store.ts';
import { Bench, demand, text } from './store.fixture.ts';

const watched = [{ queue: 'q', batchSize: 3, batchTimeoutMs: 1000, maxConcurrency: 1 }];

test('send: what comes in one round is one row, and every answer counts all of it', async (t) => {
  const bench = new Bench(t);
  const answers = await Promise.all([bench.send('a', 'b'), bench.later(5000, 'late'), bench.send('c'), bench.call('metrics', 'q'), bench.send('d')]);
  const all = { backlogCount: 5, backlogBytes: 8, oldestMessageTimestamp: 1_000_000 };
  // A question among them is answered with what was sent before it.
  const before = { ...all, backlogCount: 4, backlogBytes: 7 };
  assert.deepEqual(answers, [before, before, before, before, all]);
  assert.deepEqual(bench.rows('SELECT count FROM parcels ORDER BY place'), [{ count: 3 }, { count: 1 }]);
  const { batch, shown } = await bench.next({ batchSize: 10, batchTimeoutMs: 0 });
  assert.deepEqual(shown, ['a 1', 'b 1', 'c 1', 'd 1']);
  assert.equal(new Set(batch.messages.map(({ id }) => id)).size, 4);
  for (const { id } of batch.messages) assert.match(id, /^[0-9a-f]{32}$/);
  bench.now += 5000;
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 }, { lease: batch.lease, retried: [] })).shown, ['late 1']);
});

test('send: a row holds no more than a batch may, and no more than is well read at once', async (t) => {
  const bench = new Bench(t);
  const large = 'x'.repeat(100_000);
  const many = Array.from({ length: 60 }, (_, index) => `${index}`);
  await Promise.all([bench.send(...many), bench.send(...many), bench.send('a'), bench.send(large, large), bench.send(large), bench.send('b')]);
  assert.deepEqual(bench.rows('SELECT count FROM parcels ORDER BY place'), [{ count: 60 }, { count: 63 }, { count: 2 }]);
  const { batch, shown } = await bench.next({ batchSize: 100 });
  assert.deepEqual(
    shown,
    [...many, ...many.slice(0, 40)].map((body) => `${body} 1`),
  );
  const rest = await bench.next({ batchSize: 100, batchTimeoutMs: 0 }, { lease: batch.lease, retried: [] });
  assert.equal(rest.shown.join(), [...many.slice(40), 'a', large, large, large, 'b'].map((body) => `${body} 1`).join());
});

test('next: a batch takes a part of what was sent together, and what was sent apart', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  bench.now++;
  await bench.send('i', 'j');
  const ids = new Set<string>();
  let settlement: unknown = null;
  const batches: string[] = [];
  for (let count = 0; count < 4; count++) {
    const { batch, shown } = await bench.next({ batchTimeoutMs: 0 }, settlement);
    for (const { id } of batch.messages) ids.add(id);
    batches.push(shown.join());
    settlement = { lease: batch.lease, retried: [] };
  }
  assert.deepEqual(batches, ['a 1,b 1,c 1', 'd 1,e 1,f 1', 'g 1,h 1,i 1', 'j 1']);
  assert.equal(ids.size, 10);
  await bench.next({}, settlement);
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 0, bytes: 0 }]);
  assert.deepEqual(bench.rows('SELECT * FROM parcels'), []);
});

test('next: messages that are tried again come before those that are younger', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b');
  const { batch } = await bench.next({ batchTimeoutMs: 0 });
  bench.now += 1000;
  await bench.send('c');
  const again = { lease: batch.lease, retried: batch.messages.map(({ seq }) => ({ seq, delayMs: 0 })) };
  await bench.call('settle', demand, again);
  bench.now += 1000;
  await bench.send('d', 'e');
  assert.deepEqual((await bench.next({ batchSize: 4 })).shown, ['a 2', 'b 2', 'c 1', 'd 1']);
});

test('a lease that nobody settles: its messages have had an attempt, each counts on its own from then on', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c', 'd');
  const { batch: first } = await bench.next({ maxConcurrency: 2 });
  const { batch: second } = await bench.next({ maxConcurrency: 2, owner: 'boot/2', batchTimeoutMs: 0 });
  assert.deepEqual(
    second.messages.map(({ body }) => body),
    ['d'],
  );
  bench.reopen();
  assert.equal(await bench.call('release', 'boot/1'), 1);
  // The others of its time are still somebody's.
  const { batch, shown } = await bench.next({ maxConcurrency: 2, batchTimeoutMs: 0, owner: 'boot/3' });
  assert.deepEqual(shown, ['a 2', 'b 2', 'c 2']);
  assert.deepEqual(
    batch.messages.map(({ id, sent }) => [id, sent]),
    first.messages.map(({ id, sent }) => [id, sent]),
  );
  await bench.call('settle', demand, { lease: second.lease, retried: [] });
  const { dropped } = await bench.call<Settled>('settle', demand, { lease: batch.lease, retried: [{ seq: batch.messages[1]?.seq, delayMs: 0 }] });
  assert.deepEqual(dropped, [batch.messages[1]?.id], 'that was its second attempt');
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 0, bytes: 0 }]);
});

test('settle: without retries a message goes to the dead-letter queue at once, and a seq of another lease is nobody', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c');
  const { batch } = await bench.next({ maxRetries: 0 });
  const retried = [
    { seq: batch.messages[1]?.seq, delayMs: 0 },
    { seq: -99, delayMs: 0 },
    { seq: 99, delayMs: 0 },
  ];
  const { dead } = await bench.call<Settled>('settle', { ...demand, maxRetries: 0, deadLetterQueue: 'dead' }, { lease: batch.lease, retried });
  assert.deepEqual(dead, [batch.messages[1]?.id]);
  assert.deepEqual(bench.rows('SELECT name, count, bytes FROM queues ORDER BY name'), [
    { name: 'dead', count: 1, bytes: 1 },
    { name: 'q', count: 0, bytes: 0 },
  ]);
  assert.deepEqual((await bench.next({ queue: 'dead', batchTimeoutMs: 0 })).shown, ['b 1']);
});

test('send: the room for what comes in one round is given out once', async (t) => {
  const bench = new Bench(t);
  const stores = ['q', 'other'].map((id) => ({ product: 'queues', group: 'default', id }));
  bench.accounts.set([{ app: 'one', limit: 1000, elsewhere: 0, stores }]);
  const results = await Promise.allSettled([
    bench.send('a'.repeat(244)),
    bench.call('send', 'other', [pack([text('b'.repeat(244))])], []),
    bench.send('c'),
    bench.call('send', 'nowhere', [pack([text('d')])], []),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal(bench.accounts.free(stores[0] as StoreAddress), 0);
});

test('send: refuses what only an engine that was taken over sends, and nobody else is hurt', async (t) => {
  const bench = new Bench(t);
  const message = { ...text('a'), delayMs: 0 };
  const wrong = [
    { ...message, body: 5 },
    { ...message, type: 'image' },
    { ...message, type: 'bytes' },
    { ...message, size: Number.NaN },
    { ...message, delayMs: -1 },
    null,
  ];
  const results = await Promise.allSettled([
    ...wrong.map((one) => bench.call('send', 'q', [], [message, one])),
    bench.call('send', 'q', [new Uint8Array(20)], []),
    bench.call('send', 'q', new Uint8Array(20), []),
    bench.call('send', 'q', [{}], []),
    bench.call('send', 'q', {}, []),
    bench.call('send', 'q', null, 5),
    bench.call('send', 'q', [], 5),
    bench.send('good'),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status).filter((status) => status === 'fulfilled'),
    ['fulfilled'],
  );
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['good 1']);
});

test('numbers: when a queue has run out of them messages get rows of their own, and when it is empty they begin anew', async (t) => {
  const bench = new Bench(t);
  await bench.send('first');
  bench.alter('UPDATE queues SET head = 8589934591, tail = 8589934591; DELETE FROM parcels; UPDATE queues SET count = 0, bytes = 0');
  await bench.send('a', 'b');
  const { batch, shown } = await bench.next({ batchTimeoutMs: 0 });
  assert.deepEqual(shown, ['a 1', 'b 1']);
  await bench.next({}, { lease: batch.lease, retried: [] });
  assert.deepEqual(bench.rows('SELECT head, tail, count FROM queues'), [{ head: 1, tail: 1, count: 0 }]);
  await bench.send('c');
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['c 1']);
});

test('migration: what lies in queues from before parcels is delivered, whoever held it', async (t) => {
  const bench = new Bench(t);
  bench.alter(`DROP TABLE parcels; DROP TABLE queues; DROP TABLE leases; DROP TABLE messages; ${queuesProduct.migrations[0]}; PRAGMA user_version = 1;
    INSERT INTO queues (id, name, count, bytes) VALUES (7, 'q', 3, 9);
    INSERT INTO leases (id, queue, owner, until) VALUES (4, 7, 'earlier/1', 9000000), (5, 7, 'boot/1', 9000000);
    INSERT INTO messages (seq, queue, id, sent, entered, lease, due, attempts, type, size, body) VALUES
      (1, 7, 'aa', 5, 5, 0, 5, 0, 'text', 3, 'one'), (2, 7, 'bb', 6, 6, 4, 6, 1, 'json', 3, '"2"'), (3, 7, 'cc', 7, 7, 5, 7, 1, 'bytes', 3, x'010203');`);
  await bench.call('settle', demand, { lease: 5, retried: [] });
  await bench.call('watch', 'boot', watched);
  await bench.send('new');
  const { batch, shown } = await bench.next();
  assert.deepEqual(shown, ['one 1', '"2" 2', 'new 1']);
  assert.deepEqual(batch.metrics, { backlogCount: 3, backlogBytes: 9, oldestMessageTimestamp: 5 });
  await bench.next({}, { lease: batch.lease, retried: [] });
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 0, bytes: 0 }]);
  assert.deepEqual([...bench.rows('SELECT 1 FROM messages'), ...bench.rows('SELECT 1 FROM parcels'), ...bench.rows('SELECT 1 FROM leases')], []);
});

test('migration: a batch of a parcel that was handed out before stays with its holder', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c');
  const { batch } = await bench.next({ batchSize: 2 });
  // As it was in version 2.
  bench.alter(`ALTER TABLE leases RENAME TO now;
    CREATE TABLE leases (id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
      first INTEGER NOT NULL DEFAULT 0, after INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, singles INTEGER NOT NULL DEFAULT 1);
    CREATE INDEX leases_queue ON leases (queue);
    INSERT INTO leases SELECT id, queue, owner, until, first, after, bytes, singles FROM now; DROP TABLE now; PRAGMA user_version = 2;`);
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, [], 'one batch at a time');
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 }, { lease: batch.lease, retried: [] })).shown, ['c 1']);
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 1, bytes: 1 }]);
});

test('retention, purge and info: what is handed out stays, and counts stay true', async (t) => {
  const bench = new Bench(t);
  await bench.send('a', 'b', 'c', 'd');
  const { batch } = await bench.next();
  assert.deepEqual(await bench.call('info', 'q'), { name: 'q', count: 4, bytes: 4, paused: false, leased: 3, delayed: 0, attempts: 1, oldest: 1_000_000 });
  await bench.later(10 * 86_400_000, 'delayed');
  bench.now += 4 * 86_400_000 + 1;
  bench.tick();
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 3, bytes: 3 }], 'what somebody holds stays');
  bench.tick();
  assert.deepEqual(bench.rows('SELECT count, bytes FROM queues'), [{ count: 0, bytes: 0 }], 'a lease that long has run out');
  assert.equal(batch.messages.length, 3);
  await bench.send('e', 'f');
  assert.equal(await bench.call('purge', 'q'), 2);
  await bench.send('g');
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['g 1']);
});
