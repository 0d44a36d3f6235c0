/**
 * KV namespaces of a data folder, for the command line: read and written in this very process, which SQLite allows
 * beside a running server.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KV_MIGRATIONS } from '../bindings/kv/entries.ts';
import { Namespace } from '../bindings/kv/namespace.ts';
import { kvProduct } from '../bindings/kv/store.ts';
import { Database } from '../storage/database.ts';
import { storageDir } from '../storage/paths.ts';
import { StoreHost } from '../storage/store-host.ts';

export type NamespaceName = { id: string; group: string };

/** Opens a namespace for as long as `work` takes. @param onTrouble told what the operator should know */
export async function withNamespace<T>(
  dataDir: string,
  { group, id }: NamespaceName,
  onTrouble: (message: string) => void,
  work: (namespace: Namespace) => Promise<T>,
): Promise<T> {
  const root = storageDir(dataDir);
  const stores = new StoreHost({
    root,
    fsync: 'full',
    products: [kvProduct],
    onTrouble: (message, fields) => onTrouble(`${message}: ${JSON.stringify(fields)}`),
  });
  try {
    return await work(new Namespace({ stores, storageDir: root, fsync: 'full' }, group, id));
  } finally {
    stores.close();
  }
}

/** The namespaces that something has been put in. One that cannot be read is left out. */
export function listNamespaces(dataDir: string): NamespaceName[] {
  const root = storageDir(dataDir);
  return entries(root)
    .flatMap((group) => entries(join(root, group, 'kv')).map((file) => join(root, group, 'kv', file)))
    .filter((file) => file.endsWith('.sqlite'))
    .flatMap(namesIn)
    .sort((a, b) => (a.group === b.group ? (a.id < b.id ? -1 : 1) : a.group < b.group ? -1 : 1));
}

function namesIn(file: string): NamespaceName[] {
  let database: Database | undefined;
  try {
    database = new Database(file, { fsync: 'normal', migrations: KV_MIGRATIONS, readOnly: true });
    return database.all('SELECT id, "group" FROM namespace').map((row) => ({ id: String(row['id']), group: String(row['group']) }));
  } catch {
    return [];
  } finally {
    database?.close();
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
