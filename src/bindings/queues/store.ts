/**
 * What queues are on disk: every queue of a group in one database, so that a message moves to its dead-letter queue
 * in one commit.
 *
 * Contract: a message is delivered until it is acknowledged, at least once. Whoever takes a batch holds a lease on it;
 * what a lease held that was not settled, because somebody died or time ran out, is delivered again. An attempt counts
 * from the moment it is handed out, so that a message that kills whoever takes it does not do so for ever.
 * A message that goes well is written once, with all that were sent in the same round, and deleted once, with all of its
 * batch; that it was handed out is a note of its batch's. Only what is delayed or tried again has a row of its own.
 */
import type { OpenStore, StoreContext, StoreProduct } from '../../storage/product.ts';
import type { Batch, Demand, LeasedMessage, LeasedParcel, NewMessage, QueueMetrics, Settled, Settlement, WatchedQueue } from './messages.ts';
import type { ParcelRow } from './parcel-rows.ts';
import { Arrivals } from './arrivals.ts';
import { checkDemand, checkWatched } from './demands.ts';
import { IdleConsumers } from './idle-consumers.ts';
import { idOf, unpack } from './parcels.ts';
import { type LeaseRow, type QueueRow, QueueRows } from './rows.ts';
import { Watches } from './watches.ts';

/** @see https://developers.cloudflare.com/queues/platform/limits/ */
const RETENTION_MS = 4 * 86_400_000;
const EXPIRY_MS = 1000;

