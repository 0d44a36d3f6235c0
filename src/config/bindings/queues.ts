/**
 * `queues`: producers are bindings, consumers are what the app is run for.
 * @see https://developers.cloudflare.com/queues/configuration/configure-queues/
 */
import { z } from 'zod';
import type { QueueConsumer } from '../../protocol/engine.ts';
import { bindingKey } from './kind.ts';

const MOST_DELAY = 86_400;
const queueName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/, {
  error: 'The name of a queue is 1 to 63 letters, digits and hyphens, and begins with a letter or digit.',
});
const seconds = z.number().int().min(0).max(MOST_DELAY);

const producer = z.looseObject({ binding: z.string().min(1), queue: queueName, delivery_delay: seconds.optional() });

const consumer = z.looseObject({
  queue: queueName,
  type: z
    .enum(['worker', 'http_pull'])
    .refine((type) => type === 'worker', { error: '"http_pull" consumers are not supported: let the app itself consume the queue (type "worker").' })
    .optional(),
  max_batch_size: z.number().int().min(1).max(100).optional(),
  max_batch_timeout: z.number().min(0).max(60).optional(),
  max_retries: z.number().int().min(0).max(100).optional(),
  dead_letter_queue: queueName.optional(),
  max_concurrency: z.number().int().min(1).max(250).nullable().optional(),
  retry_delay: seconds.optional(),
  visibility_timeout_ms: z.number().optional(),
});

/** Cloudflare's defaults. @see https://developers.cloudflare.com/queues/configuration/batching-retries/ */
const BATCH_SIZE = 10;
const BATCH_TIMEOUT_SECONDS = 5;
const RETRIES = 3;
/** Batches at the same time where nothing is said: Cloudflare goes by the backlog. */
const CONCURRENCY = 10;

export const queuesKey = bindingKey({
  key: 'queues',
  schema: z.looseObject({
    producers: z.array(producer).optional(),
    consumers: z
      .array(consumer)
      .refine((consumers) => new Set(consumers.map(({ queue }) => queue)).size === consumers.length, { error: 'A queue is listed more than once.' })
      .optional(),
  }),
  read: ({ producers = [] }) =>
    producers.map(({ binding, queue, delivery_delay }) => ({
      name: binding,
      type: 'queue',
      options: { queue, delay: delivery_delay ?? 0 },
    })),
});

/** The queues that an app consumes. */
export function queueConsumers(value: z.output<typeof queuesKey.schema> | undefined): QueueConsumer[] {
  return (value?.consumers ?? []).map((one) => ({
    queue: one.queue,
    batchSize: one.max_batch_size ?? BATCH_SIZE,
    batchTimeoutMs: (one.max_batch_timeout ?? BATCH_TIMEOUT_SECONDS) * 1000,
    maxRetries: one.max_retries ?? RETRIES,
    maxConcurrency: one.max_concurrency ?? CONCURRENCY,
    retryDelay: one.retry_delay ?? 0,
    ...(one.dead_letter_queue === undefined ? {} : { deadLetterQueue: one.dead_letter_queue }),
  }));
}
