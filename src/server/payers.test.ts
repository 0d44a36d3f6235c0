import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { paidStoresOf } from '../bindings/stores-of.ts';
import { Payers } from './payers.ts';

const kv = (...ids: string[]): AppRecord['bindings'] => ids.map((id) => ({ name: id, type: 'kv', options: { id } }));
const app = (name: string, ...ids: string[]): AppRecord => appRecord(name, { bindings: kv(...ids) });

function fileOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, 'payers.json');
}

const open = (file: string): Payers => new Payers(file, assert.fail);
const paid = (payers: Payers): Record<string, string[]> => Object.fromEntries([...payers.byApp()].map(([name, stores]) => [name, stores.map(({ id }) => id)]));

test('payers: the first app that names a store pays for it, and goes on to after a restart', (t) => {
  const file = fileOf(t);
  const payers = open(file);
  payers.setApps([app('b', 'shared', 'own')]);
  payers.setApps([app('a', 'shared'), app('b', 'shared', 'own')]);
  assert.deepEqual(paid(payers), { b: ['shared', 'own'] });
  assert.deepEqual(paid(open(file)), { b: ['shared', 'own'] });
});

test('payers: a store that nobody names stays with whoever paid', (t) => {
  const file = fileOf(t);
  const payers = open(file);
  payers.setApps([app('a', 'first')]);
  payers.setApps([app('a', 'second')]);
  payers.setApps([]);
  assert.deepEqual(paid(open(file)), { a: ['first', 'second'] });
});

test('payers: a store goes over to another app that names it when its payer does not', (t) => {
  const payers = open(fileOf(t));
  payers.setApps([app('a', 'x'), app('b', 'x')]);
  payers.setApps([app('a'), app('b', 'x')]);
  assert.deepEqual(paid(payers), { b: ['x'] });
});

test('payers: groups have stores of their own', (t) => {
  const payers = open(fileOf(t));
  payers.setApps([app('a', 'x'), { ...app('b', 'x'), group: 'other' }]);
  assert.deepEqual(paid(payers), { a: ['x'], b: ['x'] });
});

test('payers: a file that cannot be read is as good as none', (t) => {
  const file = fileOf(t);
  writeFileSync(file, '[{');
  const payers = open(file);
  payers.setApps([app('a', 'x')]);
  assert.deepEqual(paid(open(file)), { a: ['x'] });
});

test('paidStoresOf: everything that keeps something, and nothing else', () => {
  const options = { id: 'id', name: 'name', dataset: 'dataset', queue: 'queue', namespace: '1', service: 's' };
  const bindings = (['kv', 'd1', 'r2', 'analytics', 'queue', 'service', 'ratelimit'] as const).map((type) => ({ name: type, type, options }));
  const consumers = [{ queue: 'in', batchSize: 1, batchTimeoutMs: 0, maxRetries: 1, maxConcurrency: 1, retryDelay: 0, deadLetterQueue: 'dead' }];
  assert.deepEqual(
    paidStoresOf(appRecord('a', { bindings, consumers })).map(({ product, id }) => `${product} ${id}`),
    ['kv id', 'd1 id', 'r2 name', 'analytics dataset', 'queues queue', 'queues in', 'queues dead'],
  );
});