class QueueStore implements OpenStore {
  readonly #context: StoreContext;
  readonly #rows: QueueRows;
  readonly #watches: Watches;
  readonly #arrivals: Arrivals;
  readonly #idle: IdleConsumers;
  #expiryLooked = Number.NEGATIVE_INFINITY;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#rows = new QueueRows(context.db, (queue, bytes) => context.quota.chargePart(queue, bytes));
    this.#idle = new IdleConsumers((demand) => context.call('next', [demand, null]) as Promise<Batch>);
    this.#watches = new Watches(this.#rows, context, (queue) => this.#idle.wake(queue));
    this.#arrivals = new Arrivals(this.#rows, context);
  }

  readonly methods = {
    send: (name: string, parcels: readonly Uint8Array[], delayed: readonly NewMessage[]): QueueMetrics => this.#arrivals.add(name, parcels, delayed),
    metrics: (name: string): QueueMetrics => this.#rows.metrics(this.#rows.find(name)),
    watch: (boot: string, queues: readonly WatchedQueue[]): null => this.#watch(boot, queues),
    next: (demand: Demand, settlement: Settlement | null): Batch | Promise<Batch> => this.#next(demand, settlement),
    settle: (demand: Demand, settlement: Settlement): Settled => this.#settleAlone(demand, settlement),
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

  /** Consumers that wait get what has come, in the same commit. */
  flush(): (() => void) | undefined {
    const handed: (() => void)[] = [];
    for (const queue of this.#arrivals.flush()) {
      const idle = this.#idle.first(queue);
      const batch = idle === undefined ? undefined : this.#handOut(idle.demand, null);
      if (idle === undefined || batch === undefined || batch.lease === 0) this.#watches.changed(queue);
      else {
        idle.isServed = true;
        handed.push(() => this.#idle.end(idle, batch));
      }
    }
    if (handed.length === 0) return undefined;
    return () => {
      for (const tell of handed) tell();
    };
  }

  undone(): void {
    this.#arrivals.undone();
    // Whoever has come to wait in this round was told of the failure.
    this.#idle.clear();
    this.#watches.checkAll();
  }

  close(): void {
    this.#idle.clear();
    this.#watches.close();
  }

  /** Says who consumes what, from now on. Leases of an earlier run of the server are void: nobody of it lives. */
  #watch(boot: string, queues: readonly WatchedQueue[]): null {
    for (const queue of queues) checkWatched(queue);
    this.#rows.releaseOwners((owner) => !owner.startsWith(`${boot}/`));
    this.#watches.set(queues);
    return null;
  }

  #next(demand: Demand, settlement: Settlement | null): Batch | Promise<Batch> {
    checkDemand(demand, settlement);
    const batch = this.#handOut(demand, settlement);
    const isToWait = batch.lease === 0 && demand.waitMs > 0 && !this.#idle.isFull && batch.dead.length + batch.dropped.length === 0;
    return isToWait ? this.#idle.wait(demand, batch) : batch;
  }

  #handOut(demand: Demand, settlement: Settlement | null): Batch {
    const now = this.#context.now();
    const queue = this.#rows.queue(demand.queue);
    const settled = settlement === null ? { dead: [], dropped: [] } : this.#settle(queue, demand, settlement, now);
    this.#releaseExpired(now);
    const { leases, singles } = this.#rows.occupancy(queue);
    if (leases === 0) this.#rows.renumber(queue);
    const due = this.#rows.due(queue, singles > 0, now, demand);
    const isDue = due !== undefined && due <= now;
    const isFree = demand.maxConcurrency > leases && !this.#idle.isGone(demand.owner);
    const taken = !queue.paused && isDue && isFree ? this.#take(queue, singles > 0, demand, now, settled) : NOTHING;
    const hasTaken = taken.lease !== 0;
    if (hasTaken || settlement !== null) this.#rows.save(queue);
    this.#watches.answered(demand.queue, leases + (hasTaken ? 1 : 0) >= demand.maxConcurrency);
    // Where nobody held anything the oldest is the first that was handed out.
    const oldest = hasTaken && leases === 0 && singles === 0 ? taken.parts[0]?.sent : undefined;
    return { ...settled, lease: taken.lease, parts: taken.parts, metrics: this.#rows.metrics(queue, singles > 0, oldest) };
  }

  /** Asked for with each batch, and looked for now and then. */
  #releaseExpired(now: number): void {
    if (now >= this.#expiryLooked && now - this.#expiryLooked < EXPIRY_MS) return;
    this.#expiryLooked = now;
    if (this.#rows.releaseExpired(now) > 0) this.#watches.checkAll();
  }

  /** Hands out a batch, the oldest messages first. The queue's row is left to be saved. */
  #take(queue: QueueRow, hasSingles: boolean, demand: Demand, now: number, settled: Settled): Pick<Batch, 'lease' | 'parts'> {
    const { batchSize, maxRetries } = demand;
    let singles = hasSingles ? this.#rows.singles.ready(queue.id, now, batchSize) : [];
    const exhausted = singles.filter(({ attempts }) => attempts > maxRetries);
    if (exhausted.length > 0) {
      const seqs = exhausted.map(({ seq }) => seq);
      this.#retire(queue, seqs, demand, settled);
      this.#rows.save(queue);
      singles = this.#rows.singles.ready(queue.id, now, batchSize).filter(({ attempts }) => attempts <= maxRetries);
    }
    const order: (number | ParcelRow)[] = [];
    const range = { first: queue.head, after: queue.head };
    let [count, bytes, next] = [0, 0, 0];
    let long: ParcelRow | undefined;
    for (const parcel of this.#rows.parcels.within(queue.id, { first: queue.head, after: queue.tail })) {
      for (let one = singles[next]; one !== undefined && count < batchSize && one.due <= parcel.entered; one = singles[++next], count++) order.push(one.seq);
      if (count + parcel.count > batchSize) long = parcel;
      if (count === batchSize || long !== undefined) break;
      order.push(parcel);
      count += parcel.count;
      bytes += parcel.bytes;
      range.after += parcel.count;
      if (count === batchSize) break;
    }
    if (long !== undefined && count < batchSize) {
      const part = this.#rows.parcels.split(queue.id, long, batchSize - count, batchSize);
      order.push(part);
      count += part.count;
      bytes += part.bytes;
      range.after += part.count;
    }
    for (let one = singles[next]; one !== undefined && count < batchSize; one = singles[++next], count++) order.push(one.seq);
    if (count === 0) return NOTHING;
    const seqs = order.filter((one) => typeof one === 'number');
    const lease = this.#rows.lease(demand.owner, now + demand.leaseMs, { queue: queue.id, ...range, singles: seqs.length, bytes });
    queue.head = range.after;
    const rows = this.#rows.singles.take(seqs, lease);
    return { lease, parts: order.map((one) => (typeof one === 'number' ? (rows.get(one) as LeasedMessage) : leased(one))) };
  }

  #settleAlone(demand: Demand, settlement: Settlement): Settled {
    checkDemand(demand, settlement);
    const queue = this.#rows.queue(demand.queue);
    const settled = this.#settle(queue, demand, settlement, this.#context.now());
    this.#rows.save(queue);
    this.#watches.freed(demand.queue);
    return settled;
  }

  /** Ends a lease. The queue's row is left to be saved. */
  #settle(queue: QueueRow, demand: Demand, { lease, retried }: Settlement, now: number): Settled {
    const settled: Settled = { dead: [], dropped: [] };
    const held = this.#rows.dropLease(queue.id, lease);
    // It ran out, or was settled before the answer to that was lost.
    if (held === undefined) return settled;
    if (held.after > held.first) {
      if (retried.length > 0) this.#keepRetried(queue, held, demand, retried, now, settled);
      this.#rows.parcels.remove(queue.id, held);
      queue.count -= held.after - held.first;
      queue.bytes -= held.bytes;
    }
    if (held.singles > 0) this.#settleSingles(queue, lease, demand, retried, now, settled);
    return settled;
  }

  /** Messages that were handed out before: they are gone, but for those that are to be tried again. */
  #settleSingles(queue: QueueRow, lease: number, demand: Demand, retried: Settlement['retried'], now: number, settled: Settled): void {
    const spent: number[] = [];
    for (const { seq, delayMs } of retried) {
      if (seq <= 0) continue;
      if (this.#rows.singles.attempts(seq, lease) > demand.maxRetries) spent.push(seq);
      else this.#rows.singles.giveBack(seq, lease, now + delayMs);
    }
    this.#retire(queue, spent, demand, settled);
    const { count, bytes } = this.#rows.singles.removeLeased(queue.id, lease);
    queue.count -= count;
    queue.bytes -= bytes;
  }

  /** Of messages that were handed out for the first time, those that are to be tried again get rows of their own. */
  #keepRetried(queue: QueueRow, held: LeaseRow, demand: Demand, retried: Settlement['retried'], now: number, settled: Settled): void {
    const again = new Map(retried.map(({ seq, delayMs }) => [-seq, delayMs]));
    for (const { number, id, entered, data } of [...this.#rows.parcels.within(queue.id, held)]) {
      for (const [index, message] of unpack(data).entries()) {
        const delayMs = again.get(number + index);
        if (delayMs === undefined) continue;
        const row = { ...message, id: idOf(id, index), sent: entered };
        if (demand.maxRetries === 0) this.#bury(queue, row, demand, now, settled);
        else {
          this.#rows.singles.insert({ ...row, queue: queue.id, entered, due: now + delayMs, attempts: 1 });
          queue.count++;
          queue.bytes += message.size;
        }
      }
    }
  }

  /** A message without a row that may not be tried again: to the dead-letter queue, or away. */
  #bury(queue: QueueRow, row: Omit<NewMessage, 'delayMs'> & { id: string; sent: number }, { deadLetterQueue }: Demand, now: number, settled: Settled): void {
    if (deadLetterQueue === undefined) return void settled.dropped.push(row.id);
    const target = this.#target(queue, deadLetterQueue);
    this.#rows.singles.insert({ ...row, queue: target.id, entered: now, due: now, attempts: 0 });
    this.#grow(queue, target, row.size);
    settled.dead.push(row.id);
  }

  /** Messages that have had all their attempts: to the dead-letter queue, or away. */
  #retire(queue: QueueRow, seqs: readonly number[], { deadLetterQueue }: Demand, settled: Settled): void {
    if (seqs.length === 0) return;
    const now = this.#context.now();
    const target = deadLetterQueue === undefined ? undefined : this.#target(queue, deadLetterQueue);
    for (const seq of seqs) {
      const gone = target === undefined ? this.#rows.singles.remove(seq) : this.#rows.singles.move(seq, target.id, now);
      if (gone === undefined) continue;
      if (target !== undefined) this.#grow(queue, target, gone.size);
      queue.count--;
      queue.bytes -= gone.size;
      (target === undefined ? settled.dropped : settled.dead).push(gone.id);
    }
  }

  /** A queue of dead letters may be its own. */
  #target(queue: QueueRow, name: string): QueueRow {
    return name === queue.name ? queue : this.#rows.queue(name);
  }

  /** A dead letter has come to `target`. */
  #grow(queue: QueueRow, target: QueueRow, bytes: number): void {
    target.count++;
    target.bytes += bytes;
    if (target !== queue) this.#rows.save(target);
    this.#watches.changed(target.name);
  }

  #release(owner: string): number {
    this.#idle.dismiss(owner);
    const released = this.#rows.releaseOwners((one) => one === owner || one.startsWith(`${owner}/`));
    this.#watches.checkAll();
    return released;
  }

  #pause(name: string, isPaused: boolean): null {
    this.#rows.pause(name, isPaused);
    this.#watches.changed(name);
    return null;
  }
}

