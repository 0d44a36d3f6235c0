/** A whole engine with many apps registered, of which some are busy. Answers requests until it is stopped. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { runtimeFile } from '../../src/build/runtime-bundle.ts';
import { readServerConfig } from '../../src/config/server.ts';
import { Engine } from '../../src/server/engine-core.ts';
import { engineConfig } from '../../src/server/engine-config.ts';
import { runtimeCacheDir } from '../../src/server/runtime-cache.ts';
import { parameters, reply } from './parent.ts';
import { appRecord, storeBundle } from './records.ts';

const { dir, code, registered, busy } = await parameters<{ dir: string; code: string; registered: number; busy: number }>();

const ledgerFile = join(dir, 'ledger');
writeFileSync(ledgerFile, '');
const bundles: string[] = [];
for (let slot = 0; slot < busy; slot++) bundles.push(await storeBundle(join(dir, `bundle-${slot}`), code));

const engine = new Engine(
  {
    ...engineConfig(readServerConfig(undefined, { cwd: dir, overrides: { dataDir: dir, logLevel: 'warn' } }), {
      dev: false,
      port: 0,
      adminPort: 0,
      ledgerFile,
      runtimeFile: await runtimeFile(runtimeCacheDir()),
      stores: { socket: join(dir, 'stores'), sql: '', badge: '', dir: join(dir, 'storage'), fsync: 'full' },
    }),
    isolateBudgetMb: 4096,
  },
  { catastrophe: () => {}, restless: () => {}, starved: () => {}, storesForCache: () => {} },
);
await engine.boot();
const started = performance.now();
engine.changeApps({ apps: Array.from({ length: registered }, (_, slot) => appRecord(slot, bundles[slot % busy] as string)), gone: [] });
const tableMs = performance.now() - started;
const port = await engine.listen({ port: 0, host: '127.0.0.1' });
reply({ port, tableMs });
