/**
 * One isolate in the hands of a person: `nano eval` and `nano repl`.
 *
 * The isolate is an ordinary worker with an ordinary app in it (an empty one unless a project is
 * given), so everything behaves as it does for a tenant, limits included.
 */
import { NoResponder } from '../ports/no-responder.ts';
import { loadApp } from '../app/loader.ts';
import { BundleModules } from '../app/module-source.ts';
import { IsolateSeats } from '../app/seat.ts';
import { NO_LOADER } from '../app/no-loader.ts';
import { NO_SERVICES } from '../app/services.ts';
import { StackMapper } from '../app/stack.ts';
import { Worker } from '../app/worker.ts';
import { AssetSites } from '../bindings/assets/index.ts';
import { openBindings } from '../bindings/open.ts';
import { D1Runner } from '../bindings/d1/runner.ts';
import { PRODUCTS } from '../bindings/products.ts';
import { IsolatePool } from '../isolate/pool.ts';
import { createSnapshot } from '../isolate/snapshot.ts';
import { EgressAgents } from '../ops/egress/agents.ts';
import { UndiciEgress } from '../ops/egress/egress.ts';
import type { EventClient, EventFailure } from '../ports/event-client.ts';
import { type ConsoleRecord, Observer } from '../ports/observer.ts';
import { flagsInForce } from '../protocol/compat.ts';
import { CHUNK_NAMES } from '../protocol/chunks.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { sqlDir, storageDir } from '../storage/paths.ts';
import { PooledStores } from '../storage/pool/pooled-stores.ts';
import { StoreHost } from '../storage/store-host.ts';
import { type Rewritten, rewrite } from './rewrite.ts';

export type SessionOptions = {
  runtimeFile: string;
  /** The app whose modules and env the session has. */
  app: { bundle: Bundle; record: AppRecord /** Its data folder, the one of `nano dev`. */; dataDir?: string };
  /** "raw" prints a string as it is, "repl" quotes it. */
  style: 'raw' | 'repl';
  colors: boolean;
  /** What the app and the lines write to the console. */
  onConsole(record: ConsoleRecord): void;
  /** An exception nobody caught, outside the line's own result. */
  onException(text: string): void;
  /** V8 lost control of the isolate: a thread of this process runs on for ever, and no exit that waits for threads ends. */
  onLost(message: string): void;
};

/** What `Session.start` throws. */
export { StartupError } from '../app/loader.ts';

/** What a line came to. */
export type LineResult = { kind: 'value' | 'undefined' | 'error'; text: string; idle(): Promise<void> };

