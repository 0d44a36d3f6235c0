/** Every key of a wrangler file that makes bindings. */
import type { BindingRecord } from '../../protocol/bindings.ts';
import type { BindingKey, BindingOwner } from './kind.ts';
import { analyticsKey } from './analytics.ts';
import { d1Key } from './d1.ts';
import { hyperdriveKey } from './hyperdrive.ts';
import { dispatchNamespacesKey } from './dispatch-namespaces.ts';
import { kvKey } from './kv.ts';
import { queuesKey } from './queues.ts';
import { r2Key } from './r2.ts';
import { ratelimitsKey, unsafeKey } from './ratelimits.ts';
import { secretsStoreKey } from './secrets-store.ts';
import { servicesKey } from './services.ts';
import { workerLoadersKey } from './worker-loaders.ts';
import { versionMetadataSchema } from './version-metadata.ts';

const KEYS = {
  kv_namespaces: kvKey,
  d1_databases: d1Key,
  r2_buckets: r2Key,
  ratelimits: ratelimitsKey,
  hyperdrive: hyperdriveKey,
  analytics_engine_datasets: analyticsKey,
  unsafe: unsafeKey,
  queues: queuesKey,
  services: servicesKey,
  dispatch_namespaces: dispatchNamespacesKey,
  worker_loaders: workerLoadersKey,
  secrets_store_secrets: secretsStoreKey,
} as const;

export type BindingSection = Readonly<Partial<Record<keyof typeof KEYS, unknown>>>;

/** The schemas of all keys, for the schema of a section. */
export const bindingShape = {
  kv_namespaces: kvKey.schema.optional(),
  d1_databases: d1Key.schema.optional(),
  r2_buckets: r2Key.schema.optional(),
  ratelimits: ratelimitsKey.schema.optional(),
  hyperdrive: hyperdriveKey.schema.optional(),
  analytics_engine_datasets: analyticsKey.schema.optional(),
  unsafe: unsafeKey.schema.optional(),
  queues: queuesKey.schema.optional(),
  services: servicesKey.schema.optional(),
  dispatch_namespaces: dispatchNamespacesKey.schema.optional(),
  worker_loaders: workerLoadersKey.schema.optional(),
  secrets_store_secrets: secretsStoreKey.schema.optional(),
  version_metadata: versionMetadataSchema.optional(),
};

/** The bindings of a section whose values the schemas have let through, in the order of the table. */
export function readBindings(section: BindingSection, owner: BindingOwner): BindingRecord[] {
  return Object.entries(KEYS).flatMap(([name, key]) => {
    const value = section[name as keyof typeof KEYS];
    return value === undefined ? [] : (key as BindingKey).read(value, owner);
  });
}
