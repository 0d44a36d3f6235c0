/** What an engine that a tenant has taken over may have kept, and may ask for at once. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { R2ListResult } from '../protocol/r2.ts';
import { StoreHost } from '../storage/store-host.ts';
import { PRODUCTS } from './products.ts';
import { pack } from './queues/parcels.ts';

type Ask = (product: string, method: string, ...args: readonly unknown[]) => Promise<unknown>;

function setUp(t: TestContext): Ask {
  const root = mkdtempSync(join(tmpdir(), 'nano-test-'));
  const host = new StoreHost({ root, fsync: 'normal', products: PRODUCTS });
  t.after(() => {
    host.close();
    rmSync(root, { recursive: true, force: true });
  });
  return (product, method, ...args) => host.call({ product, group: 'default', id: product }, method, args);
}

const text = (length: number): string => 'x'.repeat(length);
const message = (body: string): { type: 'text'; body: string; size: number; delayMs: number } => ({ type: 'text', body, size: body.length, delayMs: 0 });
const object = (key: string, data: Uint8Array, custom: Record<string, string> = {}): unknown => ({
  key,
  size: data.length,
  etag: '0'.repeat(32),
  meta: { checksums: {}, http: {}, custom, storageClass: 'Standard' },
  content: { data },
});
const entry = (headers: string, value: Uint8Array): unknown => ({ expires: 1e15, status: 200, headers, encoded: 0, size: value.length, blob: null, value });
const bytes = (length: number): Uint8Array => new Uint8Array(length);
const demand = (queue: string): unknown => ({
  queue,
  batchSize: 1,
  batchTimeoutMs: 0,
  maxConcurrency: 1,
  owner: 'o',
  maxRetries: 1,
  leaseMs: 1000,
  waitMs: 0,
});

const KEPT: readonly (readonly [product: string, method: string, ...args: unknown[]])[] = [
  ['kv', 'put', text(512), text(65_536), null, 65_536, null, text(1024)],
  ['kv', 'put', 'k', bytes(65_536), null, 65_536, 2 ** 40, null],
  ['kv', 'list', text(512), text(1024), 1000],
  ['r2', 'put', object(text(1024), bytes(65_536), { name: text(10_000) }), undefined],
  ['r2', 'createUpload', text(1024), { http: {}, custom: {}, storageClass: '' }],
  ['r2', 'list', {}],
  ['r2', 'list', { prefix: text(1024), delimiter: '/', limit: 1000, include: ['httpMetadata'] }],
  ['cache', 'put', text(1024), text(32_768), entry(text(131_072), bytes(32_768))],
  ['queues', 'send', text(200), [pack([message(text(128_000))])], [message(text(128_000))]],
  ['ratelimit', 'take', '1001', 10, text(256), 5],
];

const REFUSED: typeof KEPT = [
  ['kv', 'put', text(513), 'v', null, 1, null, null],
  ['kv', 'put', 7, 'v', null, 1, null, null],
  ['kv', 'put', 'k', text(65_537), null, 1, null, null],
  ['kv', 'put', 'k', bytes(65_537), null, 1, null, null],
  ['kv', 'put', 'k', {}, null, 1, null, null],
  ['kv', 'put', 'k', 'v', null, -1, null, null],
  ['kv', 'put', 'k', 'v', null, 1, 'now', null],
  ['kv', 'put', 'k', 'v', null, 1, null, text(1025)],
  ...[-2, 1001, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map((limit) => ['kv', 'list', '', '', limit] as const),
  ['kv', 'list', text(513), '', 1],
  ['kv', 'list', '', [], 1],
  ['r2', 'put', object(text(1025), bytes(1)), undefined],
  ['r2', 'put', object('k', bytes(65_537)), undefined],
  ['r2', 'put', object('k', bytes(1), { name: text(100_000) }), undefined],
  ['r2', 'createUpload', text(1025), {}],
  ['r2', 'createUpload', 'k', { custom: { name: text(100_000) } }],
  ...[-2, 1001, 1.5, Number.NaN, '5', null].map((limit) => ['r2', 'list', { limit }] as const),
  ...['prefix', 'delimiter', 'startAfter', 'past', 'cursor'].map((name) => ['r2', 'list', { [name]: text(5000) }] as const),
  ...['prefix', 'delimiter', 'startAfter', 'past', 'cursor'].map((name) => ['r2', 'list', { [name]: [] }] as const),
  ['r2', 'list', { include: Array.from({ length: 1000 }, () => 'x') }],
  ['r2', 'parts', 'k', 'x', 0, -1],
  ['r2', 'uploads', '', undefined, -1],
  ['r2', 'uploads', [], undefined, 1],
  ['cache', 'put', text(2000), 'k', entry('', bytes(1))],
  ['cache', 'put', 'c', text(32_769), entry('', bytes(1))],
  ['cache', 'put', 'c', 'k', entry(text(300_000), bytes(1))],
  ['cache', 'put', 'c', 'k', entry('', bytes(32_769))],
  ['queues', 'send', 'q', [pack([message(text(128_001))])], []],
  ['queues', 'send', 'q', [], [message(text(128_001))]],
  ['queues', 'send', 'q', [], [{ ...message(text(128_001)), size: 1 }]],
  ['queues', 'send', text(201), [pack([message('x')])], []],
  ['queues', 'send', '', [pack([message('x')])], []],
  ['ratelimit', 'take', '1001', 10, text(257), 5],
  ['ratelimit', 'take', text(2000), 10, 'k', 5],
  ['ratelimit', 'take', '1001', 11, 'k', 5],
  ['ratelimit', 'take', '1001', 10, 'k', {}],
];

test('stores: take what an engine of ours sends, at its largest', async (t) => {
  const ask = setUp(t);
  for (const call of KEPT) await assert.doesNotReject(ask(...call), call.slice(0, 2).join(' '));
});

test('stores: what is larger, or is not what it should be, is refused', async (t) => {
  const ask = setUp(t);
  // Not one of them takes another with it.
  const answers = await Promise.allSettled(REFUSED.map((call) => ask(...call)));
  for (const [at, answer] of answers.entries()) {
    const shown = JSON.stringify(REFUSED[at]).slice(0, 100);
    assert.equal(answer.status === 'rejected' ? String((answer.reason as Error).message) : 'taken', 'Invalid call.', shown);
  }
});

test('R2: a page ends early where its objects have more metadata than ours', async (t) => {
  const ask = setUp(t);
  const custom = { name: text(70_000) };
  for (let from = 0; from < 300; from += 100)
    await Promise.all(Array.from({ length: 100 }, (_, at) => ask('r2', 'put', object(String(from + at), bytes(1), custom))));
  const first = (await ask('r2', 'list', {})) as R2ListResult;
  assert.ok(first.truncated && first.objects.length < 250, String(first.objects.length));
  const second = (await ask('r2', 'list', { cursor: first.cursor })) as R2ListResult;
  assert.deepEqual([second.truncated, first.objects.length + second.objects.length], [false, 300]);
});

test('queues: there are so many in a group', async (t) => {
  const ask = setUp(t);
  const parcel = pack([message('x')]);
  const send = (queue: number): Promise<unknown> => ask('queues', 'send', `q${queue}`, [parcel], []);
  await Promise.all(Array.from({ length: 10_000 }, (_, at) => send(at)));
  await assert.rejects(send(10_000), { message: 'Invalid call.' });
  await assert.rejects(ask('queues', 'next', demand('another'), null), { message: 'Invalid call.' });
  await send(9999);
});
