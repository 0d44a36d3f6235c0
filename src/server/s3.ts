/** The S3 endpoint of a running server: its buckets are those of the apps, through the same store process. */
import { DiskBuckets } from '../bindings/r2/buckets.ts';
import { s3Route } from '../control/s3/route.ts';
import type { AdminRoute } from '../control/route.ts';
import type { Stores } from '../ports/stores.ts';
import type { StorePort } from '../storage/connector.ts';
import { StoreClient } from '../storage/store-client.ts';
import { S3Keys } from './s3-keys.ts';

export type S3Options = {
  dataDir: string;
  root: string;
  /** The supervisor's own way to the stores. */
  port: StorePort;
  fsync: 'full' | 'normal';
  /** Sees to it that the store process runs. */
  wakeStores(): void;
  onTrouble(message: string, fields: Record<string, unknown>): void;
};

export type S3Endpoint = { readonly route: AdminRoute; close(): void };

export function openS3({ dataDir, root, port, fsync, wakeStores, onTrouble }: S3Options): S3Endpoint {
  const keys = new S3Keys(dataDir);
  const client = new StoreClient(port);
  const stores: Stores = {
    call: (address, method, args) => {
      wakeStores();
      return client.call(address, method, args);
    },
  };
  const route = s3Route({
    key: (id) => keys.find(id),
    buckets: (group) => new DiskBuckets({ stores, root, fsync, group }),
    onTrouble: (error) => onTrouble('a request of an S3 client failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    now: Date.now,
  });
  return { route, close: () => client.close() };
}
