/** The rows of queues, leases and messages. Counts of a queue are kept beside its name, in the same commits. */
import type { Database } from '../../storage/database.ts';
import type { ContentType, LeasedMessage, QueueMetrics } from './messages.ts';

export type QueueRow = { id: number; name: string; paused: boolean; count: number; bytes: number };
type MessageRow = { queue: number; id: string; sent: number; entered: number; due: number; type: ContentType; body: string | Uint8Array; size: number };

/** Messages dropped for their age in one go. */
const MOST_DROPPED = 10_000;

/** What a message takes beside its body: a row, its id and times, and its place in an index. */
const ROW_BYTES = 256;

/** What so many messages take of the disk. @param bytes of their bodies */
export function storedBytes(messages: number, bytes: number): number {
  return bytes + messages * ROW_BYTES;
}

export class QueueRows {
  readonly #db: Database;
  readonly #onCount: (queue: string, storedBytes: number) => void;

  /** @param onCount told what a queue holds, whenever that changes */
  constructor(db: Database, onCount: (queue: string, storedBytes: number) => void) {
    this.#db = db;
    this.#onCount = onCount;
    for (const { name, count, bytes } of db.all('SELECT name, count, bytes FROM queues')) onCount(String(name), storedBytes(Number(count), Number(bytes)));
  }

  /** A queue comes to be when it is first spoken of. */
  queue(name: string): QueueRow {
    const found = this.find(name);
    if (found !== undefined) return found;
    this.#db.run('INSERT INTO queues (name) VALUES (?)', name);
    return this.find(name) as QueueRow;
  }

  find(name: string): QueueRow | undefined {
    const row = this.#db.get('SELECT id, name, paused, count, bytes FROM queues WHERE name = ?', name) as
      | (Omit<QueueRow, 'paused'> & { paused: number })
      | undefined;
    return row === undefined ? undefined : { ...row, paused: row.paused !== 0 };
  }

  metrics(name: string): QueueMetrics {
    const queue = this.find(name);
    if (queue === undefined) return { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
    const oldest = queue.count === 0 ? undefined : this.#db.get('SELECT sent FROM messages WHERE queue = ? ORDER BY lease, due LIMIT 1', queue.id);
    return { backlogCount: queue.count, backlogBytes: queue.bytes, oldestMessageTimestamp: Number(oldest?.['sent'] ?? 0) };
  }

  insert({ queue, id, sent, entered, due, type, body, size }: MessageRow): void {
    this.#db.run(
      'INSERT INTO messages (queue, id, sent, entered, due, type, body, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      queue,
      id,
      sent,
      entered,
      due,
      type,
      body,
      size,
    );
  }

  count(queue: number, messages: number, bytes: number): void {
    const sql = 'UPDATE queues SET count = count + ?, bytes = bytes + ? WHERE id = ? RETURNING name, count, bytes';
    const row = this.#db.get(sql, messages, bytes, queue);
    if (row !== undefined) this.#onCount(String(row['name']), storedBytes(Number(row['count']), Number(row['bytes'])));
  }

  /** What could be delivered now, as far as `most`: how many, and since when the first could. */
  ready(queue: number, now: number, most: number): { count: number; since: number } {
    const sql = 'SELECT count(*) AS count, min(due) AS since FROM (SELECT due FROM messages WHERE queue = ? AND lease = 0 AND due <= ? ORDER BY due LIMIT ?)';
    const row = this.#db.get(sql, queue, now, most);
    return { count: Number(row?.['count']), since: Number(row?.['since'] ?? now) };
  }

  /** When the next message that waits for its time is due; undefined where none does. */
  nextDue(queue: number, now: number): number | undefined {
    const row = this.#db.get('SELECT min(due) AS due FROM messages WHERE queue = ? AND lease = 0 AND due > ?', queue, now);
    return row?.['due'] === null || row === undefined ? undefined : Number(row['due']);
  }

