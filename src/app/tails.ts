/**
 * Tail workers: what an app's events have done goes to the `tail` handlers of the apps it names.
 *
 * Contract: nobody waits for a consumer; its events come in batches, and are dropped beyond a bound. A consumer is an
 * app of the same trust group. Tails of tails end where calls between workers do.
 */
import { secretMaskOf } from '../base/secret-mask.ts';
import { versionId } from '../base/version-id.ts';
import type { FetchClient, OutboundWorker } from '../ports/event-client.ts';
import type { ServiceTarget } from '../ports/invoker.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Apps } from './apps.ts';
import type { TraceOf } from './trace.ts';
import { runTrigger, type TriggerDeps } from './trigger-run.ts';

/** How long items are gathered, in milliseconds, and how many at most. */
const GATHER_MS = 20;
const MOST_ITEMS = 100;
/**
 * Items that wait for one consumer, whatever entrypoints and props it has, and the characters of them all: one may have many.
 * An app may have as many there as are free. Alone it has half of all, two that tell all they can have a third each: some
 * room is left for whoever comes.
 */
const MOST_WAITING = 5000;
const MOST_CHARACTERS = 16 * 1024 * 1024;
const MOST_DEPTH = 16;
/** The version of an app, and not of a worker that it has loaded. */
const PLAIN_VERSION = /^[0-9a-f]{12}$/;

/** Whose tail handler hears of it. */
type Consumer = Pick<ServiceTarget, 'app' | 'entrypoint' | 'props' | 'outbound'>;
/** What is gathered for one batch. */
type Waiting = {
  consumer: Consumer;
  /** JSON of each. */
  items: string[];
  /** What each counts for. */
  held: Held[][];
  timer: NodeJS.Timeout | undefined;
};
/** Of those that wait and those under way. */
type Held = { key: string; items: number; characters: number };

/** An app that hears of its own event, as a worker that it has loaded may have it, has nothing else between it and the network than the event had. */
const seenFrom = (consumer: Consumer, app: string, outbound: OutboundWorker | undefined): Consumer =>
  outbound === undefined || consumer.app !== app ? consumer : { ...consumer, outbound };

export type TailDeps = TriggerDeps & { apps: Apps; newRequestId(): string };

export class Tails {
  readonly #deps: TailDeps;
  /** By depth: those that have come deep must not take others along, whose consumer could call nobody any more. */
  readonly #waiting = new Map<string | Consumer, Map<number, Waiting>>();
  /** By consumer, and by consumer and app. */
  readonly #held = new Map<string, Held>();

  constructor(deps: TailDeps) {
    this.#deps = deps;
  }

  /** What traces the events of an app; undefined where nobody tails it. */
  of(record: AppRecord): TraceOf | undefined {
    const consumers = (record.tailConsumers ?? []).filter((consumer) => consumer !== record.name);
    return this.#to(
      consumers.map((consumer) => ({ app: consumer, entrypoint: undefined, props: undefined })),
      record,
    );
  }

  /** What traces the events of a worker that was loaded with tails. */
  ofLoaded(record: AppRecord, tails: readonly Consumer[]): TraceOf | undefined {
    return this.#to(tails, record);
  }

  #to(consumers: readonly Consumer[], record: AppRecord): TraceOf | undefined {
    if (consumers.length === 0) return undefined;
    const { name: app, version, group } = record;
    return {
      app,
      version: PLAIN_VERSION.test(version) ? versionId(version) : version,
      mask: secretMaskOf(record),
      tell: (item, depth, outbound) => {
        if (depth + 1 >= MOST_DEPTH) return;
        const text = JSON.stringify(item);
        for (const consumer of consumers) this.#add(seenFrom(consumer, app, outbound), { app, group, text, depth: depth + 1 });
      },
    };
  }

  /** @param text JSON of a trace item */
  #add(consumer: Consumer, { app: from, group, text, depth }: { app: string; group: string; text: string; depth: number }): void {
    const { app, entrypoint, props, outbound } = consumer;
    const all = this.#heldOf(app);
    const own = this.#heldOf(`${app}\n${from}`);
    const hasRoom = own.items < MOST_WAITING - all.items && own.characters + text.length <= MOST_CHARACTERS - all.characters - text.length;
    // One that is alone may be as long as it is.
    if (!hasRoom && all.items > 0) return;
    const held = [all, own];
    for (const each of held) {
      this.#held.set(each.key, each);
      each.items++;
      each.characters += text.length;
    }
    // Props with services, and outbound workers, are told apart by what they are, and not by what they say.
    const key = outbound === undefined && (props === undefined || props.services.length === 0) ? `${app}\n${entrypoint ?? ''}\n${props?.text ?? ''}` : consumer;
    const depths = this.#waiting.get(key) ?? new Map<number, Waiting>();
    this.#waiting.set(key, depths);
    const waiting = depths.get(depth) ?? { consumer, items: [], held: [], timer: undefined };
    depths.set(depth, waiting);
    waiting.items.push(text);
    waiting.held.push(held);
    const send = (): void => {
      clearTimeout(waiting.timer);
      depths.delete(depth);
      if (depths.size === 0) this.#waiting.delete(key);
      this.#send(waiting, group, depth);
    };
    if (waiting.items.length >= MOST_ITEMS) send();
    else waiting.timer ??= setTimeout(send, GATHER_MS);
  }

  #send({ consumer, items, held }: Waiting, group: string, depth: number): void {
    const { entrypoint, props, outbound } = consumer;
    const { apps, newRequestId } = this.#deps;
    const version = apps.get(consumer.app);
    const lengths = items.map((item) => item.length);
    const done = (): void => {
      for (const [at, each] of held.entries()) for (const one of each) this.#release(one, lengths[at] ?? 0);
    };
    if (version === undefined || version.record.group !== group || version.record.state !== 'ready') return done();
    const text = `[${items.join(',')}]`;
    const requestId = newRequestId();
    const start = (client: FetchClient): void => apps.tail(version, { requestId, text, depth, entrypoint, props, outbound }, client);
    void runTrigger(version, 'tail', requestId, { events: items.length }, start, this.#deps).finally(done);
  }

  #heldOf(key: string): Held {
    return this.#held.get(key) ?? { key, items: 0, characters: 0 };
  }

  #release(held: Held, characters: number): void {
    held.items--;
    held.characters -= characters;
    if (held.items === 0) this.#held.delete(held.key);
  }
}
