/**
 * What is sent to queues in one round of the store, written at its end: many senders pay for one row, and for one look at
 * the queue.
 *
 * Contract: room is given out message by message, so that nothing enters beyond a quota; what an engine sends may be
 * anything, and harms none but itself.
 */
import { randomUUID } from 'node:crypto';
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { StoreContext } from '../../storage/product.ts';
import { isCount } from '../sizes.ts';
import { MOST_MESSAGE_BYTES, type NewMessage, type QueueMetrics, STORAGE_LIMIT } from './messages.ts';
import { isText, measure, merge, MOST_MERGED, MOST_MERGED_BYTES, unpack } from './parcels.ts';
import { type QueueRow, type QueueRows, storedBytes } from './rows.ts';

/** @see https://developers.cloudflare.com/queues/platform/limits/ */
const MOST_BACKLOG_BYTES = 25_000_000_000;

type Measured = { parcel: Uint8Array; count: number; bytes: number };

/** To one queue. `metrics`: the answer to all of them. */
type Arriving = {
  queue: QueueRow;
  count: number;
  bytes: number;
  parcels: Measured[];
  delayed: NewMessage[];
  metrics: QueueMetrics;
};

export class Arrivals {
  readonly #rows: QueueRows;
  readonly #context: StoreContext;
  readonly #queues = new Map<string, Arriving>();

  constructor(rows: QueueRows, context: StoreContext) {
    this.#rows = rows;
    this.#context = context;
  }

  /** Notes messages. @returns the queue's metrics, filled in by `flush` */
  add(name: string, parcels: readonly Uint8Array[], delayed: readonly NewMessage[]): QueueMetrics {
    const sent: Measured[] = [];
    let [count, bytes] = [0, 0];
    for (const parcel of parcels) {
      const measured = measure(parcel);
      sent.push({ parcel, ...measured });
      count += measured.count;
      bytes += measured.bytes;
    }
    for (const message of delayed) {
      if (!isMessage(message)) throw invalidCall();
      count++;
      bytes += message.size;
    }
    this.#context.quota.checkPart(name, storedBytes(count, bytes));
    const arrivals = this.#arrivalsOf(name);
    const { queue } = arrivals;
    if (queue.bytes + arrivals.bytes + bytes > MOST_BACKLOG_BYTES) throw new OpError('Error', STORAGE_LIMIT);
    arrivals.count += count;
    arrivals.bytes += bytes;
    for (const message of delayed) arrivals.delayed.push(message);
    for (const one of sent) arrivals.parcels.push(one);
    // Whoever comes next in this round must not find the same room.
    this.#context.quota.chargePart(name, storedBytes(queue.count + arrivals.count, queue.bytes + arrivals.bytes));
    return arrivals.metrics;
  }

  #arrivalsOf(name: string): Arriving {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
    const arrivals = { queue: this.#rows.queue(name), count: 0, bytes: 0, parcels: [], delayed: [], metrics };
    this.#queues.set(name, arrivals);
    return arrivals;
  }

  /** Writes what was sent in this round. @returns the queues it was sent to */
  flush(): string[] {
    const now = this.#context.now();
    const names = [...this.#queues.keys()];
    for (const { queue, parcels, delayed, metrics } of this.#queues.values()) {
      if (
        this.#rows.parcels.fits(
          queue,
          parcels.reduce((sum, { count }) => sum + count, 0),
        )
      )
        this.#append(queue, now, parcels);
      else
        for (const { parcel } of parcels)
          this.#insert(
            queue,
            now,
            unpack(parcel).map((message) => ({ ...message, delayMs: 0 })),
          );
      this.#insert(queue, now, delayed);
      Object.assign(metrics, this.#rows.metrics(queue));
    }
    this.#queues.clear();
    return names;
  }

  /** The round has come to nothing. */
  undone(): void {
    this.#queues.clear();
    this.#rows.countAll();
  }

  #append(queue: QueueRow, now: number, parcels: readonly Measured[]): void {
    for (let at = 0; at < parcels.length; ) {
      const taken: Uint8Array[] = [];
      let [count, bytes] = [0, 0];
      for (let next = parcels[at]; next !== undefined; next = parcels[++at]) {
        if (taken.length > 0 && (count + next.count > MOST_MERGED || bytes + next.bytes > MOST_MERGED_BYTES)) break;
        taken.push(next.parcel);
        count += next.count;
        bytes += next.bytes;
      }
      this.#rows.append(queue, { id: newId(), entered: now, count, bytes, data: merge(taken) });
    }
  }

  /** Messages with rows of their own. */
  #insert(queue: QueueRow, now: number, messages: readonly NewMessage[]): void {
    if (messages.length === 0) return;
    let bytes = 0;
    for (const { delayMs, ...message } of messages) {
      this.#rows.singles.insert({ ...message, queue: queue.id, id: newId(), sent: now, entered: now, due: now + delayMs, attempts: 0 });
      bytes += message.size;
    }
    this.#rows.count(queue.id, messages.length, bytes);
    queue.count += messages.length;
    queue.bytes += bytes;
  }
}

/** One message that cannot be stored would take all of its round with it. */
function isMessage({ type, body, size, delayMs }: NewMessage): boolean {
  const isBody = isText(type) ? typeof body === 'string' : body instanceof Uint8Array && (type === 'bytes' || type === 'v8');
  return isBody && body.length <= MOST_MESSAGE_BYTES && isCount(size) && isCount(delayMs);
}

/** Node keeps random values for these in store: it is cheaper than asking for sixteen bytes. */
const newId = (): string => randomUUID().replaceAll('-', '');
