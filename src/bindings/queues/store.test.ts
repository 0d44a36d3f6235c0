import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import type { StoreAddress } from '../../ports/stores.ts';
import { Accounts } from '../../storage/accounts.ts';
import { Database } from '../../storage/database.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { type Batch, type Demand, type LeasedMessage, type NewMessage, QUEUES_ID, type QueueMetrics, type Settled } from './messages.ts';
import { idOf, pack, unpack } from './parcels.ts';
import { queuesProduct } from './store.ts';

const demand: Demand = { queue: 'q', batchSize: 3, batchTimeoutMs: 1000, maxConcurrency: 1, owner: 'boot/1', maxRetries: 1, leaseMs: 60_000 };

const QUEUES: StoreAddress = { product: 'queues', group: 'default', id: QUEUES_ID };

type Opened = Batch & { messages: LeasedMessage[] };

const text = (body: string): { type: 'text'; body: string; size: number } => ({ type: 'text', body, size: Buffer.byteLength(body) });

/** A batch with all its messages one by one. */
function opened(batch: Batch): Opened {
  const messages = batch.parts.flatMap((part): LeasedMessage[] =>
    'parcel' in part
      ? unpack(part.parcel).map(({ type, body }, index) => ({ seq: part.seq - index, id: idOf(part.id, index), sent: part.sent, attempts: 1, type, body }))
      : [part],
  );
  return { ...batch, messages };
}

class Bench {
  now = 1_000_000;
  readonly notices: unknown[] = [];
  #host: StoreHost;
  readonly #root: string;
  readonly accounts = new Accounts();

  constructor(t: TestContext) {
    this.#root = folder({});
    this.#host = this.#open();
    t.after(async () => {
      this.#host.close();
      await rm(this.#root, { recursive: true, force: true });
    });
  }

  #open(): StoreHost {
    return new StoreHost({
      root: this.#root,
      fsync: 'normal',
      products: [queuesProduct],
      now: () => this.now,
      accounts: this.accounts,
      onNotify: (_address, topic, detail) => this.notices.push([topic, detail]),
    });
  }

  /** As after the end of the store process. */
  reopen(): void {
    this.#host.close();
    this.#host = this.#open();
  }

  tick(): void {
    this.#host.tick();
  }

  rows(sql: string): unknown[] {
    const db = new DatabaseSync(this.#file);
    const rows = db.prepare(sql).all();
    db.close();
    return rows.map((row) => ({ ...row }));
  }

  /** Changes the database while no store is open. */
  alter(sql: string): void {
    this.#host.close();
    const db = new Database(this.#file, { fsync: 'normal', migrations: queuesProduct.migrations });
    db.exec(sql);
    db.close();
    this.#host = this.#open();
  }

  get #file(): string {
    return placeOf(this.#root, QUEUES).file;
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    return this.#host.call(QUEUES, method, args) as Promise<T>;
  }

  send(...bodies: string[]): Promise<QueueMetrics> {
    return this.call('send', 'q', [pack(bodies.map(text))], []);
  }

  later(delayMs: number, ...bodies: string[]): Promise<QueueMetrics> {
    return this.call(
      'send',
      'q',
      [],
      bodies.map((body): NewMessage => ({ ...text(body), delayMs })),
    );
  }

  /** Bodies of the next batch, each with its attempts. */
  async next(changes: Partial<Demand> = {}, settlement: unknown = null): Promise<{ batch: Opened; shown: string[] }> {
    const batch = opened(await this.call<Batch>('next', { ...demand, ...changes }, settlement));
    return { batch, shown: batch.messages.map(({ body, attempts }) => `${String(body)} ${attempts}`) };
  }

  /** Notices come after the commit, in a later turn. */
  async noticed(): Promise<unknown[]> {
    await this.call('metrics', 'q');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    return this.notices.splice(0);
  }
}

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
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0 })).shown, ['a 2']);
  bench.now += 60_001;
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0, maxRetries: 9, owner: 'other/1' })).shown, ['a 3']);
  await bench.call('watch', 'boot', watched);
  assert.deepEqual((await bench.next({ batchTimeoutMs: 0, maxRetries: 9 })).shown, ['a 4']);
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
  await bench.next();
  assert.deepEqual(await bench.noticed(), []);
  bench.now += 60_001;
  await bench.next({ queue: 'other' });
  assert.deepEqual(await bench.noticed(), [['due', 'q']]);
});

test('notices: come for what was handed out in a commit that failed', async (t) => {
  const bench = new Bench(t);
  // A lease can be made, and not committed.
  bench.alter(`CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER orphan AFTER INSERT ON leases BEGIN INSERT INTO children VALUES (1); END;`);
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
  const { batch, shown } = await bench.next({ maxConcurrency: 2, batchTimeoutMs: 0 });
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