  /** How many batches of a queue are being worked on. */
  leases(queue: number): number {
    return Number(this.#db.get('SELECT count(*) AS count FROM leases WHERE queue = ?', queue)?.['count']);
  }

  hasLease(lease: number): boolean {
    return this.#db.get('SELECT 1 FROM leases WHERE id = ?', lease) !== undefined;
  }

  lease(queue: number, owner: string, until: number): number {
    return Number(this.#db.get('INSERT INTO leases (queue, owner, until) VALUES (?, ?, ?) RETURNING id', queue, owner, until)?.['id']);
  }

  /** Ends a lease; what it still holds is for others. */
  endLease(lease: number): void {
    const row = this.#db.get('DELETE FROM leases WHERE id = ? RETURNING queue', lease);
    if (row !== undefined) this.#db.run('UPDATE messages SET lease = 0 WHERE queue = ? AND lease = ?', Number(row['queue']), lease);
  }

  /** Hands out what is ready, oldest first, which is an attempt for each. */
  take(queue: number, lease: number, now: number, most: number): LeasedMessage[] {
    const sql = `UPDATE messages SET lease = ?, attempts = attempts + 1
      WHERE seq IN (SELECT seq FROM messages WHERE queue = ? AND lease = 0 AND due <= ? ORDER BY due, seq LIMIT ?)
      RETURNING seq, id, sent, attempts, type, body`;
    const rows = this.#db.all(sql, lease, queue, now, most) as LeasedMessage[];
    return rows.sort((a, b) => a.seq - b.seq);
  }

  /** Of what is ready, the messages that had all their attempts without being settled. */
  exhausted(queue: number, now: number, maxRetries: number, most: number): number[] {
    const sql = 'SELECT seq FROM (SELECT seq, attempts FROM messages WHERE queue = ? AND lease = 0 AND due <= ? ORDER BY due, seq LIMIT ?) WHERE attempts > ?';
    return this.#db.all(sql, queue, now, most, maxRetries).map((row) => Number(row['seq']));
  }

  /** How often a message has been handed out; 0 where the lease does not hold it. */
  attempts(seq: number, lease: number): number {
    return Number(this.#db.get('SELECT attempts FROM messages WHERE seq = ? AND lease = ?', seq, lease)?.['attempts'] ?? 0);
  }

  giveBack(seq: number, lease: number, due: number): void {
    this.#db.run('UPDATE messages SET lease = 0, due = ? WHERE seq = ? AND lease = ?', due, seq, lease);
  }

  /** @returns the message's id */
  remove(queue: number, seq: number): string {
    const row = this.#db.get('DELETE FROM messages WHERE seq = ? RETURNING id, size', seq);
    if (row === undefined) return '';
    this.count(queue, -1, -Number(row['size']));
    return String(row['id']);
  }

  removeLeased(queue: number, lease: number): void {
    const held = this.#db.get('SELECT count(*) AS count, sum(size) AS bytes FROM messages WHERE queue = ? AND lease = ?', queue, lease);
    const count = this.#db.run('DELETE FROM messages WHERE queue = ? AND lease = ?', queue, lease);
    if (count > 0) this.count(queue, -count, -Number(held?.['bytes'] ?? 0));
  }

  /** To another queue, where it starts anew with its id and time. @returns its id */
  move(queue: number, seq: number, target: number, now: number): string {
    const columns = 'id, sent, type, size, body';
    const row = this.#db.get(
      `INSERT INTO messages (queue, entered, due, ${columns}) SELECT ?, ?, ?, ${columns} FROM messages WHERE seq = ? RETURNING id, size`,
      target,
      now,
      now,
      seq,
    );
    if (row === undefined) return '';
    this.count(target, 1, Number(row['size']));
    return this.remove(queue, seq);
  }

  /** Messages come in in the order of their numbers: the old ones are the first. */
  dropEnteredBefore(time: number): void {
    const rows = this.#db.all('SELECT seq, queue, entered, lease FROM messages ORDER BY seq LIMIT ?', MOST_DROPPED);
    for (const { seq, queue, entered, lease } of rows) {
      if (Number(entered) >= time) return;
      if (Number(lease) === 0) this.remove(Number(queue), Number(seq));
    }
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

  isPaused(name: string): boolean {
    return this.find(name)?.paused ?? false;
  }

  /** Drops every message that nobody is working on. @returns how many */
  purge(name: string): number {
    const { id } = this.queue(name);
    const held = this.#db.get('SELECT count(*) AS count, sum(size) AS bytes FROM messages WHERE queue = ? AND lease = 0', id);
    const count = this.#db.run('DELETE FROM messages WHERE queue = ? AND lease = 0', id);
    this.count(id, -count, -Number(held?.['bytes'] ?? 0));
    return count;
  }

  list(): unknown[] {
    return this.#db.all('SELECT name, count, bytes, paused FROM queues ORDER BY name').map((row) => ({ ...row, paused: row['paused'] === 1 }));
  }

  /** A queue in numbers; null where there is none of the name. */
  info(name: string, now: number): unknown {
    const queue = this.find(name);
    if (queue === undefined) return null;
    const row = this.#db.get(
      `SELECT count(*) FILTER (WHERE lease > 0) AS leased, count(*) FILTER (WHERE lease = 0 AND due > ?) AS delayed,
        max(attempts) AS attempts, min(sent) AS oldest FROM messages WHERE queue = ?`,
      now,
      queue.id,
    );
    return { name, count: queue.count, bytes: queue.bytes, paused: queue.paused, ...row };
  }
}
