/** The buckets of a data folder without a server: for the command line. A server that runs beside it is not disturbed. */
import { DiskBuckets } from '../bindings/r2/buckets.ts';
import { r2Product } from '../bindings/r2/store.ts';
import type { Buckets } from '../ports/buckets.ts';
import { storageDir } from '../storage/paths.ts';
import { StoreHost } from '../storage/store-host.ts';

/** Opens the buckets of a group for as long as `work` takes. */
export async function withBuckets<T>(dataDir: string, group: string, work: (buckets: Buckets) => Promise<T>): Promise<T> {
  const root = storageDir(dataDir);
  const host = new StoreHost({ root, fsync: 'full', products: [r2Product] });
  try {
    return await work(new DiskBuckets({ stores: host, root, fsync: 'full', group }));
  } finally {
    host.close();
  }
}
