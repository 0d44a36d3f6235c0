/** The app a session works in: a project's, or an empty one. */
import { join, resolve } from 'node:path';
import { buildWorker } from '../build/builder.ts';
import { findApp } from '../config/find-app.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { WorkerOptions } from '../config/worker-config.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { DEFAULT_GROUP } from '../server/app-record.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';

const EMPTY: Bundle = {
  format: 'modules',
  main: 'index.js',
  modules: [{ name: 'index.js', type: 'esm', content: 'export default {};', usesMeta: false }],
  digest: '',
  bytes: 0,
};

/** Builds the project in `dir`, or makes do without one. */
export async function shellApp(dir: string | undefined, options: WorkerOptions): Promise<{ bundle: Bundle; record: AppRecord; dataDir?: string }> {
  const config = dir === undefined ? undefined : readWorkerConfig(resolve(dir), options);
  const bundle = config === undefined ? EMPTY : await buildWorker(config);
  const { memoryMb, cpuMs, startupMs, subrequests, requestBodyBytes, connections, waitUntilMs } = { ...DEFAULT_LIMITS, ...config?.limits };
  const record: AppRecord = {
    name: config?.name ?? 'eval',
    version: '',
    bundleDir: '',
    compatibilityDate: config?.compatibilityDate ?? '',
    compatibilityFlags: [...(config?.compatibilityFlags ?? [])],
    vars: { ...config?.vars, ...config?.secrets },
    secretNames: [],
    bindings: [...(config?.bindings ?? [])],
    group: config?.trustGroup ?? DEFAULT_GROUP,
    limits: { memoryMb, cpuMs, startupMs, subrequests, requestBodyBytes, connections, waitUntilMs },
    isolation: 'shared',
    timers: config?.timers ?? 'precise',
    // As in nano dev: a person at their own machine may reach it.
    egress: {
      private: 'loopback',
      allow: [...(config?.egress.allow ?? [])],
      privateAllow: [...(config?.egress.allow ?? [])],
      deny: [...(config?.egress.deny ?? [])],
    },
    routes: [],
    hosts: [],
    crons: [],
    state: 'ready',
    slot: 0,
  };
  // Where `nano dev` keeps it: beside the project's own configuration.
  return dir === undefined ? { bundle, record } : { bundle, record, dataDir: join(findApp(dir).dir, '.nano') };
}
