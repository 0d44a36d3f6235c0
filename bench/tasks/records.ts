/** Rows of the app table, and bundles on disk, made without a build. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDigest } from '../../src/build/assemble.ts';
import { writeBundle } from '../../src/build/store.ts';
import { readServerConfig } from '../../src/config/server.ts';
import type { Bundle } from '../../src/protocol/bundle.ts';
import type { AppRecord } from '../../src/protocol/engine.ts';
import { brokenApp } from '../../src/server/app-record.ts';
import { appSettings } from '../../src/server/engine-config.ts';

const settings = appSettings(readServerConfig(undefined, { cwd: tmpdir() }), false);

/** A row with the server's defaults in it. */
export function appRecord(slot: number, bundleDir: string, changes: Partial<AppRecord> = {}): AppRecord {
  const name = `app-${slot}`;
  const { reason: _, ...defaults } = brokenApp(name, '', settings);
  const version = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return { ...defaults, version, bundleDir, compatibilityDate: '2026-01-01', state: 'ready', slot, ...changes };
}

/** Stores a bundle of one module; not flushed to the disk, since the benchmark's folder does not outlive it. */
export async function storeBundle(dir: string, code: string): Promise<string> {
  const module = { name: 'index.js', type: 'esm', content: code, usesMeta: false } as const;
  const parts = { format: 'modules', main: 'index.js', modules: [module] } as const;
  const bundle: Bundle = { ...parts, digest: bundleDigest(parts), bytes: Buffer.byteLength(code) };
  mkdirSync(dir, { recursive: true });
  await writeBundle(bundle, dir, { writeFile: async (path, content) => writeFileSync(path, content) });
  return dir;
}

/** Apps with a bundle of their own each. */
export async function storeApps(root: string, count: number, code: string, changes: Partial<AppRecord> = {}): Promise<AppRecord[]> {
  const records: AppRecord[] = [];
  for (let slot = 0; slot < count; slot++) records.push(appRecord(slot, await storeBundle(join(root, `app-${slot}`), code), changes));
  return records;
}
