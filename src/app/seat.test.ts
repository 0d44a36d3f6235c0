import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IsolatePool, type Prepared, SwitchableInbox } from '../isolate/pool.ts';
import type { Inbox } from '../isolate/realm.ts';
import { ContextSeats, IsolateSeats } from './seat.ts';

class FakeIsolate {
  isDisposed = false;
  hitLimit: boolean | undefined;
  cpuTime = 0n;
  contexts = 0;
  async createRealm(): Promise<{ release(): void }> {
    if (this.isDisposed) throw new Error('Isolate is disposed');
    this.contexts++;
    return { release: () => {} };
  }
  dispose(): void {
    this.isDisposed = true;
  }
  discard(hitLimit: boolean): void {
    this.isDisposed = true;
    this.hitLimit = hitLimit;
  }
}

/** A pool of isolates without V8. */
class FakePool {
  readonly made: FakeIsolate[] = [];
  failing = false;
  async take(): Promise<Prepared> {
    if (this.failing) throw new Error('no memory');
    const isolate = new FakeIsolate();
    this.made.push(isolate);
    return { isolate, realm: {}, inbox: new SwitchableInbox(), wasSpare: false, started: () => {} } as unknown as Prepared;
  }
  get alive(): number {
    return this.made.filter((isolate) => !isolate.isDisposed).length;
  }
}

function setUp(): { pool: FakePool; seats: ContextSeats } {
  const pool = new FakePool();
  return { pool, seats: new ContextSeats(pool as unknown as IsolatePool, 128, () => {}) };
}

test('IsolateSeats: an isolate for each, which goes with its seat', async () => {
  const pool = new FakePool();
  const seats = new IsolateSeats(pool as unknown as IsolatePool, 128, () => {});
  const [first, second, third] = [await seats.take(), await seats.take(), await seats.take()];
  assert.notEqual(first.isolate, second.isolate);
  first.release(false);
  assert.equal(pool.alive, 2);
  second.release(true);
  third.close();
  assert.equal(pool.alive, 0);
  assert.deepEqual(
    pool.made.map(({ hitLimit }) => hitLimit),
    [false, true, undefined],
  );
});

test('connect: points the messages of the seat at its owner', async () => {
  const pool = new FakePool();
  let inbox: SwitchableInbox | undefined;
  pool.take = async () => {
    inbox = new SwitchableInbox();
    return { isolate: new FakeIsolate(), realm: {}, inbox, wasSpare: true, started: () => {} } as unknown as Prepared;
  };
  const seat = await new IsolateSeats(pool as unknown as IsolatePool, 128, () => {}).take();
  const sent: unknown[] = [];
  inbox?.send(1, 2, []);
  assert.equal(inbox?.call(1, 2), undefined);
  seat.connect({ send: (...args) => sent.push(args), call: (...args) => args } as Inbox);
  inbox?.send(1, 2, [3]);
  assert.deepEqual(sent, [[1, 2, [3]]]);
  assert.deepEqual(inbox?.call(1, 2, 3), [1, 2, 3]);
});

test('ContextSeats: seats share an isolate and its turns', async () => {
  const { pool, seats } = setUp();
  const [first, second] = await Promise.all([seats.take(), seats.take()]);
  assert.equal(first.isolate, second.isolate);
  assert.equal(first.turns, second.turns);
  assert.equal(pool.made[0]?.contexts, 2);
  first.release(false);
  second.release(false);
  assert.equal(pool.alive, 1);
  seats.dispose();
  await Promise.resolve();
  assert.equal(pool.alive, 0);
});

test('ContextSeats: an isolate in doubt gets no more seats, and goes with its last', async () => {
  const { pool, seats } = setUp();
  const [first, second] = await Promise.all([seats.take(), seats.take()]);
  first.release(true);
  const third = await seats.take();
  assert.notEqual(third.isolate, first.isolate);
  assert.equal(pool.alive, 2);
  second.release(false);
  assert.equal(pool.alive, 1);
});

test('ContextSeats: many seats taken at once over the end of an isolate are all good', async () => {
  const { pool, seats } = setUp();
  for (let i = 0; i < 499; i++) (await seats.take()).release(false);
  const taken = await Promise.all(Array.from({ length: 10 }, () => seats.take()));
  for (const seat of taken) assert.equal(seat.isolate.isDisposed, false);
  assert.equal(new Set(taken.map((seat) => seat.isolate)).size, 2);
  for (const seat of taken) seat.release(false);
  assert.equal(pool.alive, 1);
});

test('ContextSeats: an isolate that was lost is replaced', async () => {
  const { pool, seats } = setUp();
  const first = await seats.take();
  first.isolate.dispose();
  const [second, third] = await Promise.all([seats.take(), seats.take()]);
  assert.equal(second.isolate, third.isolate);
  assert.equal(pool.made.length, 2);
});

test('ContextSeats: an isolate that cannot be had is asked for again', async () => {
  const { pool, seats } = setUp();
  pool.failing = true;
  await assert.rejects(seats.take(), /no memory/);
  pool.failing = false;
  assert.equal((await seats.take()).isolate.isDisposed, false);
});

test('ContextSeats: a seat taken after the end takes its isolate along', async () => {
  const { pool, seats } = setUp();
  seats.dispose();
  const seat = await seats.take();
  await Promise.resolve();
  assert.equal(pool.alive, 1);
  seat.release(false);
  assert.equal(pool.alive, 0);
});
