/**
 * Says when a batch of a queue is due: enough messages are there, or the first has waited long enough.
 *
 * Contract: a consumer that waits hears of it first. To the server what is due is said once, and again only when somebody has asked for a batch since, or the saying may
 * have been lost. A queue nobody watches is none of its business.
 */
import type { StoreContext } from '../../storage/product.ts';
import { DUE_TOPIC, type WatchedQueue } from './messages.ts';
import type { QueueRows } from './rows.ts';

/** A notice that nobody has acted on in this time is repeated. */
const REPEAT_MS = 5000;
/** A paused queue is looked at so often: another process may let it go on. */
const PAUSED_MS = 1000;
/** The longest time a timer is set for. */
const MOST_WAIT_MS = 60_000;

type Watch = WatchedQueue & {
  /** When it was said that a batch is due; undefined where there is nothing to act on. */
  announcedAt: number | undefined;
  timer: NodeJS.Timeout | undefined;
  isChecking: boolean;
  /** As many batches are being worked on as may be: nothing that is sent makes another due. */
  isFull: boolean;
};

export class Watches {
  readonly #rows: QueueRows;
  readonly #context: StoreContext;
  readonly #wake: (queue: string) => boolean;
  #watches = new Map<string, Watch>();
  #isClosed = false;

  /** @param wake a batch is due: says whether a consumer that has waited asks for it */
  constructor(rows: QueueRows, context: StoreContext, wake: (queue: string) => boolean) {
    this.#rows = rows;
    this.#context = context;
    this.#wake = wake;
  }

  /** The whole table of queues that are consumed. */
  set(queues: readonly WatchedQueue[]): void {
    for (const { timer } of this.#watches.values()) clearTimeout(timer);
    this.#watches = new Map(queues.map((queue) => [queue.queue, { ...queue, announcedAt: undefined, timer: undefined, isChecking: false, isFull: false }]));
    this.checkAll();
  }

  /** Messages have come, or have come back. Looked into after the commit. */
  changed(queue: string): void {
    const watch = this.#watches.get(queue);
    if (watch === undefined || watch.isChecking || watch.isFull) return;
    watch.isChecking = true;
    setImmediate(() => {
      watch.isChecking = false;
      if (!this.#isClosed && this.#watches.get(queue) === watch) this.#check(watch);
    });
  }

  /** Somebody has asked for a batch. @param isFull as many are being worked on as may be, now */
  answered(queue: string, isFull: boolean): void {
    const watch = this.#watches.get(queue);
    if (watch === undefined) return;
    watch.announcedAt = undefined;
    watch.isFull = isFull;
    // There may be enough for a further consumer.
    this.changed(queue);
  }

  /** Somebody is done with a batch, or has been taken it away. */
  freed(queue: string): void {
    const watch = this.#watches.get(queue);
    if (watch !== undefined) watch.isFull = false;
    this.changed(queue);
  }

  checkAll(): void {
    for (const queue of this.#watches.keys()) this.freed(queue);
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#watches.values()) clearTimeout(timer);
  }

  /** Nobody waits for what this comes to: a database that fails is heard of by its next call. */
  #check(watch: Watch): void {
    try {
      this.#look(watch);
    } catch {
      this.#later(watch, REPEAT_MS);
    }
  }

  #look(watch: Watch): void {
    const now = this.#context.now();
    if (watch.announcedAt !== undefined && now - watch.announcedAt < REPEAT_MS && now >= watch.announcedAt) return;
    clearTimeout(watch.timer);
    watch.announcedAt = undefined;
    const queue = this.#rows.find(watch.queue);
    if (queue === undefined || queue.count === 0) return;
    if (queue.paused) return this.#later(watch, PAUSED_MS);
    // A consumer that is done asks for more by itself.
    const { leases, singles } = this.#rows.occupancy(queue);
    if (leases >= watch.maxConcurrency) return;
    const due = this.#rows.due(queue, singles > 0, now, watch) ?? (singles > 0 ? this.#rows.singles.nextDue(queue.id, now) : undefined);
    if (due !== undefined && due <= now) {
      if (this.#wake(watch.queue)) return;
      watch.announcedAt = now;
      this.#context.notify(DUE_TOPIC, watch.queue);
      return this.#later(watch, REPEAT_MS);
    }
    if (due !== undefined) this.#later(watch, due - now);
  }

  #later(watch: Watch, milliseconds: number): void {
    watch.timer = setTimeout(() => this.#check(watch), Math.min(Math.max(milliseconds, 1), MOST_WAIT_MS));
    watch.timer.unref();
  }
}
