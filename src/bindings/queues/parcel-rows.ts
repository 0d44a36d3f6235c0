/**
 * The rows of parcels: messages that are to be delivered as they came, the oldest first.
 *
 * Each message of a queue has a number, one more than the one before it; a parcel lies where its first one says. A queue
 * knows the number of the first message that was not handed out yet (`head`), and of the next that comes (`tail`): to hand
 * messages out is to move on, and to note from where to where. What is to be tried again, or not yet, is in no parcel.
 */
import type { Database } from '../../storage/database.ts';
import { cut, idOf } from './parcels.ts';

/** Numbers of a queue: a row's key is the queue's own, times this, and the number, which JavaScript holds exactly. */
const NUMBERS = 2 ** 33;
const MOST_QUEUE = 2 ** 20 - 1;

export type ParcelRow = { /** Of its first message. */ number: number; id: string; entered: number; count: number; bytes: number; data: Uint8Array };

export type NumberedQueue = { id: number; head: number; tail: number };

/** A range of messages' numbers. `after`: the first that is not in it. */
export type Range = { first: number; after: number };

export class ParcelRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Whether a queue has numbers for so many messages more. They begin anew when all of its messages are gone. */
  fits({ id, tail }: NumberedQueue, count: number): boolean {
    return id <= MOST_QUEUE && tail + count < NUMBERS;
  }

  insert(queue: number, { number, id, entered, count, bytes, data }: ParcelRow): void {
    const sql = 'INSERT INTO parcels (place, id, entered, count, bytes, data) VALUES (?, ?, ?, ?, ?, ?)';
    this.#db.run(sql, queue * NUMBERS + number, id, entered, count, bytes, data);
  }

  /** When the oldest message entered, of those from number `from` on. */
  entered(queue: number, from: number): number | undefined {
    const sql = 'SELECT entered FROM parcels WHERE place >= ? AND place < ? ORDER BY place LIMIT 1';
    const row = this.#db.get(sql, queue * NUMBERS + from, (queue + 1) * NUMBERS);
    return row === undefined ? undefined : Number(row['entered']);
  }

  within(queue: number, { first, after }: Range): IterableIterator<ParcelRow> {
    const sql = 'SELECT place - ? AS number, id, entered, count, bytes, data FROM parcels WHERE place >= ? AND place < ? ORDER BY place';
    const start = queue * NUMBERS;
    return this.#db.each(sql, start, start + first, start + after) as IterableIterator<ParcelRow>;
  }

  sum(queue: number, { first, after }: Range): { count: number; bytes: number } {
    const sql = 'SELECT sum(count) AS count, sum(bytes) AS bytes FROM parcels WHERE place >= ? AND place < ?';
    const row = this.#db.get(sql, queue * NUMBERS + first, queue * NUMBERS + after);
    return { count: Number(row?.['count'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
  }

  remove(queue: number, { first, after }: Range): void {
    this.#db.run('DELETE FROM parcels WHERE place >= ? AND place < ?', queue * NUMBERS + first, queue * NUMBERS + after);
  }

  /** Leaves a parcel its first messages; the others become parcels of as many as a batch takes. @returns what is left of it */
  split(queue: number, parcel: ParcelRow, kept: number, most: number): ParcelRow {
    this.remove(queue, { first: parcel.number, after: parcel.number + 1 });
    const first = this.#part(queue, parcel, 0, kept);
    for (let from = kept; from < parcel.count; from += most) this.#part(queue, parcel, from, Math.min(from + most, parcel.count));
    return first;
  }

  #part(queue: number, { number, id, entered, data }: ParcelRow, from: number, to: number): ParcelRow {
    const { data: cutOut, bytes } = cut(data, from, to);
    const part = { number: number + from, id: idOf(id, from), entered, count: to - from, bytes, data: cutOut };
    this.insert(queue, part);
    return part;
  }
}
