/** A bucket in a folder of its own, and what is in it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ObjectContent } from '../../ports/buckets.ts';
import type { Stores } from '../../ports/stores.ts';
import type { BlobUse } from '../../storage/blobs.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { StoreReaders } from '../../storage/store-readers.ts';
import { DiskBucket } from './bucket.ts';
import { r2Product } from './store.ts';

export const ADDRESS = { product: 'r2', group: 'default', id: 'bucket' };
export type Setting = { root: string; dir: string; host: StoreHost; bucket: DiskBucket; clock: { now: number } };

export function setUp(t: TestContext, wrap: (stores: Stores) => Stores = (stores) => stores, use: BlobUse = {}): Setting {
  const root = mkdtempSync(join(tmpdir(), 'nano-r2-'));
  const clock = { now: Date.now() };
  const host = new StoreHost({ root, fsync: 'normal', products: [r2Product], now: () => clock.now });
  t.after(() => {
    host.close();
    rmSync(root, { recursive: true, force: true });
  });
  const readers = new StoreReaders(root);
  t.after(() => readers.close());
  const bucket = new DiskBucket({ stores: wrap(host), root, fsync: 'normal', group: 'default', readers, ...use }, 'bucket');
  return { root, dir: placeOf(root, ADDRESS).dir, host, bucket, clock };
}

export function files(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch {
    return [];
  }
}

export async function bytesOf(content: unknown): Promise<Buffer> {
  const { body } = content as ObjectContent;
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
