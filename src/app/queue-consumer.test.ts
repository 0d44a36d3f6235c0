import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import type { StoreAddress } from '../ports/stores.ts';
import type { FetchClient } from '../ports/event-client.ts';
import { consume, type ConsumerDeps } from './queue-consumer.ts';

test('consume: what an app has done is settled, although it is gone by then', async () => {
  const consumer = { queue: 'jobs', batchSize: 10, batchTimeoutMs: 0, maxConcurrency: 1, maxRetries: 3 };
  const record = { ...appRecord('app', { group: 'payments' }), consumers: [consumer] };
  let isThere = true;
  const calls: [string, string][] = [];
  const deps = {
    apps: {
      get: () => (isThere ? { record } : undefined),
      queue: (_version: unknown, _id: string, _batch: unknown, client: FetchClient) => {
        isThere = false;
        client.completed?.();
      },
    },
    stores: {
      call: async ({ group }: StoreAddress, method: string) => {
        calls.push([group, method]);
        return { lease: 1, parts: [], dead: [], dropped: [] };
      },
    },
    ledger: { begin() {}, end() {} },
    observer: { event() {}, messages() {}, warn: (message: string) => assert.fail(message) },
    newRequestId: () => 'id',
  };
  const result = await consume({ kind: 'queue', app: 'app', queue: 'jobs', owner: 'o' }, deps as unknown as ConsumerDeps, () => false);
  assert.equal(result.outcome, 'notConsumed');
  assert.deepEqual(calls, [
    ['payments', 'next'],
    ['payments', 'settle'],
  ]);
});
