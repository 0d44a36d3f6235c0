/**
 * Takes batches of a queue, one after the other, and runs them.
 *
 * Contract: what the app acknowledged is gone from the queue once that is on disk, and all else comes again: what it
 * wants tried again, what it failed on, and what was in hand when something died. The settlement of a batch and the
 * taking of the next go to the store together.
 * @see https://developers.cloudflare.com/queues/configuration/batching-retries/
 */
import { type Batch, type Demand, QUEUES_ID, type Settled, type Settlement } from '../bindings/queues/messages.ts';
import { openBatch } from './batch-contents.ts';
import type { FetchClient } from '../ports/event-client.ts';
import type { Observer } from '../ports/observer.ts';
import type { Stores } from '../ports/stores.ts';
import type { QueueConsumer, Trigger, TriggerResult } from '../protocol/engine.ts';
import type { Apps } from './apps.ts';
import { readVerdicts, settlementOf } from './batch-verdict.ts';
import { runTrigger, type TriggerDeps } from './trigger-run.ts';
import type { AppVersion } from './version.ts';

export type ConsumerDeps = TriggerDeps & { apps: Apps; stores: Stores; observer: Observer; newRequestId: () => string };

/** Longer than a batch may take: by then whoever holds it is gone. */
const LEASE_MS = 16 * 60_000;
const SETTLE_ATTEMPTS = 3;
/** Where messages come in a row nobody has to call for a consumer. Short enough for an engine that is leaving. */
const WAIT_MS = 100;

type QueueTrigger = Extract<Trigger, { kind: 'queue' }>;

/** @param isLeaving no further batch is to be taken @returns when there is nothing due any more */
export async function consume(trigger: QueueTrigger, deps: ConsumerDeps, isLeaving: () => boolean): Promise<TriggerResult> {
  const { apps, stores } = deps;
  let settlement: Settlement | null = null;
  let demand: Demand | undefined;
  // The app may be gone when there is something to be settled.
  let group = '';
  for (;;) {
    const asking = consumerOf(trigger, apps);
    if (asking === undefined || isLeaving()) {
      if (settlement !== null && demand !== undefined) await settle(group, demand, settlement, trigger.app, deps);
      return { outcome: isLeaving() ? 'ok' : 'notConsumed' };
    }
    group = asking.version.record.group;
    demand = demandOf(asking.consumer, trigger.owner);
    let batch: Batch;
    try {
      batch = (await stores.call({ product: 'queues', group, id: QUEUES_ID }, 'next', [demand, settlement])) as Batch;
    } catch (error) {
      if (settlement !== null) await settle(group, demand, settlement, trigger.app, deps);
      return { outcome: 'storeFailed', error: String(error) };
    }
    tell(batch, trigger, deps.observer, asking.consumer);
    if (batch.lease === 0) return { outcome: 'ok' };
    // The app may have been deployed again meanwhile, or be gone: then the batch is given back.
    const taking = consumerOf(trigger, apps);
    if (taking === undefined) return { outcome: 'notConsumed' };
    const { version, consumer } = taking;
    const requestId = deps.newRequestId();
    const { seqs, message } = openBatch(trigger.queue, batch);
    const start = (client: FetchClient): void => apps.queue(version, requestId, message, client);
    const ran = await runTrigger(version, 'queue', requestId, { queue: trigger.queue, messages: seqs.length }, start, deps);
    settlement = settlementOf(batch.lease, seqs, readVerdicts(ran.verdicts), ran.outcome === 'ok', consumer.retryDelay);
    deps.observer.messages(trigger.app, trigger.queue, seqs.length - settlement.retried.length, settlement.retried.length);
  }
}

/** The app as it is now, where it consumes the queue. */
function consumerOf({ app, queue }: QueueTrigger, apps: Apps): { version: AppVersion; consumer: QueueConsumer } | undefined {
  const version = apps.get(app);
  const consumer = version?.record.consumers?.find((one) => one.queue === queue);
  return version === undefined || consumer === undefined || version.record.state !== 'ready' ? undefined : { version, consumer };
}

function demandOf(consumer: QueueConsumer, owner: string): Demand {
  const { queue, batchSize, batchTimeoutMs, maxConcurrency, maxRetries, deadLetterQueue } = consumer;
  return { queue, batchSize, batchTimeoutMs, maxConcurrency, maxRetries, deadLetterQueue, owner, leaseMs: LEASE_MS, waitMs: WAIT_MS };
}

/** Settling twice does no harm: the lease is gone then. */
async function settle(group: string, demand: Demand, settlement: Settlement, app: string, { stores, observer }: ConsumerDeps): Promise<void> {
  for (let left = SETTLE_ATTEMPTS; ; left--) {
    try {
      const settled = (await stores.call({ product: 'queues', group, id: QUEUES_ID }, 'settle', [demand, settlement])) as Settled;
      return tell(settled, { app, queue: demand.queue }, observer, demand);
    } catch (error) {
      if (left > 1) continue;
      return observer.warn('a batch of messages could not be settled: it will be delivered again', { app, queue: demand.queue, error: String(error) });
    }
  }
}

/** Messages that had no attempts left. */
function tell(
  { dead, dropped }: Settled,
  { app, queue }: { app: string; queue: string },
  observer: Observer,
  consumer: { deadLetterQueue?: string | undefined; maxRetries: number },
): void {
  const attempts = consumer.maxRetries + 1;
  for (const id of dead)
    observer.warn('a message was moved to the dead-letter queue', { app, queue, message: id, deadLetterQueue: consumer.deadLetterQueue, attempts });
  for (const id of dropped) observer.warn('a message was dropped', { app, queue, message: id, attempts });
}
