/**
 * Tail workers: what an app's events have done goes to the `tail` handlers of the apps it names.
 *
 * Contract: nobody waits for a consumer; its events come in batches, and are dropped beyond a bound. A consumer is an
 * app of the same trust group. Tails of tails end where calls between workers do.
 */
import type { FetchClient } from '../ports/event-client.ts';
import type { ServiceTarget } from '../ports/invoker.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Apps } from './apps.ts';
import type { TraceOf } from './trace.ts';
import { runTrigger, type TriggerDeps } from './trigger-run.ts';

/** How long items are gathered, in milliseconds, and how many at most. */
const GATHER_MS = 20;
const MOST_ITEMS = 100;
/** Items that wait for one consumer, over all its batches, and the characters of them all: one may have many. */
const MOST_WAITING = 5000;
const MOST_CHARACTERS = 16 * 1024 * 1024;
const MOST_DEPTH = 16;

/** Whose tail handler hears of it. */
type Consumer = Pick<ServiceTarget, 'app' | 'entrypoint' | 'props'>;
type Waiting = {
  consumer: Consumer;
  /** JSON of each. */
  items: string[];
  depth: number;
  timer: NodeJS.Timeout | undefined;
  underWay: number;
  /** Of those that wait and those under way. */
  characters: number;
};

export type TailDeps = TriggerDeps & { apps: Apps; newRequestId(): string };

export class Tails {
  readonly #deps: TailDeps;
  readonly #waiting = new Map<string | Consumer, Waiting>();

  constructor(deps: TailDeps) {
    this.#deps = deps;
  }

  /** What traces the events of an app; undefined where nobody tails it. */
  of({ name: app, version, group, tailConsumers = [] }: AppRecord): TraceOf | undefined {
    const consumers = tailConsumers.filter((consumer) => consumer !== app);
    return this.#to(
      consumers.map((consumer) => ({ app: consumer, entrypoint: undefined, props: undefined })),
      { app, version, group },
    );
  }

  /** What traces the events of a worker that was loaded with tails. */
  ofLoaded({ name: app, version, group }: AppRecord, tails: readonly Consumer[]): TraceOf | undefined {
    return this.#to(tails, { app, version, group });
  }

  #to(consumers: readonly Consumer[], { app, version, group }: { app: string; version: string; group: string }): TraceOf | undefined {
    if (consumers.length === 0) return undefined;
    return {
      app,
      version,
      tell: (item, depth) => {
        if (depth + 1 >= MOST_DEPTH) return;
        const text = JSON.stringify(item);
        for (const consumer of consumers) this.#add(consumer, group, text, depth + 1);
      },
    };
  }

  /** @param item JSON of a trace item */
  #add(consumer: Consumer, group: string, item: string, depth: number): void {
    const { app, entrypoint, props } = consumer;
    // Props with services are told apart by what they are, and not by what they say.
    const key = props === undefined || props.services.length === 0 ? `${app}\n${entrypoint ?? ''}\n${props?.text ?? ''}` : consumer;
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, (waiting = { consumer, items: [], depth: 0, timer: undefined, underWay: 0, characters: 0 }));
    const isFull = waiting.items.length + waiting.underWay >= MOST_WAITING || waiting.characters + item.length > MOST_CHARACTERS;
    // One that is alone may be as long as it is.
    if (isFull && waiting.characters > 0) return;
    waiting.items.push(item);
    waiting.characters += item.length;
    waiting.depth = Math.max(waiting.depth, depth);
    if (waiting.items.length >= MOST_ITEMS) this.#send(key, group, waiting);
    else waiting.timer ??= setTimeout(() => this.#send(key, group, waiting), GATHER_MS);
  }

  #send(key: string | Consumer, group: string, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const { consumer, items, depth } = waiting;
    const { entrypoint, props } = consumer;
    waiting.items = [];
    waiting.depth = 0;
    const { apps, newRequestId } = this.#deps;
    const version = apps.get(consumer.app);
    waiting.underWay += items.length;
    const done = (): void => {
      waiting.underWay -= items.length;
      for (const item of items) waiting.characters -= item.length;
      this.#forget(key, waiting);
    };
    if (version === undefined || version.record.group !== group || version.record.state !== 'ready') return done();
    const text = `[${items.join(',')}]`;
    const requestId = newRequestId();
    const start = (client: FetchClient): void => apps.tail(version, { requestId, text, depth, entrypoint, props }, client);
    void runTrigger(version, 'tail', requestId, { events: items.length }, start, this.#deps).finally(done);
  }

  #forget(key: string | Consumer, { items, underWay }: Waiting): void {
    if (items.length === 0 && underWay === 0) this.#waiting.delete(key);
  }
}