export class Session {
  readonly #options: SessionOptions;
  readonly #pool: IsolatePool;
  readonly #observer: Observer;
  readonly #stores: StoreHost;
  readonly #sql: D1Runner;
  #worker: Worker | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pool = new IsolatePool(createSnapshot(options.runtimeFile), 0, options.app.record.limits.memoryMb);
    this.#observer = new SessionObserver(options);
    const onTrouble = (message: string, fields: Record<string, unknown>): void => options.onException(`${message}: ${JSON.stringify(fields)}`);
    this.#sql = new D1Runner({ root: sqlDir(options.app.dataDir ?? ''), fsync: 'full', onTrouble });
    this.#stores = new StoreHost({
      root: storageDir(options.app.dataDir ?? ''),
      fsync: 'full',
      products: PRODUCTS,
      onTrouble,
    });
  }

  /** Loads the app. @throws StartupError */
  async start(): Promise<void> {
    const { bundle, record } = this.#options.app;
    const seats = new IsolateSeats(this.#pool, record.limits.memoryMb, (message) => {
      this.#worker?.lost();
      this.#options.onLost(message);
    });
    const seat = await seats.take(CHUNK_NAMES);
    const stacks = new StackMapper(bundle);
    // In this process: a person at a shell waits for their query anyway.
    const call = async (_owner: string, key: string, payload: string): Promise<string> =>
      this.#sql.run({ key, payloads: [payload], most: Number.POSITIVE_INFINITY, handover: undefined }, () => {}).answers[0] ?? '';
    const stores = new PooledStores(this.#stores, 'd1', { call });
    const worker = new Worker(seat, {
      app: record.name,
      version: record.version,
      group: record.group,
      limits: record.limits,
      bindings: openBindings(record, stores, { dir: storageDir(this.#options.app.dataDir ?? ''), fsync: 'full', assets: new AssetSites(0) }),
      egress: new UndiciEgress(new EgressAgents(), record.egress),
      invoker: NO_SERVICES,
      loader: () => NO_LOADER,
      loaded: undefined,
      observer: this.#observer,
      stacks,
      hasWasm: false,
      hearsRejections: true,
      flags: () => flagsInForce(record.compatibilityDate, record.compatibilityFlags),
      tellsOfLeaving: false,
      onCondemned: () => {},
      onIdle: () => {},
    });
    const { loaded, modules } = await loadApp(seat.realm, record, bundle, new BundleModules(bundle), { shell: true });
    worker.ready(modules, loaded);
    this.#worker = worker;
  }

  /** Runs a line. Resolves when its value is known; `idle` when its timers and requests are over, too. */
  async run(source: string): Promise<LineResult> {
    const worker = this.#worker;
    if (worker === undefined) throw new Error('The session has not been started.');
    let line: Rewritten;
    try {
      line = await rewriteTyped(source);
    } catch (error) {
      return { kind: 'error', text: `Uncaught ${String(error)}`, idle: async () => {} };
    }
    const { promise, resolve } = Promise.withResolvers<Omit<LineResult, 'idle'>>();
    const client = new ShellClient(resolve);
    const mode = JSON.stringify({ style: this.#options.style, colors: this.#options.colors });
    const event = worker.evaluate(line.code, { filename: 'eval', lineOffset: -line.addedLines }, mode, client);
    // A promise that nothing can settle any more leaves the line without a value.
    void event.whenIdle().then(() => resolve({ kind: 'error', text: 'The line waits for something that will never happen.' }));
    const result = await promise;
    if (worker.isGone) await this.#restart();
    return { ...result, idle: () => event.whenIdle() };
  }

  /** Names that may follow a path of properties. */
  async complete(path: readonly string[]): Promise<string[]> {
    return (await this.#worker?.complete(path)) ?? [];
  }

  close(): void {
    this.#worker?.dispose();
    this.#pool.close();
    this.#stores.close();
    this.#sql.close();
  }

  /** After the isolate was lost to a limit: a new one, without the old one's variables. */
  async #restart(): Promise<void> {
    this.#worker?.dispose();
    await this.start();
    this.#options.onException('The isolate was replaced: its variables are gone.');
  }
}

/** Rewrites a line of JavaScript, or of TypeScript where it is not JavaScript. The first error is the one to show. */
const rewriteTyped = async (source: string): Promise<Rewritten> => {
  try {
    return rewrite(source);
  } catch (error) {
    try {
      const { transform } = await import('esbuild');
      // Or an import of what is not used would be dropped, and not be refused.
      const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
      return rewrite((await transform(source, { loader: 'ts', target: 'esnext', logLevel: 'silent', tsconfigRaw })).code);
    } catch {
      throw error;
    }
  }
};

class ShellClient extends NoResponder implements EventClient {
  readonly #resolve: (result: Omit<LineResult, 'idle'>) => void;

  constructor(resolve: (result: Omit<LineResult, 'idle'>) => void) {
    super();
    this.#resolve = resolve;
  }

  shown(kind: string, text: string): void {
    this.#resolve({ kind: kind === 'value' || kind === 'undefined' ? kind : 'error', text });
  }

  fail({ error }: EventFailure): void {
    this.#resolve({ kind: 'error', text: error.message });
  }
}

class SessionObserver extends Observer {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    super();
    this.#options = options;
  }

  override console(record: ConsoleRecord): void {
    this.#options.onConsole(record);
  }

  override exception(_app: string, _version: string, _requestId: string | undefined, where: string, error: { stack: string }): void {
    this.#options.onException(`${where} ${error.stack}`);
  }

  override warn(message: string): void {
    this.#options.onException(message);
  }
}
