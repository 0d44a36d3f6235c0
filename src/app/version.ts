/**
 * One version of an app: its bundle, and the workers that run it, from none to several.
 *
 * Cold starts are shared: requests that arrive while the first worker is loading wait for it.
 */
import { OpError } from '../base/op-error.ts';
import type { CodeCache } from '../isolate/code-cache.ts';
import { isStarved } from '../isolate/overrun.ts';
import { type IsolatePool, LONG_START_MS } from '../isolate/pool.ts';
import type { Binding } from '../bindings/binding.ts';
import type { Place } from '../ops/op.ts';
import type { Egress } from '../ports/egress.ts';
import type { Invoker } from '../ports/invoker.ts';
import type { WorkerSource } from '../ports/worker-loader.ts';
import type { Observer } from '../ports/observer.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { compatDifferences, flagsInForce } from '../protocol/compat.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { AssetResponder } from './asset-responder.ts';
import type { Loaded, LoadedWorkers } from './loaded-workers.ts';
import { chunksOf, type Given, loadApp, originOf, StartupError } from './loader.ts';
import { type AppScript, BundleModules } from './module-source.ts';
import { ContextSeats, IsolateSeats, type Seats } from './seat.ts';
import { StackMapper } from './stack.ts';
import type { StartGate } from './start-gate.ts';
import type { TraceOf } from './trace.ts';
import { Worker, type WorkerDeps } from './worker.ts';

export type VersionDeps = {
  pool: IsolatePool;
  /** Outbound network under the app's rules. */
  egress(record: AppRecord): Egress;
  /** Calls from one app to another. */
  invoker: Invoker<Place>;
  /** What traces the events of an app, where it is tailed. */
  trace?(record: AppRecord): TraceOf | undefined;
  /** Likewise of a worker that was loaded with tails. */
  traceLoaded?(record: AppRecord, tails: WorkerSource['tails']): TraceOf | undefined;
  /** Opens the bindings of an app, in the order of its row. */
  bindings(record: AppRecord): readonly Binding[];
  /** Its static assets, where it has any. */
  assets?(record: AppRecord): AssetResponder | undefined;
  /** Opens the caches of an app. */
  cache?(record: AppRecord): Binding;
  observer: Observer;
  /** Characters an event may log; absent: any number. */
  mostLogged?: number | undefined;
  /** For developers; see `Surroundings`. */
  watchesTurns?: boolean | undefined;
  readBundle(dir: string): Promise<Bundle>;
  codeCache(dir: string): CodeCache;
  /** V8 lost control of an isolate of this app. */
  onCatastrophe(app: string, message: string): void;
  /** The app runs into its limits again and again. */
  onRestless?(app: string): void;
  /** The machine had no CPU for an app. */
  onStarved?(): void;
  /** A worker of the app has ended in whose isolate something is still running; see `Surroundings`. */
  outlived?(record: AppRecord, over: Promise<void>): void;
  /** A limit has ended an isolate of the app. */
  limitDied?(app: string, limit: 'cpu' | 'memory'): void;
  /** An event of the app had more to log than it may. */
  logCut?(app: string): void;
  /** The version has something here from now on, until it `isAsleep`. */
  woken?(version: AppVersion): void;
  /** Where starts line up. */
  starts?: StartGate;
  /** Most workers one version may have. */
  maxWorkers: number;
  /** Makes a bundle of what a worker gives; where it is missing none can be loaded. @throws OpError */
  assemble?(source: WorkerSource): Promise<Bundle>;
  /** This version has been loaded by a worker. */
  loaded?: { self: Loaded<AppVersion>; given: Given };
};

/** What a worker that takes no more events gets at least for those in hand, in milliseconds; then the isolate goes. */
const GRACE_MS = LIMITS.drainMs.default;

/** How long after its first event an app's code is kept. */
const KEEP_CODE_MS = 250;

/** The name of an app's script in its code cache. */
const SCRIPT = 'script';

type Content = { bundle: Bundle; source: BundleModules; stacks: StackMapper; script: AppScript | undefined; cache: CodeCache };