/** Lease 0: nothing is handed out. */
const NOTHING: Pick<Batch, 'lease' | 'parts'> = { lease: 0, parts: [] };

const leased = ({ number, id, entered, count, data }: ParcelRow): LeasedParcel => ({ seq: -number, id, sent: entered, count, parcel: data });

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
    // What lies in queues from before this keeps its rows, until it is delivered.
    `ALTER TABLE queues ADD COLUMN head INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE queues ADD COLUMN tail INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE leases ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE leases ADD COLUMN after INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE leases ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE leases ADD COLUMN singles INTEGER NOT NULL DEFAULT 1;
     CREATE TABLE parcels (place INTEGER PRIMARY KEY, id TEXT NOT NULL, entered INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL, data BLOB NOT NULL);`,
    // One tree where there were three: each is a page of every commit that hands out or settles a batch.
    `ALTER TABLE leases RENAME TO earlier_leases;
     CREATE TABLE leases (
       queue INTEGER NOT NULL, id INTEGER NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
       first INTEGER NOT NULL, after INTEGER NOT NULL, bytes INTEGER NOT NULL, singles INTEGER NOT NULL, PRIMARY KEY (queue, id)
     ) WITHOUT ROWID;
     INSERT INTO leases SELECT queue, id, owner, until, first, after, bytes, singles FROM earlier_leases;
     DROP TABLE earlier_leases;`,
  ],
  writes: ['send', 'watch', 'next', 'settle', 'release', 'purge', 'pause'],
  gathers: ['send'],
  open: (context) => new QueueStore(context),
};
