/** Messages with a row of their own: those that are delayed, and those that are to be tried again. */
import type { Database } from '../../storage/database.ts';
import type { ContentType, LeasedMessage } from './messages.ts';

type MessageRow = {
  queue: number;
  id: string;
  sent: number;
  entered: number;
  due: number;
  type: ContentType;
  body: string | Uint8Array;
  size: number;
  attempts: number;
};

/** Messages dropped for their age in one go. */
const MOST_DROPPED = 10_000;

export class MessageRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert({ queue, id, sent, entered, due, type, body, size, attempts }: MessageRow): void {
    this.#db.run(
      'INSERT INTO messages (queue, id, sent, entered, due, type, body, size, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      queue,
      id,
      sent,
      entered,
      due,
      type,
      body,
      size,
      attempts,
    );
  }

  /** What could be delivered now, in order, as far as `most`. */
  ready(queue: number, now: number, most: number): { seq: number; due: number; attempts: number }[] {
    const sql = 'SELECT seq, due, attempts FROM messages WHERE queue = ? AND lease = 0 AND due <= ? ORDER BY due, seq LIMIT ?';
    return this.#db.all(sql, queue, now, most) as { seq: number; due: number; attempts: number }[];
  }

  /** When the next message that waits for its time is due; undefined where none does. */
  nextDue(queue: number, now: number): number | undefined {
    const row = this.#db.get('SELECT min(due) AS due FROM messages WHERE queue = ? AND lease = 0 AND due > ?', queue, now);
    return row?.['due'] === null || row === undefined ? undefined : Number(row['due']);
  }

  /** When the message was sent whose turn is next. */
  oldest(queue: number): number | undefined {
    const row = this.#db.get('SELECT sent FROM messages WHERE queue = ? ORDER BY lease, due LIMIT 1', queue);
    return row === undefined ? undefined : Number(row['sent']);
  }

  /** Hands out messages, which is an attempt for each. */
  take(seqs: readonly number[], lease: number): Map<number, LeasedMessage> {
    if (seqs.length === 0) return new Map();
    const sql = `UPDATE messages SET lease = ?, attempts = attempts + 1 WHERE seq IN (SELECT value FROM json_each(?))
      RETURNING seq, id, sent, attempts, type, body`;
    const rows = this.#db.all(sql, lease, JSON.stringify(seqs)) as LeasedMessage[];
    return new Map(rows.map((row) => [row.seq, row]));
  }

  /** How often a message has been handed out; 0 where the lease does not hold it. */
  attempts(seq: number, lease: number): number {
    return Number(this.#db.get('SELECT attempts FROM messages WHERE seq = ? AND lease = ?', seq, lease)?.['attempts'] ?? 0);
  }

  giveBack(seq: number, lease: number, due: number): void {
    this.#db.run('UPDATE messages SET lease = 0, due = ? WHERE seq = ? AND lease = ?', due, seq, lease);
  }

  giveBackAll(queue: number, lease: number): void {
    this.#db.run('UPDATE messages SET lease = 0 WHERE queue = ? AND lease = ?', queue, lease);
  }

  remove(seq: number): { id: string; size: number } | undefined {
    return this.#db.get('DELETE FROM messages WHERE seq = ? RETURNING id, size', seq) as { id: string; size: number } | undefined;
  }

  /** @returns how many, and their bytes */
  removeLeased(queue: number, lease: number): { count: number; bytes: number } {
    const held = this.#db.get('SELECT sum(size) AS bytes FROM messages WHERE queue = ? AND lease = ?', queue, lease);
    const count = this.#db.run('DELETE FROM messages WHERE queue = ? AND lease = ?', queue, lease);
    return { count, bytes: Number(held?.['bytes'] ?? 0) };
  }

  purge(queue: number): { count: number; bytes: number } {
    return this.removeLeased(queue, 0);
  }

  /** To another queue, where it starts anew with its id and time. */
  move(seq: number, target: number, now: number): { id: string; size: number } | undefined {
    const columns = 'id, sent, type, size, body';
    const sql = `INSERT INTO messages (queue, entered, due, ${columns}) SELECT ?, ?, ?, ${columns} FROM messages WHERE seq = ?`;
    this.#db.run(sql, target, now, now, seq);
    return this.remove(seq);
  }

  /** Of the first rows: messages come in nearly in the order of their age. */
  dropEnteredBefore(time: number): { queue: number; size: number }[] {
    const rows = 'SELECT seq, queue, entered, lease, size FROM messages ORDER BY seq LIMIT ?';
    const old = this.#db.all(`SELECT seq, queue, size FROM (${rows}) WHERE entered < ? AND lease = 0`, MOST_DROPPED, time);
    for (const { seq } of old) this.remove(Number(seq));
    return old.map(({ queue, size }) => ({ queue: Number(queue), size: Number(size) }));
  }

  info(queue: number, now: number): { leased: number; delayed: number; attempts: number | null; oldest: number | null } {
    const sql = `SELECT count(*) FILTER (WHERE lease > 0) AS leased, count(*) FILTER (WHERE lease = 0 AND due > ?) AS delayed,
      max(attempts) AS attempts, min(sent) AS oldest FROM messages WHERE queue = ?`;
    return this.#db.get(sql, now, queue) as { leased: number; delayed: number; attempts: number | null; oldest: number | null };
  }
}
