/**
 * Tail workers: what an app's events have done goes to the `tail` handlers of the apps it names.
 *
 * Contract: nobody waits for a consumer; its events come in batches, and are dropped beyond a bound. A consumer is an
 * app of the same trust group. Tails of tails end where calls between workers do.
 */
import type { FetchClient } from '../ports/event-client.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Apps } from './apps.ts';
import type { TraceItem, TraceOf } from './trace.ts';
import { runTrigger, type TriggerDeps } from './trigger-run.ts';

/** How long items are gathered, in milliseconds, and how many at most. */
const GATHER_MS = 20;
const MOST_ITEMS = 100;
/** Items that wait for one consumer, over all its batches. */
const MOST_WAITING = 5000;
const MOST_DEPTH = 16;

type Waiting = { items: TraceItem[]; depth: number; timer: NodeJS.Timeout | undefined; underWay: number };

export type TailDeps = TriggerDeps & { apps: Apps; newRequestId(): string };

export class Tails {
  readonly #deps: TailDeps;
  readonly #waiting = new Map<string, Waiting>();

  constructor(deps: TailDeps) {
    this.#deps = deps;
  }

  /** What traces the events of an app; undefined where nobody tails it. */
  of({ name: app, version, group, tailConsumers = [] }: AppRecord): TraceOf | undefined {
    const consumers = tailConsumers.filter((consumer) => consumer !== app);
    if (consumers.length === 0) return undefined;
    return {
      app,
      version,
      tell: (item, depth) => {
        if (depth + 1 < MOST_DEPTH) for (const consumer of consumers) this.#add(consumer, group, item, depth + 1);
      },
    };
  }

  #add(consumer: string, group: string, item: TraceItem, depth: number): void {
    let waiting = this.#waiting.get(consumer);
    if (waiting === undefined) this.#waiting.set(consumer, (waiting = { items: [], depth: 0, timer: undefined, underWay: 0 }));
    if (waiting.items.length + waiting.underWay >= MOST_WAITING) return;
    waiting.items.push(item);
    waiting.depth = Math.max(waiting.depth, depth);
    if (waiting.items.length >= MOST_ITEMS) this.#send(consumer, group, waiting);
    else waiting.timer ??= setTimeout(() => this.#send(consumer, group, waiting), GATHER_MS);
  }

  #send(consumer: string, group: string, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const { items, depth } = waiting;
    waiting.items = [];
    waiting.depth = 0;
    const { apps, newRequestId } = this.#deps;
    const version = apps.get(consumer);
    if (version === undefined || version.record.group !== group || version.record.state !== 'ready') return;
    waiting.underWay += items.length;
    const requestId = newRequestId();
    const start = (client: FetchClient): void => apps.tail(version, { requestId, text: JSON.stringify(items), depth }, client);
    void runTrigger(version, 'tail', requestId, { events: items.length }, start, this.#deps).finally(() => {
      waiting.underWay -= items.length;
    });
  }
}
