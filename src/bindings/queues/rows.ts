/** The rows of queues and leases. Counts of a queue are kept beside its name, in the same commits. */
import { randomInt } from 'node:crypto';
import type { Database } from '../../storage/database.ts';
import { checkCall, isText } from '../sizes.ts';
import { MOST_NAME, type QueueMetrics, type WatchedQueue } from './messages.ts';
import { MessageRows } from './message-rows.ts';
import { type ParcelRow, ParcelRows, type Range } from './parcel-rows.ts';
import { idOf, unpack } from './parcels.ts';

export type QueueRow = { id: number; name: string; paused: boolean; count: number; bytes: number; head: number; tail: number };

/** What somebody has of a queue: messages of their own rows, and parcels with the bytes of their messages. */
export type LeaseRow = Range & { queue: number; singles: number; bytes: number };

/** Of a group, as on Cloudflare of an account. @see https://developers.cloudflare.com/queues/platform/limits/ */
const MOST_QUEUES = 10_000;

/** Parcels dropped for their age in one go. */
const MOST_DROPPED = 1000;

/** What a message takes beside its body: a row, its id and times, and its place in an index. */
const ROW_BYTES = 256;

/** Numbers of a queue begin anew from here on, as soon as none of them means a message. */
const MANY_NUMBERS = 2 ** 31;

const MOST_LEASE = 2 ** 47;

/** What so many messages take of the disk. @param bytes of their bodies */
export function storedBytes(messages: number, bytes: number): number {
  return bytes + messages * ROW_BYTES;
}

export class QueueRows {
  readonly #db: Database;
  readonly #onCount: (queue: string, storedBytes: number) => void;
  /** Messages that are delayed, or were handed out before. */
  readonly singles: MessageRows;
  readonly parcels: ParcelRows;

  /** @param onCount told what a queue holds, whenever that changes */
  constructor(db: Database, onCount: (queue: string, storedBytes: number) => void) {
    this.#db = db;
    this.#onCount = onCount;
    this.singles = new MessageRows(db);
    this.parcels = new ParcelRows(db);
    this.countAll();
  }

  /** Tells what every queue holds. */
  countAll(): void {
    for (const { name, count, bytes } of this.#db.all('SELECT name, count, bytes FROM queues'))
      this.#onCount(String(name), storedBytes(Number(count), Number(bytes)));
  }

  /** A queue comes to be when it is first spoken of. @throws OpError for what is no name, and where there are too many */
  queue(name: string): QueueRow {
    const found = this.find(name);
    if (found !== undefined) return found;
    const [count] = this.#db.values('SELECT count(*) FROM queues') as [number];
    checkCall(isText(name, MOST_NAME) && name !== '' && count < MOST_QUEUES);
    this.#db.run('INSERT INTO queues (name) VALUES (?)', name);
    return this.find(name) as QueueRow;
  }

  find(name: string): QueueRow | undefined {
    const row = this.#db.values('SELECT id, paused, count, bytes, head, tail FROM queues WHERE name = ?', name) as number[] | undefined;
    if (row === undefined) return undefined;
    const [id, paused, count, bytes, head, tail] = row as [number, number, number, number, number, number];
    return { id, name, paused: paused !== 0, count, bytes, head, tail };
  }

  /** Writes what has been changed of a queue's counts and numbers. */
  save({ id, name, count, bytes, head, tail }: QueueRow): void {
    this.#db.run('UPDATE queues SET count = ?, bytes = ?, head = ?, tail = ? WHERE id = ?', count, bytes, head, tail, id);
    this.#onCount(name, storedBytes(count, bytes));
  }

  /**
   * @param singles whether the queue may have messages with rows of their own
   * @param oldest when its oldest message was sent, where that is known
   */
  metrics(queue: QueueRow | undefined, singles = true, oldest?: number): QueueMetrics {
    if (queue === undefined) return { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
    return { backlogCount: queue.count, backlogBytes: queue.bytes, oldestMessageTimestamp: oldest ?? this.#oldest(queue, singles) };
  }

  /** When the oldest message was sent; of those that were handed out before, the one whose turn is next. 0 where there is none. */
  #oldest({ id, count, head, tail }: QueueRow, singles: boolean): number {
    if (count === 0) return 0;
    const fresh = this.parcels.entered(id, 0);
    const single = singles && count > tail - head ? this.singles.oldest(id) : undefined;
    return Math.min(fresh ?? single ?? 0, single ?? fresh ?? 0);
  }

  /** How many batches of a queue are being worked on, and how many of its messages have rows of their own. */
  occupancy({ id, count, head, tail }: QueueRow): { leases: number; singles: number } {
    const [leases, held] = this.#db.values('SELECT count(*), total(after - first) FROM leases WHERE queue = ?', id) as [number, number];
    return { leases, singles: count - (tail - head) - held };
  }

  count(queue: number, messages: number, bytes: number): void {
    const sql = 'UPDATE queues SET count = count + ?, bytes = bytes + ? WHERE id = ? RETURNING name, count, bytes';
    const row = this.#db.get(sql, messages, bytes, queue);
    if (row !== undefined) this.#onCount(String(row['name']), storedBytes(Number(row['count']), Number(row['bytes'])));
  }

  /** Puts messages at the end of a queue, whose row is brought up to date; those of `fits` alone. */
  append(queue: QueueRow, parcel: Omit<ParcelRow, 'number'>): void {
    this.parcels.insert(queue.id, { ...parcel, number: queue.tail });
    queue.tail += parcel.count;
    queue.count += parcel.count;
    queue.bytes += parcel.bytes;
    this.save(queue);
  }

  /** When a batch is due of what could be delivered now; undefined where there is nothing. A time that is over: it is due. */
  due(
    queue: QueueRow,
    hasSingles: boolean,
    now: number,
    { batchSize, batchTimeoutMs }: Pick<WatchedQueue, 'batchSize' | 'batchTimeoutMs'>,
  ): number | undefined {
    const singles = hasSingles ? this.singles.ready(queue.id, now, batchSize) : [];
    const fresh = queue.tail - queue.head;
    const count = singles.length + fresh;
    if (count === 0) return undefined;
    if (count >= batchSize || batchTimeoutMs === 0) return now;
    const since = fresh === 0 ? now : Math.min(this.parcels.entered(queue.id, queue.head) ?? now, now);
    return Math.min(singles[0]?.due ?? now, since) + batchTimeoutMs;
  }

  /** Hands out parcels up to here. */
  moveHead(queue: number, head: number): void {
    this.#db.run('UPDATE queues SET head = ? WHERE id = ?', head, queue);
  }

  /** Of a queue that nobody holds anything of, when nothing of it waits in parcels. */
  renumber(queue: QueueRow): void {
    if (queue.head !== queue.tail || queue.tail <= MANY_NUMBERS) return;
    queue.head = 1;
    queue.tail = 1;
    this.save(queue);
  }

  lease(owner: string, until: number, { queue, first, after, singles, bytes }: LeaseRow): number {
    // A number of its own for ever: whoever settles what has run out must not find another's.
    const id = randomInt(1, MOST_LEASE);
    const sql = 'INSERT INTO leases (queue, id, owner, until, first, after, singles, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.#db.run(sql, queue, id, owner, until, first, after, singles, bytes);
    return id;
  }

  /** Takes a lease away from whoever has it. What it was for is where it was. */
  dropLease(queue: number, lease: number): LeaseRow | undefined {
    const row = this.#db.values('DELETE FROM leases WHERE queue = ? AND id = ? RETURNING first, after, singles, bytes', queue, lease);
    if (row === undefined) return undefined;
    const [first, after, singles, bytes] = row as [number, number, number, number];
    return { queue, first, after, singles, bytes };
  }

  /** Ends a lease that was not settled: what it holds is for others, and has had an attempt. */
  #endLease(queue: number, lease: number): void {
    const row = this.dropLease(queue, lease);
    if (row === undefined) return;
    if (row.singles > 0) this.singles.giveBackAll(row.queue, lease);
    if (row.after === row.first) return;
    for (const { id, entered, data } of [...this.parcels.within(row.queue, row)]) {
      for (const [index, message] of unpack(data).entries())
        this.singles.insert({ ...message, queue: row.queue, id: idOf(id, index), sent: entered, entered, due: entered, attempts: 1 });
    }
    this.parcels.remove(row.queue, row);
  }

  /** Messages come in in the order of their numbers: the old ones are the first. */
  dropEnteredBefore(time: number): void {
    for (const { queue, size } of this.singles.dropEnteredBefore(time)) this.count(queue, -1, -size);
    for (const { name } of this.#db.all('SELECT name FROM queues WHERE head < tail')) {
      const { id, head, tail } = this.queue(String(name));
      const range = { first: head, after: head };
      let dropped = 0;
      for (const { entered, number, count } of this.parcels.within(id, { first: head, after: tail })) {
        if (entered >= time || ++dropped > MOST_DROPPED) break;
        range.after = number + count;
      }
      this.#dropParcels(id, range);
    }
  }

  #dropParcels(queue: number, range: Range): number {
    if (range.first === range.after) return 0;
    const { count, bytes } = this.parcels.sum(queue, range);
    this.parcels.remove(queue, range);
    this.moveHead(queue, range.after);
    this.count(queue, -count, -bytes);
    return count;
  }

