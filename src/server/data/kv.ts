/** Operations on KV namespaces. Values go through as they are; what a namespace refuses it refuses here, too. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { KV_MIGRATIONS } from '../../bindings/kv/entries.ts';
import { type Listing, Namespace } from '../../bindings/kv/namespace.ts';
import { DataError } from '../../ports/stored-data.ts';
import { Database } from '../../storage/database.ts';
import { storageDir } from '../../storage/paths.ts';
import { type DataPlace, id, type Needed, type Operation, operation, readJson, text } from './operation.ts';

/** One of many that are put at once, as wrangler's files have them. */
export const kvPair = z.object({
  key: z.string(),
  value: z.string(),
  expiration: z.number().int().optional(),
  expiration_ttl: z.number().int().optional(),
  metadata: z.json().optional(),
  base64: z.boolean().optional(),
});
export type KvPair = z.output<typeof kvPair>;
export type KvListing = Listing;
/** Null: there is none. */
export type KvTexts = (string | null)[];
export type NamespaceRow = { id: string; group: string };

/** Of each call for many keys; they share commits. */
export const MOST_AT_ONCE = 200;
const MOST_BODY_BYTES = 100 * 1024 * 1024;

const names = z.array(text).max(MOST_AT_ONCE);
const one = z.object({ id, key: text });
const needs = ({ id }: { id: string }): Needed => ({ product: 'kv', id });

export const KV_OPERATIONS: Readonly<Record<string, Operation>> = {
  'kv/put': operation({
    args: one.extend({ expiration: z.number().int().optional(), expirationTtl: z.number().int().optional(), metadata: jsonText() }),
    run: async (place, { id, key, ...options }, { stream, length }) => {
      await namespace(place, id).put(key, stream, length, options);
      return { value: null };
    },
  }),
  'kv/get': operation({
    args: one,
    needs,
    run: async (place, { id, key }) => {
      const found = await namespace(place, id).stream(key);
      if (found === null) throw new DataError('missing', `there is no key ${JSON.stringify(key)}`);
      const { value, size } = found;
      return { stream: value instanceof Uint8Array ? Readable.from([value], { objectMode: false }) : value, length: size };
    },
  }),
  'kv/delete': operation({
    args: one,
    needs,
    run: async (place, { id, key }) => {
      await namespace(place, id).delete(key);
      return { value: null };
    },
  }),
  'kv/list': operation({
    args: z.object({ id, prefix: text.optional(), cursor: text.optional() }),
    needs,
    run: async (place, { id, prefix, cursor }) => ({ value: (await namespace(place, id).list(prefix, undefined, cursor)) satisfies KvListing }),
  }),
  'kv/put-many': operation({
    args: z.object({ id }),
    run: async (place, { id }, body) => {
      const pairs = await readJson(body, MOST_BODY_BYTES, z.array(kvPair).max(MOST_AT_ONCE));
      const into = namespace(place, id);
      await settled(
        pairs.map(({ key, value, expiration, expiration_ttl, metadata, base64 }) =>
          into.put(key, base64 === true ? Buffer.from(value, 'base64') : value, undefined, {
            expiration,
            expirationTtl: expiration_ttl,
            metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
          }),
        ),
      );
      return { value: null };
    },
  }),
  'kv/get-many': operation({
    args: z.object({ id }),
    needs,
    run: async (place, { id }, body) => {
      const from = namespace(place, id);
      const found = await settled((await readJson(body, MOST_BODY_BYTES, names)).map(async (key) => from.text(key)));
      return { value: found.map((each) => each?.value ?? null) satisfies KvTexts };
    },
  }),
  'kv/delete-many': operation({
    args: z.object({ id }),
    needs,
    run: async (place, { id }, body) => {
      const from = namespace(place, id);
      await settled((await readJson(body, MOST_BODY_BYTES, names)).map((key) => from.delete(key)));
      return { value: null };
    },
  }),
  'kv/namespaces': operation({ args: z.object({}), run: async ({ dataDir }) => ({ value: listNamespaces(dataDir) }) }),
};

function namespace({ dataDir, group, stores, fsync }: DataPlace, id: string): Namespace {
  return new Namespace({ stores, storageDir: storageDir(dataDir), fsync }, group, id);
}

/** All of them, or what the first that failed says once nothing is under way any more. */
async function settled<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function jsonText(): z.ZodType<string | undefined> {
  return text.optional().refine((value) => value === undefined || isJson(value), { error: 'is no JSON' });
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** The namespaces that something has been put in. One that cannot be read is left out. */
function listNamespaces(dataDir: string): NamespaceRow[] {
  const root = storageDir(dataDir);
  return entries(root)
    .flatMap((group) => entries(join(root, group, 'kv')).map((file) => join(root, group, 'kv', file)))
    .filter((file) => file.endsWith('.sqlite'))
    .flatMap(namesIn)
    .sort((a, b) => (a.group === b.group ? (a.id < b.id ? -1 : 1) : a.group < b.group ? -1 : 1));
}

function namesIn(file: string): NamespaceRow[] {
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
