/** Real workers for tests: an app is its main module's source, its surroundings are recorded. */
import { after, before } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { bundleInMemory } from '../build/in-memory.ts';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { CodeCache } from '../isolate/code-cache.ts';
import { IsolatePool } from '../isolate/pool.ts';
import { createSnapshot } from '../isolate/snapshot.ts';
import type { EventClient, EventFailure, FetchMessage, RunningEvent } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import { Observer } from '../ports/observer.ts';
import type { AppLimits, AppRecord } from '../protocol/engine.ts';
import type { Bundle, BundleModule } from '../protocol/bundle.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { Apps } from './apps.ts';
import { NO_SERVICES } from './services.ts';
import type { VersionDeps } from './version.ts';

/** Makes the start-up snapshot: once per test file, for it takes a while. */
export async function testPool(size = 0, memoryMb = 128): Promise<IsolatePool> {
  return new IsolatePool(createSnapshot(await runtimeFile(runtimeCacheDir())), size, memoryMb);
}

const LIMITS: AppLimits = { memoryMb: 128, cpuMs: 5000, startupMs: 5000, subrequests: 50, requestBodyBytes: 1e6, connections: 6, waitUntilMs: 10_000 };

export function testRecord(name: string, changes: Partial<Omit<AppRecord, 'limits'>> & { limits?: Partial<AppLimits> } = {}): AppRecord {
  return appRecord(name, { bundleDir: name, ...changes, limits: { ...LIMITS, ...changes.limits } });
}

/** A bundle of ES modules; the first one is the main one. */
export function testBundle(sources: Readonly<Record<string, string | Partial<BundleModule>>>, format: Bundle['format'] = 'modules'): Bundle {
  const modules = Object.entries(sources).map(
    ([name, source]): BundleModule => ({
      name,
      type: 'esm',
      usesMeta: false,
      ...(typeof source === 'string' ? { content: source } : { content: '', ...source }),
    }),
  );
  return { format, main: modules[0]?.name ?? '', modules, digest: '', bytes: 0 };
}

/** Remembers what it was told. */
export class RecordingObserver extends Observer {
  readonly lines: string[] = [];
  readonly told: string[] = [];

  override console(record: { text: string }): void {
    this.lines.push(record.text);
  }
  override exception(_app: string, _version: string, _request: string | undefined, where: string, error: { message: string }): void {
    this.told.push(`exception ${where}: ${error.message}`);
  }
  override limit(_app: string, _version: string, _request: string | undefined, limit: string): void {
    this.told.push(`limit ${limit}`);
  }
  override coldStart(): void {
    this.told.push('coldStart');
  }
  override eviction(_app: string, reason: string): void {
    this.told.push(`eviction ${reason}`);
  }
  override warn(message: string): void {
    this.told.push(`warn ${message}`);
  }
}

/** A client that writes down what it gets; `over` resolves when its answer is complete, or broken. */
export class TestClient implements EventClient {
  status = 0;
  headers = '';
  text = '';
  failure: EventFailure | undefined;
  event: RunningEvent | undefined;
  coldStart: boolean | undefined;
  /** "send", "start", "end"… in the order of the calls. */
  readonly calls: string[] = [];
  readonly over: Promise<void>;
  #finish: () => void = () => {};
  #body: HostBody | undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  started(event: RunningEvent, coldStart: boolean): void {
    this.event = event;
    this.coldStart = coldStart;
  }
  send(status: number, _statusText: string, headers: string, body: string | Uint8Array | undefined): void {
    this.calls.push('send');
    this.status = status;
    this.headers = headers;
    this.text = body === undefined ? '' : typeof body === 'string' ? body : Buffer.from(body).toString();
    this.#finish();
  }
  start(status: number, _statusText: string, headers: string): boolean {
    this.calls.push('start');
    this.status = status;
    this.headers = headers;
    return true;
  }
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.calls.push('write');
    this.text += Buffer.from(chunk).toString();
    return undefined;
  }
  end(): void {
    this.calls.push('end');
    this.#finish();
  }
  abort(): void {
    this.calls.push('abort');
    this.#finish();
  }
  async pipe(status: number, _statusText: string, headers: string, body: HostBody): Promise<void> {
    this.calls.push('pipe');
    this.status = status;
    this.headers = headers;
    this.#body = body;
    this.text = await body.text();
    this.#finish();
  }
  get piped(): HostBody | undefined {
    return this.#body;
  }
  completed(): void {
    this.calls.push('completed');
    this.#finish();
  }
  fail(failure: EventFailure): void {
    this.calls.push(`fail ${failure.name}`);
    this.failure = failure;
    this.#finish();
  }
}

export function testMessage(changes: Partial<FetchMessage> = {}): FetchMessage {
  return { requestId: 'r1', head: 'GET\nhttp://test/\nhost\ntest', body: undefined, cf: undefined, entrypoint: undefined, ...changes };
}

export type TestApps = {
  apps: Apps;
  observer: RecordingObserver;
  bundles: Map<string, Bundle>;
  egress: string[];
  ask(app: string, changes?: Partial<FetchMessage>): TestClient;
};

/** Apps whose bundles are in a map, by folder. */
export function testApps(pool: IsolatePool, sources: Readonly<Record<string, Bundle | string>>, deps: Partial<VersionDeps> = {}, now?: () => number): TestApps {
  const observer = new RecordingObserver();
  const bundles = new Map(Object.entries(sources).map(([name, source]) => [name, typeof source === 'string' ? testBundle({ 'index.js': source }) : source]));
  const egress: string[] = [];
  const apps = new Apps(
    {
      pool,
      observer,
      bindings: () => [],
      invoker: NO_SERVICES,
      egress: () => ({
        connect: () => Promise.reject(new Error('there is no network')),
        startTls: () => Promise.reject(new Error('there is no network')),
        fetch: async (request) => {
          egress.push(request.url);
          return { status: 200, statusText: 'OK', headers: '', url: request.url, redirected: false, body: undefined };
        },
      }),
      readBundle: async (dir) => {
        const bundle = bundles.get(dir);
        if (bundle === undefined) throw new Error('there is no such bundle');
        return bundle;
      },
      codeCache: () => new CodeCache(undefined, () => {}),
      onCatastrophe: () => {},
      maxWorkers: 4,
      assemble: bundleInMemory,
      ...deps,
    },
    now,
  );
  const ask = (app: string, changes: Partial<FetchMessage> = {}): TestClient => {
    const version = apps.get(app);
    if (version === undefined) throw new Error(`there is no app ${app}`);
    const client = new TestClient();
    apps.fetch(version, testMessage(changes), client);
    return client;
  };
  return { apps, observer, bundles, egress, ask };
}

/**
 * One pool for all tests of a file, to be called at its top.
 * @returns `testApps` in that pool: what it makes, and the pool, end with the file
 */
export function appsInOnePool(): (sources: Readonly<Record<string, Bundle | string>>, deps?: Partial<VersionDeps>, now?: () => number) => TestApps {
  let pool: IsolatePool;
  const running: TestApps[] = [];
  before(async () => {
    pool = await testPool();
  });
  after(() => {
    for (const { apps } of running) apps.dispose();
    pool.close();
  });
  return (...how) => {
    const made = testApps(pool, ...how);
    running.push(made);
    return made;
  };
}