  /** @returns how many leases have run out */
  releaseExpired(now: number): number {
    const expired = this.#db.all('SELECT queue, id FROM leases WHERE until < ?', now);
    for (const { queue, id } of expired) this.#endLease(Number(queue), Number(id));
    return expired.length;
  }

  releaseOwners(isGone: (owner: string) => boolean): number {
    let released = 0;
    for (const { queue, id, owner } of this.#db.all('SELECT queue, id, owner FROM leases')) {
      if (!isGone(String(owner))) continue;
      this.#endLease(Number(queue), Number(id));
      released++;
    }
    return released;
  }

  pause(name: string, isPaused: boolean): void {
    this.#db.run('UPDATE queues SET paused = ? WHERE id = ?', isPaused ? 1 : 0, this.queue(name).id);
  }

  /** Drops every message that nobody is working on. @returns how many */
  purge(name: string): number {
    const { id, head, tail } = this.queue(name);
    const { count, bytes } = this.singles.purge(id);
    this.count(id, -count, -bytes);
    return count + this.#dropParcels(id, { first: head, after: tail });
  }

  list(): unknown[] {
    return this.#db.all('SELECT name, count, bytes, paused FROM queues ORDER BY name').map((row) => ({ ...row, paused: row['paused'] === 1 }));
  }

  /** A queue in numbers; null where there is none of the name. */
  info(name: string, now: number): unknown {
    const queue = this.find(name);
    if (queue === undefined) return null;
    const { leased, delayed, attempts, oldest } = this.singles.info(queue.id, now);
    const held = Number(this.#db.get('SELECT sum(after - first) AS held FROM leases WHERE queue = ?', queue.id)?.['held'] ?? 0);
    const entered = this.parcels.entered(queue.id, 0);
    const isFresh = entered !== undefined;
    return {
      name,
      count: queue.count,
      bytes: queue.bytes,
      paused: queue.paused,
      leased: leased + held,
      delayed,
      attempts: isFresh ? Math.max(attempts ?? 0, held > 0 ? 1 : 0) : attempts,
      oldest: isFresh ? Math.min(oldest ?? entered, entered) : oldest,
    };
  }
}
