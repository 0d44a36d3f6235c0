/** The parts of an engine that run apps, without HTTP: wired as src/server/engine-core.ts does. */
import { join } from 'node:path';
import { Apps } from '../../src/app/apps.ts';
import { NO_SERVICES } from '../../src/app/services.ts';
import type { AppVersion } from '../../src/app/version.ts';
import { runtimeFile } from '../../src/build/runtime-bundle.ts';
import { readBundle } from '../../src/build/store.ts';
import { CodeCache } from '../../src/isolate/code-cache.ts';
import { IsolatePool } from '../../src/isolate/pool.ts';
import { createSnapshot, type Snapshot } from '../../src/isolate/snapshot.ts';
import { EgressAgents } from '../../src/ops/egress/agents.ts';
import { UndiciEgress } from '../../src/ops/egress/egress.ts';
import type { EventFailure, FetchClient } from '../../src/ports/event-client.ts';
import { Observer } from '../../src/ports/observer.ts';
import type { AppRecord } from '../../src/protocol/engine.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { runtimeCacheDir } from '../../src/server/runtime-cache.ts';

export async function makeSnapshot(): Promise<Snapshot> {
  return createSnapshot(await runtimeFile(runtimeCacheDir()));
}

export type Inside = { apps: Apps; pool: IsolatePool };

/** @param spares warm isolates kept ready */
export async function openApps(records: readonly AppRecord[], spares: number): Promise<Inside> {
  const pool = new IsolatePool(await makeSnapshot(), spares, LIMITS.memoryMb.default);
  await pool.fill();
  const agents = new EgressAgents();
  const apps = new Apps({
    pool,
    bindings: () => [],
    invoker: NO_SERVICES,
    egress: (record) => new UndiciEgress(agents, record.egress),
    observer: new Observer(),
    readBundle: async (dir) => (await readBundle(dir)).bundle,
    codeCache: (dir) => new CodeCache(join(dir, 'cache'), () => {}),
    onCatastrophe: () => {},
    maxWorkers: 1,
  });
  apps.update(records);
  return { apps, pool };
}

const headOf = (path: string): string => `GET\nhttp://bench.localhost${path}\nhost\nbench.localhost\naccept\n*/*\nuser-agent\nbench`;
const HEAD = headOf('/');

/** One request, from the HTTP layer's call to its answer, in milliseconds. */
export function request(apps: Apps, version: AppVersion, path?: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const started = performance.now();
  const done = (): void => resolve(performance.now() - started);
  const client: FetchClient = {
    started: () => {},
    send: (status) => (status === 200 ? done() : reject(new Error(`status ${status}`))),
    start: () => {
      done();
      return true;
    },
    write: () => undefined,
    end: () => {},
    abort: () => {},
    pipe: async () => done(),
    fail: (failure: EventFailure) => reject(new Error(`${failure.name}: ${failure.error.stack}`)),
  };
  const head = path === undefined ? HEAD : headOf(path);
  apps.fetch(version, { requestId: 'bench', head, body: undefined, cf: undefined, entrypoint: undefined }, client);
  return promise;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const rssMb = (): number => process.memoryUsage.rss() / 1e6;
