/**
 * A NANO engine to run tests in: the process that `nano serve` runs apps in, with the same limits on itself, but its
 * table of apps is ours. One engine serves a whole run; one that dies is replaced.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeFile } from '../../src/build/runtime-bundle.ts';
import { writeBundle } from '../../src/build/store.ts';
import type { Bundle } from '../../src/protocol/bundle.ts';
import type { AppRecord, EngineConfig } from '../../src/protocol/engine.ts';
import { ENGINE_FOLDERS, defaultEngineFile, engineEnv, engineExecArgv } from '../../src/server/engine-launch.ts';
import { EngineProcess } from '../../src/server/engine-process.ts';
import { createLedger } from '../../src/server/ledger.ts';
import { bindListener, type Listener } from '../../src/server/listen-socket.ts';
import { runtimeCacheDir } from '../../src/server/runtime-cache.ts';
import { appRecord } from '../support/app-record.ts';

/** Nothing of a test should meet a limit: they are not what is tested. */
const LIMITS = { memoryMb: 1024, cpuMs: 120_000, startupMs: 60_000, subrequests: 10_000, requestBodyBytes: 1e9, connections: 64, waitUntilMs: 1000 };
const IDLE_MS = 180_000;
/** Where Workers and the standards differ by a compatibility flag, the tests are for the standards. */
const STANDARD = ['pedantic_wpt', 'no_upper_case_all_http_methods', 'streams_no_default_auto_allocate_chunk_size'];

export type Answer = { status: number; text: string };

export class Engine {
  readonly #dir: string;
  readonly #socket: Listener;
  readonly #config: Omit<EngineConfig, 'ledgerFile'>;
  readonly #apps = new Map<string, AppRecord>();
  #process: EngineProcess | undefined;
  #listening: Promise<void> = Promise.resolve();
  #launches = 0;
  #failedStarts = 0;
  #closed = false;

  static async start(logLevel: string): Promise<Engine> {
    const dir = mkdtempSync(join(tmpdir(), 'nano-wpt-'));
    for (const name of ENGINE_FOLDERS) mkdirSync(join(dir, name));
    const socket = await bindListener('127.0.0.1', 0, '--port');
    const engine = new Engine(dir, socket, await runtimeFile(runtimeCacheDir()), logLevel);
    engine.#launch();
    await engine.#listening;
    return engine;
  }

  constructor(dir: string, socket: Listener, runtime: string, logLevel: string) {
    this.#dir = dir;
    this.#socket = socket;
    this.#config = {
      port: socket.port,
      host: '127.0.0.1',
      dataDir: dir,
      dev: false,
      logLevel,
      isolateBudgetMb: 4096,
      spareIsolates: 1,
      residentLimitMb: 8192,
      hotBlobMb: 64,
      trustedProxies: [],
      urlBytes: 1 << 20,
      headerBytes: 1 << 20,
      forbidden: [],
      http2: false,
      stores: { socket: '', sql: '', badge: '', dir: '', fsync: 'full' },
      runtimeFile: runtime,
      headMs: IDLE_MS,
      idleMs: IDLE_MS,
    };
  }

  /** How often a new process was needed since the first. */
  get deaths(): number {
    return this.#launches - 1;
  }

  /** Serves a bundle as an app. */
  async add(name: string, bundle: Bundle): Promise<void> {
    const bundleDir = join(this.#dir, 'bundles', name);
    await writeBundle(bundle, bundleDir, { writeFile });
    const slot = freeSlot(this.#apps);
    const egress: AppRecord['egress'] = { private: 'loopback', allow: [], privateAllow: [], deny: [] };
    this.#apps.set(
      name,
      appRecord(name, {
        version: bundle.digest.slice(0, 12),
        bundleDir,
        limits: LIMITS,
        egress,
        slot,
        compatibilityDate: '',
        compatibilityFlags: STANDARD,
        sharedMemory: true,
      }),
    );
    await this.#apply();
  }

  async remove(name: string): Promise<void> {
    this.#apps.delete(name);
    await this.#apply();
    rmSync(join(this.#dir, 'bundles', name), { recursive: true, force: true });
  }

  /** Asks an app. Rejects when it does not answer in time, or its engine dies. */
  get(name: string, milliseconds: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { port } = this.#socket;
      const options = { host: '127.0.0.1', port, headers: { host: `${name}.localhost` }, agent: false, signal: AbortSignal.timeout(milliseconds) };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      call.on('error', reject).end();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#process?.kill();
    await this.#process?.done;
    this.#socket.close();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  async #apply(): Promise<void> {
    await this.#listening;
    await this.#process?.setApps([...this.#apps.values()]);
  }

  #launch(): void {
    const ledgerFile = join(this.#dir, 'run', `${++this.#launches}.ledger`);
    createLedger(ledgerFile);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listening = promise;
    const spawn = {
      file: defaultEngineFile(),
      execArgv: engineExecArgv(this.#dir, [this.#config.runtimeFile]),
      env: engineEnv(),
      listenFd: this.#socket.fd,
      config: { ...this.#config, ledgerFile },
      apps: [...this.#apps.values()],
    };
    this.#process = new EngineProcess(spawn, {
      ready: (engine) => engine.listen(),
      listening: () => resolve(),
      // Its other apps are of no use without the one that did it: no waiting for them.
      catastrophe: (engine) => engine.kill(),
      exit: (_, { uptimeMs }) => {
        resolve();
        if (uptimeMs < STARTING_MS) this.#failedStarts++;
        if (!this.#closed && this.#failedStarts < START_ATTEMPTS) this.#launch();
      },
    });
  }
}

/** An engine that cannot even start would be launched for ever. */
const START_ATTEMPTS = 3;
const STARTING_MS = 1500;

function freeSlot(apps: ReadonlyMap<string, AppRecord>): number {
  const taken = new Set([...apps.values()].map(({ slot }) => slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
}
