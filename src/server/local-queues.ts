/** The queues of a data folder without a server: for the command line. A server that runs beside it is not disturbed. */
import { QUEUES_ID } from '../bindings/queues/messages.ts';
import { queuesProduct } from '../bindings/queues/store.ts';
import { placeOf, storageDir } from '../storage/paths.ts';
import { StoreHost } from '../storage/store-host.ts';

/** Where the queues of a group are. */
export function queueFile(dataDir: string, group: string): string {
  return placeOf(storageDir(dataDir), { product: 'queues', group, id: QUEUES_ID }).file;
}

/** Opens them for as long as `work` takes. @throws what the store says of what it was asked */
export async function withQueues<T>(
  dataDir: string,
  group: string,
  work: (call: (method: string, ...args: unknown[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const host = new StoreHost({ root: storageDir(dataDir), fsync: 'full', products: [queuesProduct] });
  try {
    return await work((method, ...args) => host.call({ product: 'queues', group, id: QUEUES_ID }, method, args));
  } finally {
    host.close();
  }
}
