/** Where stores lie: `<storage>/<group>/<product>/<id>.sqlite`, and beside it a folder of that name for files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StoreAddress } from '../ports/stores.ts';

/** The folder of all stores. @param dataDir the server's, or a project's, data folder */
export function storageDir(dataDir: string): string {
  return join(dataDir, 'storage');
}

/** The folder of databases that tenants' SQL runs in: the processes that run it see no other. */
export function sqlDir(dataDir: string): string {
  return join(dataDir, 'sql');
}

/** What may be a file's name as it stands: no upper case, because some file systems know no difference. */
const PLAIN = /^[a-z0-9][a-z0-9_-]{0,99}$/;

/** A file name for any text; different for different texts. */
export function fileNameOf(text: string): string {
  if (PLAIN.test(text)) return text;
  const readable = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, 40);
  // The dot keeps it apart from every plain name.
  return `${readable}.${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

export type StorePlace = { file: string; dir: string };

/** @param root the storage folder */
export function placeOf(root: string, { group, product, id }: StoreAddress): StorePlace {
  const dir = join(root, fileNameOf(group), fileNameOf(product), fileNameOf(id));
  return { file: `${dir}.sqlite`, dir };
}
