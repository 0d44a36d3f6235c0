/** Stored data of a data folder, in this very process: SQLite's locks allow it beside a running server. */
import { kvProduct } from '../../bindings/kv/store.ts';
import { queuesProduct } from '../../bindings/queues/store.ts';
import { r2Product } from '../../bindings/r2/store.ts';
import type { StoredData } from '../../ports/stored-data.ts';
import { Readable } from 'node:stream';
import { storageDir } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { findOperation } from './operations.ts';

/**
 * Opens the data of a group for as long as `work` takes.
 * @param onTrouble told what the operator should know
 */
export async function withLocalData<T>(
  dataDir: string,
  group: string,
  onTrouble: (message: string) => void,
  work: (data: StoredData) => Promise<T>,
): Promise<T> {
  const stores = new StoreHost({
    root: storageDir(dataDir),
    fsync: 'full',
    products: [kvProduct, r2Product, queuesProduct],
    onTrouble: (message, fields) => onTrouble(`${message}: ${JSON.stringify(fields)}`),
  });
  const place = { dataDir, group, stores, fsync: 'full' } as const;
  try {
    return await work({ call: async (name, args, body = { stream: Readable.from([]), length: 0 }) => findOperation(name, args).run(place, body) });
  } finally {
    stores.close();
  }
}
