/** The stores that an app's row lets its trust group use: what of it stands on disk, or is counted, under the group's name. */
import type { AppRecord } from '../protocol/engine.ts';
import { cacheStore } from './cache/entries.ts';
import { QUEUES_ID } from './queues/messages.ts';
import { MANIFESTS } from './table.ts';

/** A store of the app's group. */
export type GroupStore = { readonly product: string; readonly id: string };

/** Every store of an app: those of its bindings, the queues it consumes, its caches. */
export function storesOf({ name, bindings, consumers = [] }: Pick<AppRecord, 'name' | 'bindings' | 'consumers'>): GroupStore[] {
  const stores = bindings.flatMap(({ type, options }) => MANIFESTS[type].store?.(options) ?? []);
  if (consumers.length > 0) stores.push({ product: 'queues', id: QUEUES_ID });
  return [...stores, cacheStore(name)];
}

/** What somebody pays for. Caches keep themselves within bounds, and counters are in memory. */
const PAID: readonly string[] = ['kv', 'd1', 'r2', 'analytics'];

/** The stores that count for an app's disk quota, or for that of another app of its group. Of queues, which share a database, each is one. */
export function paidStoresOf({ bindings, consumers = [] }: Pick<AppRecord, 'bindings' | 'consumers'>): GroupStore[] {
  const stores = bindings.flatMap(({ type, options }) => MANIFESTS[type].store?.(options) ?? []).filter(({ product }) => PAID.includes(product));
  const produced = bindings.flatMap(({ type, options }) => (type === 'queue' ? [String(options['queue'])] : []));
  const consumed = consumers.flatMap(({ queue, deadLetterQueue }) => (deadLetterQueue === undefined ? [queue] : [queue, deadLetterQueue]));
  return [...stores, ...[...produced, ...consumed].map((id) => ({ product: 'queues', id }))];
}