export class AppVersion {
  #record: AppRecord;
  readonly #deps: VersionDeps;
  readonly #seats: Seats;
  readonly #egress: Egress;
  readonly #bindings: readonly Binding[];
  #cache: Binding | undefined;
  /** Answers ahead of the workers. */
  readonly assets: AssetResponder | undefined;
  readonly #workers: Worker[] = [];
  #cpuOfGone = 0;
  #starting: Promise<Worker> | undefined;
  #loader: LoadedWorkers<AppVersion> | undefined;
  readonly #openLoader: (parent: AppVersion, deps: VersionDeps) => LoadedWorkers<AppVersion>;
  #content: Content | undefined;
  #contentUsed = 0;
  #codeKept = false;
  #keeping: { worker: Worker; done: Promise<void> } | undefined;
  #retired = false;
  #disposed = false;
  /** Starts under way: one, but for per-request apps. */
  #starts = 0;
  /** The time condemned workers get for what they have in hand. */
  readonly #graces = new Map<Worker, NodeJS.Timeout>();

  constructor(record: AppRecord, deps: VersionDeps, openLoader: (parent: AppVersion, deps: VersionDeps) => LoadedWorkers<AppVersion>) {
    this.#openLoader = openLoader;
    this.#record = record;
    this.#deps = deps;
    this.#egress = deps.egress(record);
    this.#bindings = deps.bindings(record);
    this.assets = deps.assets?.(record);
    const Kind = record.isolation === 'request' ? ContextSeats : IsolateSeats;
    this.#seats = new Kind(deps.pool, record.limits.memoryMb, (message) => this.#lost(message));
  }

  get record(): AppRecord {
    return this.#record;
  }

  /** The same version, quarantined or released, broken or mended. */
  changeState(state: AppRecord['state'], reason: string | undefined): void {
    const { reason: _, ...rest } = this.#record;
    this.#record = reason === undefined ? { ...rest, state } : { ...rest, state, reason };
  }

  /** Does every request get a context of its own (`"isolation": "request"`)? */
  get isPerRequest(): boolean {
    return this.record.isolation === 'request';
  }

  /** Where its fetches go. */
  get egress(): Egress {
    return this.#egress;
  }

  /** What it has been loaded as, if it has. */
  get loadedAs(): Loaded<AppVersion> | undefined {
    return this.#deps.loaded?.self;
  }

  /** The workers it has loaded. */
  get loader(): LoadedWorkers<AppVersion> {
    this.#loader ??= this.#openLoader(this, this.#deps);
    return this.#loader;
  }

