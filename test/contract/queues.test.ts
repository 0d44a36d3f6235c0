import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'Queues',
  dir: join(import.meta.dirname, 'queues'),
  miniflare: {
    queueProducers: { Q: { queueName: 'main' }, LATE: { queueName: 'main', deliveryDelay: 1 } },
    queueConsumers: {
      main: { maxBatchSize: 10, maxBatchTimeout: 0, maxRetries: 2, deadLetterQueue: 'dead' },
      dead: { maxBatchTimeout: 0, maxRetries: 0 },
    },
  },
  differences: {
    'send: bytes arrive as': {
      reason: 'Miniflare hands over what it has been sent as an ArrayBuffer; workerd makes a Uint8Array of what comes from a real queue',
      nano: ['Uint8Array', 2],
    },
    'send: delays that are refused': {
      reason: 'Miniflare fails on them with a 500',
      nano: ['Error: Queue send failed: Bad Request', 'Error: Queue send failed: Bad Request'],
    },
    'delivery: delaySeconds, and the delay of the producer': {
      reason: 'Miniflare goes by the first producer that names the queue',
      nano: [true, true, false, true],
    },
    'outcome: ack() holds against a handler that throws': { reason: 'Cloudflare says so; Miniflare looks at the outcome of the batch only', nano: [1, 1, 2] },
    'outcome: ack() holds against retryAll()': { reason: 'Cloudflare says so; Miniflare looks at the batch first', nano: [1, 1, 2] },
    'outcome: ackAll() holds against a handler that throws': { reason: 'Cloudflare says so; Miniflare looks at the outcome of the batch only', nano: [1] },
  },
});
