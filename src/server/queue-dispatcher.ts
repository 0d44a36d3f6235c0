/**
 * Brings queues and their consumers together: tells the store which queues are consumed, and engines when a batch is due.
 *
 * Contract: a lease whose holder is gone is given back at once, not when it runs out; a notice that was lost is made up
 * for by asking again. A queue has one consumer: the first app of the table that names it.
 */
import { DUE_TOPIC, QUEUES_ID, type WatchedQueue } from '../bindings/queues/messages.ts';
import type { Log } from '../observe/log.ts';
import type { Stores } from '../ports/stores.ts';
import type { AppRecord, QueueConsumer } from '../protocol/engine.ts';
import type { FromStore } from '../protocol/store.ts';
import type { Clock } from './clock.ts';
import type { EventRunner } from './event-runner.ts';

export type QueueDispatcherOptions = {
  clock: Clock;
  log: Log;
  stores: Stores;
  runner: EventRunner;
  /** Names this run of the server, unlike every other one. */
  boot: string;
};

type Consumed = {
  app: string;
  consumer: QueueConsumer;
  running: number;
  /** A batch was due while as many as may be were being worked on. */
  isDue: boolean;
};

/** The store is told of all consumers again so often: it makes up for whatever was lost. */
const REFRESH_MS = 30_000;
const RETRY_MS = 1000;

export class QueueDispatcher {
  readonly #options: QueueDispatcherOptions;
  /** By group, then by queue. */
  #groups = new Map<string, Map<string, Consumed>>();
  #known = '';
  #runs = 0;
  #isStopped = false;
  #cancelRefresh: (() => void) | undefined;

  constructor(options: QueueDispatcherOptions) {
    this.#options = options;
  }

  /** Takes in a new table of apps. An app that is broken or in quarantine consumes nothing; its messages wait. */
  setApps(apps: readonly AppRecord[]): void {
    const groups = new Map<string, Map<string, Consumed>>();
    for (const group of this.#groups.keys()) groups.set(group, new Map());
    for (const { name, group, state, consumers = [] } of apps) {
      for (const consumer of consumers) {
        const queues = groups.get(group) ?? new Map<string, Consumed>();
        groups.set(group, queues);
        const other = queues.get(consumer.queue);
        if (other !== undefined) this.#conflict(consumer.queue, other.app, name);
        else if (state === 'ready') queues.set(consumer.queue, { app: name, consumer, running: this.#running(group, consumer.queue), isDue: false });
      }
    }
    const known = JSON.stringify([...groups].map(([group, queues]) => [group, [...queues.values()].map(({ app, consumer }) => [app, consumer])]));
    this.#groups = groups;
    if (known === this.#known) return;
    this.#known = known;
    this.refresh();
  }

  /** Tells the store of all consumers: after a change, when it has started, and now and then. */
  refresh(): void {
    this.#cancelRefresh?.();
    if (this.#isStopped || this.#groups.size === 0) return;
    this.#cancelRefresh = this.#options.clock.after(REFRESH_MS, () => this.refresh());
    for (const group of this.#groups.keys()) void this.#watch(group);
  }

  /** The store says that a batch is due. */
  notified({ product, group, topic, detail }: Extract<FromStore, { type: 'notify' }>): void {
    if (product === 'queues' && topic === DUE_TOPIC) void this.#consume(group, detail);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRefresh?.();
  }

  #running(group: string, queue: string): number {
    return this.#groups.get(group)?.get(queue)?.running ?? 0;
  }

  async #watch(group: string): Promise<void> {
    const watched = [...(this.#groups.get(group)?.values() ?? [])].map(
      ({ consumer: { queue, batchSize, batchTimeoutMs, maxConcurrency } }): WatchedQueue => ({ queue, batchSize, batchTimeoutMs, maxConcurrency }),
    );
    await this.#call(group, 'watch', [this.#options.boot, watched]);
  }

  async #consume(group: string, queue: string): Promise<void> {
    const consumed = this.#groups.get(group)?.get(queue);
    if (this.#isStopped || consumed === undefined) return;
    if (consumed.running >= consumed.consumer.maxConcurrency) {
      // A consumer that has just found nothing may be on its way back.
      consumed.isDue = true;
      return;
    }
    // Where no engine serves the store says it again.
    const engine = this.#options.runner.next(consumed.app);
    if (engine === undefined) return;
    const owner = `${this.#options.boot}/${++this.#runs}`;
    this.#count(group, queue, 1);
    const result = await engine.trigger({ kind: 'queue', app: consumed.app, queue, owner });
    this.#count(group, queue, -1);
    if (result?.outcome !== 'ok') await this.#release(group, owner);
    const now = this.#groups.get(group)?.get(queue);
    if (now?.isDue !== true) return;
    now.isDue = false;
    void this.#consume(group, queue);
  }

  /** The table may have been replaced meanwhile. */
  #count(group: string, queue: string, by: number): void {
    const consumed = this.#groups.get(group)?.get(queue);
    if (consumed !== undefined) consumed.running += by;
  }

  /** Whoever took leases in this name is gone. */
  async #release(group: string, owner: string): Promise<void> {
    if ((await this.#call(group, 'release', [owner])) || this.#isStopped) return;
    this.#options.clock.after(RETRY_MS, () => void this.#release(group, owner));
  }

  async #call(group: string, method: string, args: readonly unknown[]): Promise<boolean> {
    try {
      await this.#options.stores.call({ product: 'queues', group, id: QUEUES_ID }, method, args);
      return true;
    } catch (error) {
      if (!this.#isStopped) this.#options.log.warn('the store of the queues does not answer', { group, method, error: String(error) });
      return false;
    }
  }

  readonly #told = new Set<string>();

  #conflict(queue: string, kept: string, refused: string): void {
    const text = `${queue}\n${kept}\n${refused}`;
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.log.error('a queue has one consumer: another app has it already', { app: refused, queue, consumer: kept });
  }
}