  /** This version, and those that it has loaded. */
  *family(): Iterable<AppVersion> {
    yield this;
    if (this.#loader !== undefined) yield* this.#loader.versions();
  }

  /** Is nothing left of it, nor of what it has loaded? */
  get isFamilyEmpty(): boolean {
    for (const version of this.family()) if (!version.isEmpty) return false;
    return true;
  }

  /** Has it nothing here, nor anything that it has loaded? Code of one that is retired does not count: it goes with the last worker. */
  get isAsleep(): boolean {
    if (!this.isFamilyEmpty) return false;
    return this.#retired || (this.#content === undefined && this.#loader?.isEmpty !== false);
  }

  /** Reads its code before it is needed. */
  async prepare(): Promise<void> {
    this.#contentUsed = performance.now();
    await this.#readContent();
  }

  /** Live workers, condemned ones included. */
  get workers(): readonly Worker[] {
    return this.#workers;
  }

  get isRetired(): boolean {
    return this.#retired;
  }

  /** It has no worker and none is on its way. */
  get isEmpty(): boolean {
    return this.#workers.length === 0 && this.#starts === 0;
  }

  /** A worker that can take an event right now, the least busy one; undefined when one has to be started. */
  ready(): Worker | undefined {
    if (this.isPerRequest) return undefined;
    let best: Worker | undefined;
    for (const worker of this.#workers) {
      if (worker.isCondemned || worker.isolate.isDisposed) continue;
      if (best === undefined || worker.inFlight < best.inFlight) best = worker;
    }
    return best;
  }

  /** Starts a worker, or joins the start under way; for per-request apps always one of its own. @throws StartupError */
  start(): Promise<Worker> {
    if (this.isPerRequest) return this.#startWorker();
    this.#starting ??= this.#startWorker().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** One more worker for a hot app, if there may be one. */
  grow(): void {
    const live = this.#workers.filter((worker) => !worker.isCondemned).length;
    if (live === 0 || live >= this.#deps.maxWorkers || this.#starting !== undefined || this.#retired) return;
    this.start().catch(() => {});
  }

  /** A newer version has come: workers finish what they have and go. */
  retire(): void {
    this.#retired = true;
    this.#loader?.retire();
    this.#seats.dispose();
    for (const worker of [...this.#workers]) {
      worker.condemn('replaced');
      if (worker.inFlight === 0) this.#dispose(worker);
    }
  }

  /** Takes a worker's memory back. It must have no event in hand. */
  evict(worker: Worker, reason: 'memory' | 'idle'): void {
    this.#deps.observer.eviction(this.record.name, reason);
    worker.condemn('idle');
    this.#dispose(worker);
  }

  /** Takes down a worker whose isolate does not come back. */
  stop(worker: Worker): void {
    worker.stalled();
    worker.dispose(true);
    this.#dispose(worker);
  }

  /** Ends every worker at once. */
  dispose(): void {
    this.#retired = true;
    this.#disposed = true;
    this.#loader?.dispose();
    this.#seats.dispose();
    for (const worker of [...this.#workers]) this.#dispose(worker);
  }

  async #startWorker(): Promise<Worker> {
    this.#starts++;
    this.#deps.woken?.(this);
    try {
      const { starts } = this.#deps;
      return await (starts === undefined || this.isPerRequest ? this.#loadWorker() : starts.run(() => this.#loadWorker(), LONG_START_MS));
    } finally {
      this.#starts--;
    }
  }

  /** @param isLast a start that gets no CPU is not tried again: it has as much time as any gets */
  async #loadWorker(isLast = isStarved()): Promise<Worker> {
    const started = performance.now();
    this.#contentUsed = started;
    const content = this.#content ?? (await this.#readContent());
    const { bundle, source, stacks, script, cache } = content;
    const deps = this.#workerDeps(stacks, source);
    const isTailed = deps.trace !== undefined;
    const seat = await this.#seats.take(chunksOf(this.record, source, isTailed));
    const worker = new Worker(seat, deps);
    try {
      const { loaded, modules } = await loadApp(seat.realm, this.record, bundle, source, {
        script,
        cached: script === undefined ? undefined : cache.get(SCRIPT),
        given: this.#deps.loaded?.given,
        mostLogged: this.#deps.mostLogged,
        isTailed,
      });
      worker.ready(modules, loaded);
    } catch (error) {
      worker.dispose(error instanceof StartupError && error.endedBy !== undefined);
      if (!(error instanceof StartupError)) throw error;
      if (error.endedBy === 'starved') {
        // Now it is known that the machine is busy, and a start gets more time.
        if (!isLast) return this.#loadWorker(true);
        this.#deps.onStarved?.();
      }
      // What is no script may yet be a module: one with top-level await. If it is neither, the module's error is the one to tell.
      if (script !== undefined && error.thrown.name === 'SyntaxError') {
        content.script = undefined;
        return this.#loadWorker(isLast);
      }
      const { name, message, stack } = error.thrown;
      throw new StartupError(stacks.describe(name, message, stack), error.endedBy);
    } finally {
      seat.started();
    }
    if (this.#disposed) {
      worker.dispose();
      throw new Error('The app was stopped while it started.');
    }
    this.#deps.observer.coldStart(this.record.name, performance.now() - started, seat.wasSpare);
    if (this.#retired) worker.condemn('replaced');
    this.#workers.push(worker);
    return worker;
  }

  #openCache(): Binding {
    this.#cache ??= this.#deps.cache?.(this.#record);
    if (this.#cache === undefined) throw new OpError('Error', 'There are no caches here.');
    return this.#cache;
  }

  #workerDeps(stacks: StackMapper, source: BundleModules): WorkerDeps {
    return {
      app: this.record.name,
      version: this.record.version,
      group: this.record.group,
      limits: this.record.limits,
      egress: this.#egress,
      invoker: this.#deps.invoker,
      trace: this.#deps.trace?.(this.record),
      bindings: this.#bindings,
      cache: () => this.#openCache(),
      loader: () => this.loader,
      loaded: this.#deps.loaded?.self,
      observer: this.#deps.observer,
      stacks,
      mostLogged: this.#deps.mostLogged,
      hasWasm: source.chunks.includes('wasm'),
      hasSharedMemory: this.record.sharedMemory,
      hearsRejections: source.hearsRejections,
      watchesTurns: this.#deps.watchesTurns,
      flags: () => flagsInForce(this.record.compatibilityDate, this.record.compatibilityFlags),
      tellsOfLeaving: compatDifferences(this.record.compatibilityDate, this.record.compatibilityFlags).includes('enable_request_signal'),
      onCondemned: (worker, reason) => this.#condemned(worker, reason),
      onLogCut: () => this.#deps.logCut?.(this.record.name),
      onOutlived: (over) => this.#deps.outlived?.(this.#record, over),
      onIdle: (worker) => {
        if (worker.isCondemned || this.isPerRequest) this.#dispose(worker);
        else this.#keepCode(worker);
      },
    };
  }

  /**
   * Keeps what V8 has compiled of the app, some time after it has first handled something: the functions a request needs
   * are in it then. An isolate is not taken down meanwhile: V8 has been seen to wait for ever for one that is compiling.
   */
  #keepCode(worker: Worker): void {
    const { script, cache } = this.#content ?? {};
    if (script === undefined || !cache?.isPersistent || this.#codeKept || cache.has(SCRIPT)) return;
    this.#codeKept = true;
    const keep = async (): Promise<void> => {
      if (worker.isGone || worker.isCondemned) {
        this.#codeKept = false;
        return;
      }
      const blob = await worker.produceCache(script.code, originOf(script));
      this.#keeping = undefined;
      if (blob !== undefined) await cache.put(SCRIPT, blob);
    };
    setTimeout(() => {
      this.#keeping = { worker, done: keep() };
    }, KEEP_CODE_MS).unref();
  }

  /** V8 lost control of one of the isolates. What else the app has in this engine goes with it: the engine is going anyway. */
  #lost(message: string): void {
    for (const worker of [...this.#workers]) worker.lost();
    this.#deps.onCatastrophe(this.#record.name, message);
  }

  #condemned(worker: Worker, reason: string): void {
    if (reason !== 'replaced' && reason !== 'memory' && reason !== 'idle') this.#deps.observer.eviction(this.record.name, 'condemned');
    if (reason === 'cpu' || reason === 'memory' || reason === 'stalled') this.#deps.limitDied?.(this.record.name, reason === 'memory' ? 'memory' : 'cpu');
    if (reason === 'starved') this.#deps.onStarved?.();
    // A worker that is still waiting for its first event is not in the list yet.
    if (worker.inFlight === 0) this.#dispose(worker);
    if (worker.isGone) return;
    const grace = setTimeout(() => this.#dispose(worker), Math.max(GRACE_MS, this.record.limits.waitUntilMs));
    this.#graces.set(worker, grace.unref());
  }

  #dispose(worker: Worker): void {
    const at = this.#workers.indexOf(worker);
    if (at === -1) return;
    this.#workers.splice(at, 1);
    this.#cpuOfGone += worker.takeCpu();
    // A timer left behind would keep the worker, and all its isolate's memory with it, until it fires.
    clearTimeout(this.#graces.get(worker));
    this.#graces.delete(worker);
    const keeping = this.#keeping;
    const end = (): void => (this.#disposed ? worker.close() : worker.dispose());
    if (keeping?.worker === worker) void keeping.done.finally(end);
    else end();
  }

  /** CPU milliseconds, since last asked, of workers that nobody asked before they went. */
  takeCpuOfGone(): number {
    const used = this.#cpuOfGone;
    this.#cpuOfGone = 0;
    return used;
  }

  /** The bundle, read when the first worker starts: thousands of apps may be registered that nobody asks for. */
  async #readContent(): Promise<Content> {
    const cache = this.#deps.codeCache(this.record.bundleDir);
    const [bundle] = await Promise.all([this.#deps.readBundle(this.record.bundleDir), cache.load(SCRIPT)]);
    const source = new BundleModules(bundle);
    const script = await source.script();
    this.#content ??= { bundle, source, stacks: new StackMapper(bundle), script, cache };
    return this.#content;
  }

  /** Forgets the bundle of an app nobody has asked for in a while. */
  forgetContentIfIdle(now: number, idleMs: number): void {
    this.#loader?.forgetIdle(now, idleMs);
    if (this.isEmpty && now - this.#contentUsed > idleMs) this.#content = undefined;
  }
}
