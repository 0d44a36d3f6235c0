/**
 * Everything of an engine, wired: snapshot, spare isolates, apps, egress, HTTP, logs, metrics.
 */
import path from 'node:path';
import { Apps } from '../app/apps.ts';
import { respondWith } from '../app/asset-responder.ts';
import { Budget } from '../app/budget.ts';
import { Services } from '../app/services.ts';
import { Tails } from '../app/tails.ts';
import { ResidentWatch } from '../app/resident-watch.ts';
import { Sites } from '../app/sites.ts';
import { Triggers } from '../app/triggers.ts';
import { watchDescriptors } from '../base/descriptors.ts';
import { Openings } from '../base/openings.ts';
import { AssetSites } from '../bindings/assets/index.ts';
import { openCache } from '../bindings/cache/index.ts';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import { failureText } from '../bindings/d1/failure-text.ts';
import { openBindings } from '../bindings/open.ts';
import { bundleInMemory } from '../build/in-memory.ts';
import { readBundle } from '../build/store.ts';
import { Listener } from '../http/listener.ts';
import { requestId } from '../http/request-id.ts';
import { Upgrades } from '../http/upgrade.ts';
import { CodeCache } from '../isolate/code-cache.ts';
import { wasStarved } from '../isolate/overrun.ts';
import { IsolatePool } from '../isolate/pool.ts';
import { createSnapshot } from '../isolate/snapshot.ts';
import { createLog, type Log } from '../observe/log.ts';
import { LogObserver } from '../observe/log-observer.ts';
import { type IsolateGauges, MetricsObserver } from '../observe/metrics-observer.ts';
import { Observers } from '../observe/observers.ts';
import { StreamBody } from '../ops/body-stream.ts';
import { EgressAgents } from '../ops/egress/agents.ts';
import { WS_OPTIONS, WsSocket } from '../ops/websocket/ws-socket.ts';
import { CountedEgress } from '../ops/egress/counted.ts';
import { UndiciEgress } from '../ops/egress/egress.ts';
import type { EngineConfig, TableNews, Trigger, TriggerResult } from '../protocol/engine.ts';
import { LIMITS } from '../protocol/limits.ts';
import { MOST_LOGGED } from '../protocol/logs.ts';
import { normaliseHost } from '../router/host.ts';
import { devHosts } from '../router/dev-hosts.ts';
import { createRouteTable } from '../router/table.ts';
import { PoolClient } from '../storage/pool/client.ts';
import { PooledStores } from '../storage/pool/pooled-stores.ts';
import { HotBlobs } from '../storage/hot-blobs.ts';
import { boundReaders, FILES_OF_A_READER, MOST_READERS } from '../storage/store-readers.ts';
import { StoreClient } from '../storage/store-client.ts';
import type { Libc } from './walls/libc.ts';
import { boundSendBuffers } from './walls/send-buffers.ts';
import { AppTable } from './app-table.ts';
import { Elsewhere } from './elsewhere.ts';
import { Ledger } from './ledger.ts';

/** How often the process looks at its own memory. */
const WATCH_MS = 1000;
/** What isolated-vm says of a turn that has not noticed in five seconds that it was ended. */
const NOT_TERMINATED = 'Script failed to terminate';

/** An isolate has a dozen memory maps, and more when it is busy; a part of all is left for everything else. */
const MAPS_OF_AN_ISOLATE = 24;
/** Databases that are read in this process are so many at least. */
const FEWEST_READERS = 4;
/** For the bytes of small static files, over all apps. */
const ASSET_MEMORY_BYTES = 64 * 1024 * 1024;

/** What an engine has to tell the supervisor. */
export type EngineNotices = {
  /** Once, when it cannot go on, with the app that is to blame (empty: none); it then drains by itself. */
  catastrophe(app: string, message: string): void;
  restless(app: string): void;
  /** The machine had no CPU for an app, and threads of this engine run when no other wants to. */
  starved(): void;
  /** A cache is to store something: the store process is needed. */
  storesForCache(): void;
};

export class Engine {
  readonly #config: EngineConfig;
  readonly #log: Log;
  readonly #logObserver: LogObserver;
  readonly #metrics: MetricsObserver;
  readonly #observer: Observers;
  readonly #ledger: Ledger;
  readonly #stores: StoreClient;
  readonly #sql: PoolClient;
  readonly #assets = new AssetSites(ASSET_MEMORY_BYTES);
  readonly #pool: IsolatePool;
  readonly #apps: Apps;
  readonly #table = new AppTable();
  readonly #triggers: Triggers;
  readonly #sites: Sites;
  readonly #budget: Budget;
  readonly #watch: ResidentWatch;
  #watching: NodeJS.Timeout | undefined;
  readonly #listener: Listener;
  readonly #elsewhere: Elsewhere;
  readonly #notices: EngineNotices;
  #leaving = false;

