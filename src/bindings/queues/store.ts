/**
 * What queues are on disk: every queue of a group in one database, so that a message moves to its dead-letter queue
 * in one commit.
 *
 * Contract: a message is delivered until it is acknowledged, at least once. Whoever takes a batch holds a lease on it;
 * what a lease held that was not settled, because somebody died or time ran out, is delivered again. An attempt counts
 * from the moment it is handed out, so that a message that kills whoever takes it does not do so for ever.
 */
import { randomUUID } from 'node:crypto';
import { OpError } from '../../base/op-error.ts';
import type { OpenStore, StoreContext, StoreProduct } from '../../storage/product.ts';
import { QueueRows, storedBytes } from './rows.ts';
import { type Batch, type Demand, type NewMessage, type QueueMetrics, type Settled, type Settlement, STORAGE_LIMIT, type WatchedQueue } from './messages.ts';
import { Watches } from './watches.ts';

/** @see https://developers.cloudflare.com/queues/platform/limits/ */
const RETENTION_MS = 4 * 86_400_000;
const MOST_BACKLOG_BYTES = 25_000_000_000;

class QueueStore implements OpenStore {
  readonly #context: StoreContext;
  readonly #rows: QueueRows;
  readonly #watches: Watches;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#rows = new QueueRows(context.db, (queue, bytes) => context.quota.chargePart(queue, bytes));
    this.#watches = new Watches(this.#rows, context);
  }

  readonly methods = {
    send: (name: string, messages: readonly NewMessage[]): QueueMetrics => this.#send(name, messages),
    metrics: (name: string): QueueMetrics => this.#rows.metrics(name),
    watch: (boot: string, queues: readonly WatchedQueue[]): null => this.#watch(boot, queues),
    next: (demand: Demand, settlement: Settlement | null): Batch => this.#next(demand, settlement),
    settle: (demand: Demand, settlement: Settlement): Settled => this.#settle(demand, settlement),
    release: (owner: string): number => this.#release(owner),
    list: (): unknown[] => this.#rows.list(),
    info: (name: string): unknown => this.#rows.info(name, this.#context.now()),
    purge: (name: string): number => this.#rows.purge(name),
    pause: (name: string, isPaused: boolean): null => this.#pause(name, isPaused),
  };

  /** Drops what nobody has consumed in four days, and takes back what nobody will settle. */
  tick(): void {
    const now = this.#context.now();
    this.#rows.dropEnteredBefore(now - RETENTION_MS);
    this.#rows.releaseExpired(now);
    this.#watches.checkAll();
  }

  close(): void {
    this.#watches.close();
  }

  #send(name: string, messages: readonly NewMessage[]): QueueMetrics {
    const now = this.#context.now();
    const queue = this.#rows.queue(name);
    let bytes = 0;
    for (const { size } of messages) bytes += size;
    this.#context.quota.checkPart(name, storedBytes(messages.length, bytes));
    if (queue.bytes + bytes > MOST_BACKLOG_BYTES) throw new OpError('Error', STORAGE_LIMIT);
    for (const { type, body, size, delayMs } of messages) {
      // Node keeps random values for these in store: it is cheaper than asking for sixteen bytes.
      const id = randomUUID().replaceAll('-', '');
      this.#rows.insert({ queue: queue.id, id, sent: now, entered: now, due: now + delayMs, type, body, size });
    }
    this.#rows.count(queue.id, messages.length, bytes);
    this.#watches.changed(name);
    return this.#rows.metrics(name);
  }

  /** Says who consumes what, from now on. Leases of an earlier run of the server are void: nobody of it lives. */
  #watch(boot: string, queues: readonly WatchedQueue[]): null {
    this.#rows.releaseOwners((owner) => !owner.startsWith(`${boot}/`));
    this.#watches.set(queues);
    return null;
  }

  #next(demand: Demand, settlement: Settlement | null): Batch {
    const settled = settlement === null ? { dead: [], dropped: [] } : this.#settle(demand, settlement);
    const { queue: name } = demand;
    const now = this.#context.now();
    this.#watches.answered(name);
    this.#rows.releaseExpired(now);
    const queue = this.#rows.queue(name);
    const ready = this.#rows.ready(queue.id, now, demand.batchSize);
    const isDue = ready.count > 0 && (ready.count >= demand.batchSize || ready.since + demand.batchTimeoutMs <= now);
    const isFree = demand.maxConcurrency > this.#rows.leases(queue.id);
    if (queue.paused || !isDue || !isFree) {
      this.#watches.changed(name);
      return { ...settled, lease: 0, messages: [], metrics: this.#rows.metrics(name) };
    }
    const exhausted = this.#rows.exhausted(queue.id, now, demand.maxRetries, demand.batchSize);
    this.#retire(queue.id, exhausted, demand, settled);
    const lease = this.#rows.lease(queue.id, demand.owner, now + demand.leaseMs);
    const messages = this.#rows.take(queue.id, lease, now, demand.batchSize);
    if (messages.length === 0) this.#rows.endLease(lease);
    // There may be enough for a further consumer.
    this.#watches.changed(name);
    return { ...settled, lease: messages.length === 0 ? 0 : lease, messages, metrics: this.#rows.metrics(name) };
  }

  #settle(demand: Demand, { lease, retried }: Settlement): Settled {
    const settled: Settled = { dead: [], dropped: [] };
    const queue = this.#rows.queue(demand.queue);
    // It ran out, or was settled before the answer to that was lost.
    if (!this.#rows.hasLease(lease)) return settled;
    const now = this.#context.now();
    const spent: number[] = [];
    for (const { seq, delayMs } of retried) {
      if (this.#rows.attempts(seq, lease) > demand.maxRetries) spent.push(seq);
      else this.#rows.giveBack(seq, lease, now + delayMs);
    }
    this.#retire(queue.id, spent, demand, settled);
    this.#rows.removeLeased(queue.id, lease);
    this.#rows.endLease(lease);
    this.#watches.changed(demand.queue);
    return settled;
  }

  /** Messages that have had all their attempts: to the dead-letter queue, or away. */
  #retire(queue: number, seqs: readonly number[], { deadLetterQueue }: Demand, settled: Settled): void {
    if (seqs.length === 0) return;
    const now = this.#context.now();
    if (deadLetterQueue === undefined) {
      for (const seq of seqs) settled.dropped.push(this.#rows.remove(queue, seq));
      return;
    }
    const target = this.#rows.queue(deadLetterQueue);
    for (const seq of seqs) settled.dead.push(this.#rows.move(queue, seq, target.id, now));
    this.#watches.changed(deadLetterQueue);
  }

  #release(owner: string): number {
    const released = this.#rows.releaseOwners((one) => one === owner || one.startsWith(`${owner}/`));
    if (released > 0) this.#watches.checkAll();
    return released;
  }

  #pause(name: string, isPaused: boolean): null {
    this.#rows.pause(name, isPaused);
    this.#watches.changed(name);
    return null;
  }
}

export const queuesProduct: StoreProduct = {
  name: 'queues',
  migrations: [
    `CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, paused INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0);
     CREATE TABLE leases (id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL);
     CREATE INDEX leases_queue ON leases (queue);
     CREATE TABLE messages (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, id TEXT NOT NULL, sent INTEGER NOT NULL, entered INTEGER NOT NULL,
       lease INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL
     );
     CREATE INDEX messages_due ON messages (queue, lease, due);`,
  ],
  writes: ['send', 'watch', 'next', 'settle', 'release', 'purge', 'pause'],
  open: (context) => new QueueStore(context),
};
