/** The rows of queues and leases. Counts of a queue are kept beside its name, in the same commits. */
import type { Database } from '../../storage/database.ts';
import type { QueueMetrics } from './messages.ts';
import { MessageRows } from './message-rows.ts';
import { type ParcelRow, ParcelRows, type Range } from './parcel-rows.ts';
import { idOf, unpack } from './parcels.ts';

export type QueueRow = { id: number; name: string; paused: boolean; count: number; bytes: number; head: number; tail: number };

/** What somebody has of a queue: messages of their own rows, and parcels with the bytes of their messages. */
export type LeaseRow = Range & { queue: number; singles: number; bytes: number };

/** Parcels dropped for their age in one go. */
const MOST_DROPPED = 1000;

/** What a message takes beside its body: a row, its id and times, and its place in an index. */
const ROW_BYTES = 256;

/** Numbers of a queue begin anew from here on, as soon as none of them means a message. */
const MANY_NUMBERS = 2 ** 31;

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

  /** A queue comes to be when it is first spoken of. */
  queue(name: string): QueueRow {
    const found = this.find(name);
    if (found !== undefined) return found;
    this.#db.run('INSERT INTO queues (name) VALUES (?)', name);
    return this.find(name) as QueueRow;
  }

  find(name: string): QueueRow | undefined {
    const row = this.#db.get('SELECT id, name, paused, count, bytes, head, tail FROM queues WHERE name = ?', name) as
      | (Omit<QueueRow, 'paused'> & { paused: number | boolean })
      | undefined;
    if (row !== undefined) row.paused = row.paused !== 0;
    return row as QueueRow | undefined;
  }

  metrics(name: string): QueueMetrics {
    const queue = this.find(name);
    if (queue === undefined) return { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
    return { backlogCount: queue.count, backlogBytes: queue.bytes, oldestMessageTimestamp: this.#oldest(queue) };
  }

  /** When the oldest message was sent; of those that were handed out before, the one whose turn is next. 0 where there is none. */
  #oldest({ id, count }: QueueRow): number {
    if (count === 0) return 0;
    const times = [this.parcels.entered(id, 0), this.singles.oldest(id)].filter((time) => time !== undefined);
    return times.length === 0 ? 0 : Math.min(...times);
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
    this.#db.run('UPDATE queues SET tail = ? WHERE id = ?', queue.tail, queue.id);
    this.count(queue.id, parcel.count, parcel.bytes);
  }

  /** What could be delivered now, as far as `most`: how many, and since when the first could. */
  ready(queue: QueueRow, now: number, most: number): { count: number; since: number } {
    const singles = this.singles.ready(queue.id, now, most);
    const fresh = queue.tail - queue.head;
    const since = fresh === 0 ? now : Math.min(this.parcels.entered(queue.id, queue.head) ?? now, now);
    return { count: Math.min(singles.length + fresh, most), since: Math.min(singles[0]?.due ?? now, since) };
  }

  /** Hands out parcels up to here. */
  moveHead(queue: number, head: number): void {
    this.#db.run('UPDATE queues SET head = ? WHERE id = ?', head, queue);
  }

  /** Nobody holds a message of the queue's parcels, and none waits. */
  renumber({ id, head, tail }: QueueRow): void {
    if (head === tail && tail > MANY_NUMBERS && this.leases(id) === 0) this.#db.run('UPDATE queues SET head = 1, tail = 1 WHERE id = ?', id);
  }

  /** How many batches of a queue are being worked on. */
  leases(queue: number): number {
    return Number(this.#db.get('SELECT count(*) AS count FROM leases WHERE queue = ?', queue)?.['count']);
  }

  lease(owner: string, until: number, { queue, first, after, singles, bytes }: LeaseRow): number {
    const sql = 'INSERT INTO leases (queue, owner, until, first, after, singles, bytes) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id';
    return Number(this.#db.get(sql, queue, owner, until, first, after, singles, bytes)?.['id']);
  }

  /** Takes a lease away from whoever has it. What it was for is where it was. */
  dropLease(lease: number): LeaseRow | undefined {
    return this.#db.get('DELETE FROM leases WHERE id = ? RETURNING queue, first, after, singles, bytes', lease) as LeaseRow | undefined;
  }

  /** Ends a lease that was not settled: what it holds is for others, and has had an attempt. */
  endLease(lease: number): void {
    const row = this.dropLease(lease);
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

  releaseExpired(now: number): void {
    for (const { id } of this.#db.all('SELECT id FROM leases WHERE until < ?', now)) this.endLease(Number(id));
  }

  releaseOwners(isGone: (owner: string) => boolean): number {
    let released = 0;
    for (const { id, owner } of this.#db.all('SELECT id, owner FROM leases')) {
      if (!isGone(String(owner))) continue;
      this.endLease(Number(id));
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