  constructor(config: EngineConfig, notices: EngineNotices, libc?: Libc) {
    this.#config = config;
    this.#notices = notices;
    this.#log = createLog({ level: config.logLevel });
    this.#logObserver = new LogObserver(this.#log);
    this.#metrics = new MetricsObserver(() => this.#gauges());
    this.#observer = new Observers([this.#metrics, this.#logObserver]);
    this.#ledger = new Ledger(config.ledgerFile);
    this.#stores = new StoreClient({ socket: config.stores.socket, badge: config.stores.badge });
    this.#sql = new PoolClient({ socket: config.stores.sql, badge: config.stores.badge }, failureText(D1_TEXTS.lost));
    const stores = new PooledStores(this.#stores, 'd1', this.#sql);
    this.#pool = new IsolatePool(createSnapshot(config.runtimeFile), config.spareIsolates, LIMITS.memoryMb.default);
    const limit = config.descriptors ?? Number.POSITIVE_INFINITY;
    const readers = Math.min(MOST_READERS, Math.max(FEWEST_READERS, Math.floor(limit / 16)));
    boundReaders(readers);
    const openings = new Openings({
      limit,
      reserved: readers * FILES_OF_A_READER,
      onRefused: (name, detail) => this.#observer.limit(name, '', undefined, 'connections', detail),
    });
    const hot = new HotBlobs(config.hotBlobMb * 1024 * 1024);
    const agents = new EgressAgents({ forbidden: config.forbidden, http2: config.http2 });
    this.#apps = new Apps({
      pool: this.#pool,
      trace: (record) => tails.of(record),
      traceLoaded: (record, consumers) => tails.ofLoaded(record, consumers),
      invoker: { fetch: (...args) => services.fetch(...args), open: (...args) => services.open(...args) },
      bindings: (record) => openBindings(record, stores, { ...config.stores, assets: this.#assets, openings, hot }),
      assets: (record) => respondWith(this.#assets, record, openings),
      cache: ({ name: app, group }) =>
        openCache({ app, group, stores, storageDir: config.stores.dir, openings: openings.of(app), hot, needStores: notices.storesForCache }),
      egress: ({ name, egress }) =>
        new CountedEgress(new UndiciEgress(agents, egress, { app: name, openings: openings.of(name) }), (outcome) => this.#observer.subrequest(name, outcome)),
      observer: this.#observer,
      mostLogged: config.dev ? undefined : MOST_LOGGED,
      watchesTurns: config.dev,
      readBundle: async (dir) => (await readBundle(dir)).bundle,
      codeCache: (dir) => new CodeCache(path.join(dir, 'cache'), (message) => this.#observer.warn(message, { dir: path.basename(dir) })),
      outlived: ({ slot }, over) => {
        this.#ledger.begin(slot);
        void over.then(() => this.#ledger.end(slot));
      },
      onRestless: notices.restless,
      ...(config.standsBack === 'idle' ? { onStarved: notices.starved } : {}),
      onCatastrophe: (app, message) => this.#lost(app, message),
      assemble: bundleInMemory,
      maxWorkers: Math.max(1, Math.min(8, navigator.hardwareConcurrency)),
    });
    const tails = new Tails({ apps: this.#apps, ledger: this.#ledger, observer: this.#observer, newRequestId: () => requestId(undefined) });
    const services = new Services(this.#apps, this.#ledger, this.#observer);
    this.#sites = new Sites(this.#apps, this.#ledger);
    this.#elsewhere = new Elsewhere((host, target) => this.#sites.appOf(host, target));
    this.#triggers = new Triggers({
      apps: this.#apps,
      ledger: this.#ledger,
      observer: this.#observer,
      stores: this.#stores,
      newRequestId: () => requestId(undefined),
    });
    this.#budget = new Budget(
      this.#apps,
      { budgetBytes: config.isolateBudgetMb * 1024 * 1024, mostIsolates: Math.floor((config.maps ?? Number.POSITIVE_INFINITY) / MAPS_OF_AN_ISOLATE) },
      (app, milliseconds) => {
        this.#observer.cpu(app, milliseconds);
        this.#watch.used(app, milliseconds);
      },
    );
    this.#listener = new Listener({
      sites: this.#sites,
      openings,
      observer: this.#observer,
      openBody: (message, limit, length) => new StreamBody(message, { limit, length }),
      prepare: boundSendBuffers(libc),
      normaliseHost,
      // Behind the front it is the front that knows.
      ...(config.isBehindFront === true ? {} : { elsewhere: (host: string, target: string) => this.#elsewhere.find(host, target) }),
      upgrades: new Upgrades((ws, raw) => new WsSocket(ws, raw), WS_OPTIONS),
      urlBytes: config.urlBytes,
      headerBytes: config.headerBytes,
      headMs: config.headMs,
      idleMs: config.idleMs,
      trustedProxies: config.trustedProxies,
      isBehindFront: config.isBehindFront ?? false,
      dev: config.dev,
    });
    this.#watch = new ResidentWatch(this.#apps, {
      limitBytes: config.residentLimitMb * 1024 * 1024,
      counted: (app) => this.#budget.countedBytes(app),
      trim: libc === undefined ? undefined : () => libc.trim(),
      onExceeded: (app, bytes) => this.#catastrophe(app ?? '', `${Math.round(bytes / 1048576)} MB of resident memory`),
    });
  }

  /** Fills the pool of spare isolates. */
  async boot(): Promise<void> {
    await this.#pool.fill();
    this.#budget.start();
    this.#watching = setInterval(() => this.#watch.tick(), WATCH_MS).unref();
    watchDescriptors((text) => this.#log.error(text, { process: 'engine' }));
  }

  /** Tells of walls that this machine does not have. @param missing see walls/harden.ts */
  walled(missing: readonly string[]): void {
    if (missing.length === 0 || this.#config.dev) return;
    this.#log.warn('walls around this engine are missing: they need Linux, glibc and a Node.js with node:ffi', { missing });
  }

  /** Switches to a newer table of apps. */
  changeApps(news: TableNews): void {
    const isRerouted = this.#table.change(news);
    const records = this.#table.rows;
    this.#apps.update(records);
    this.#logObserver.setApps(records);
    this.#metrics.setApps(records);
    this.#elsewhere.setPlaces(new Map(records.flatMap(({ name, aside }) => (aside === undefined ? [] : [[name, aside]]))));
    const [only] = records;
    // nano dev: one app, whatever the path.
    if (this.#config.dev && only !== undefined && records.length === 1) {
      const isMine = devHosts(only);
      this.#sites.setRoute((host) => (isMine(host) ? only.name : undefined));
    } else if (isRerouted) {
      const table = createRouteTable(records);
      this.#sites.setRoute((host, target) => table.match(host, target));
    }
  }

  listen(where: { port: number; host: string } | { fd: number }): Promise<number> {
    return this.#listener.listen(where);
  }

  metrics(): AsyncIterable<string> {
    return this.#metrics.collect();
  }

  /** Runs an event that no client asks for. */
  trigger(trigger: Trigger): Promise<TriggerResult> {
    return this.#triggers.run(trigger);
  }

  /** Stops accepting and waits for what is in flight, at most `ms` milliseconds. */
  async drain(ms: number): Promise<void> {
    this.#leaving = true;
    clearInterval(this.#watching);
    this.#budget.stop();
    this.#triggers.leave();
    const drained = this.#drainAll();
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, ms);
    await Promise.race([drained, limit.promise]);
    clearTimeout(timer);
    this.#listener.destroy();
  }

  /** Connections first, then what waitUntil still holds. */
  async #drainAll(): Promise<void> {
    await this.#listener.drain();
    while (this.#apps.inFlight > 0 || this.#triggers.active > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /**
   * Ends the process. With a signal: `process.exit` takes the isolates down one by one, has been seen to crash on a busy one,
   * and would wait for a lost thread for ever.
   */
  exitNow(): void {
    this.#ledger.dispose();
    this.#log.flushSync();
    process.kill(process.pid, 'SIGKILL');
  }

  /** Stops everything without ending the process. */
  async close(): Promise<void> {
    clearInterval(this.#watching);
    this.#budget.stop();
    this.#listener.destroy();
    this.#elsewhere.close();
    this.#apps.dispose();
    this.#pool.close();
    this.#stores.close();
    this.#sql.close();
    this.#ledger.dispose();
  }

  /** Something went wrong that is no app's fault: the engine is replaced. */
  fail(message: string): void {
    this.#catastrophe('', message);
  }

  /** V8 lost control of an isolate; or a turn has had no CPU to notice that it was ended. */
  #lost(app: string, message: string): void {
    if (this.#config.standsBack === 'idle' && message === NOT_TERMINATED && wasStarved()) this.#notices.starved();
    else this.#catastrophe(app, `V8 lost control of an isolate: ${message}`);
  }

  #catastrophe(app: string, message: string): void {
    if (this.#leaving) return;
    this.#log.error('this engine is replaced', { app, detail: message });
    this.#notices.catastrophe(app, message);
    void this.drain(this.#config.headMs).then(() => this.exitNow());
  }

  #gauges(): IsolateGauges {
    const isolates = { active: 0, idle: 0, condemned: 0, spare: this.#pool.spares };
    for (const version of this.#apps.versions()) {
      for (const worker of version.workers) isolates[worker.isCondemned ? 'condemned' : worker.inFlight > 0 ? 'active' : 'idle']++;
    }
    const { heapBytes, externalBytes, byApp } = this.#budget.residency();
    return { isolates, heapBytes: heapBytes + externalBytes, byApp };
  }
}
