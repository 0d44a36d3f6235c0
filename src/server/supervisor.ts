/**
 * The process that runs no tenant code: it builds apps, keeps engines running and tells them what to serve.
 *
 * Contract: nothing an app does ends this process; what goes wrong is a log line and a state. Engines see a
 * new app table only as a whole, and the next only after the last was applied.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { watchDescriptors } from '../base/descriptors.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { type AdminServer, type AdminSource, type AppUsage, startAdminServer } from '../control/admin-server.ts';
import type { Log } from '../observe/log.ts';
import { PlatformMetrics } from '../observe/platform-metrics.ts';
import type { AppRecord, TriggerResult } from '../protocol/engine.ts';
import { appAddress, serverAddress } from './address.ts';
import { type AdminRoutes, openAdminRoutes } from './admin-routes.ts';
import type { OpenBuilder } from './app-builder.ts';
import { AppEvents } from './app-events.ts';
import type { AppSettings } from './app-record.ts';
import { Apps } from './apps.ts';
import { Asides } from './asides.ts';
import { type Clock, systemClock } from './clock.ts';
import { BundleCleaner } from './bundle-cleaner.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { appSettings, restartKeys } from './engine-config.ts';
import { EngineGroups, type EngineRole } from './engine-groups.ts';
import { EngineProcess } from './engine-process.ts';
import { engineSpawn } from './engine-spawn.ts';
import type { EngineDeath } from './engines.ts';
import { createLedger, readInFlight } from './ledger.ts';
import { bindListener, explain, type Listener } from './listen-socket.ts';
import { MemoryCgroups } from './memory-cgroups.ts';
import { Quarantine } from './quarantine.ts';
import { Quotas } from './quotas.ts';
import { Reporter } from './reporter.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import { type SecretsWatch, watchSecrets } from './secrets/watch-secrets.ts';
import { makeBadge } from '../storage/badge.ts';
import { StoreGrants } from './store-grants.ts';
import { StoreProcess, type StoreProcessOptions } from './store-process.ts';
import { blamable, groupSize } from './trust.ts';
import { usersOf } from './store-secrets.ts';
import { readUsage } from './usage.ts';
import { StartError } from './start-error.ts';

/** How old the counts of an engine that is killed may be. */
const SAMPLE_MS = 5000;

export type SupervisorOptions = {
  config: ServerConfig;
  /** Folder of apps, or the app. */
  root: string;
  /** The root is one app. */
  single: boolean;
  /** nano dev: error pages, loopback allowed, every path is the app's. */
  dev: boolean;
  log: Log;
  openBuilder: OpenBuilder;
  /** Where apps' secrets are stored; their changes are followed. */
  secrets?: SecretStore | undefined;
  version: string;
  /** Reads the configuration again, for SIGHUP. @throws ConfigError */
  reread?: () => ServerConfig;
  /** What callers of the admin port must show who want to see or change data. */
  token?: string | undefined;
  /** Look for changes of files. */
  watch: boolean;
  /** Open the admin port. */
  admin: boolean;
  /** The apps of the start need no line each: somebody prints a list of them. */
  quietStart?: boolean;
  engineFile: string;
  /** The in-isolate runtime's script. */
  runtimeFile: string;
  clock?: Clock;
};

/** Engines of a server that was killed end by themselves, and let go of the port, within this time. */
const CRASHED_MS = 15_000;
const DEV_DEBOUNCE_MS = 15;
const SERVE_DEBOUNCE_MS = 150;

export class Supervisor implements AdminSource {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #metrics: PlatformMetrics;
  readonly #report: Reporter;
  readonly #quarantine: Quarantine;
  readonly #asides: Asides;
  readonly #data: DataFolder;
  readonly #stores: StoreProcess;
  readonly #sql: StoreProcess;
  /** Of this run; see storage/badge.ts. */
  readonly #badgeKey = randomBytes(32).toString('base64url');
  readonly #grants: StoreGrants;
  #cgroups: MemoryCgroups | undefined;
  readonly #quotas: Quotas;
  readonly #routes: AdminRoutes;
  readonly #apps: Apps;
  readonly #engines: EngineGroups;
  readonly #events: AppEvents;
  #config: ServerConfig;
  #listener: Listener | undefined;
  #admin: AdminServer | undefined;
  #table: readonly AppRecord[] = [];
  #serial = 0;
  #started = false;
  #stopping: Promise<void> | undefined;
  #cancelSampling: (() => void) | undefined;
  #pushing: Promise<void> | undefined;
  #pushAgain = false;
  readonly #cleaner: BundleCleaner;
  #secretsWatch: SecretsWatch | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#clock = options.clock ?? systemClock;
    this.#metrics = new PlatformMetrics(options.version);
    this.#report = new Reporter(options.log, this.#metrics, { dev: options.dev, quiet: options.quietStart ?? false, address: (app) => this.#address(app) });
    this.#quarantine = new Quarantine(this.#clock, (app) => {
      this.#report.released(app);
      void this.#push();
    });
    this.#asides = new Asides(this.#clock, (app) => {
      this.#report.takenBack(app);
      void this.#push();
    });
    this.#data = openDataFolder(options.config.dataDir);
    const { bundlesDir, isShared } = this.#data;
    this.#cleaner = new BundleCleaner({ clock: this.#clock, bundlesDir, isShared, used: () => this.#usedBundles() });
    this.#quotas = new Quotas({
      dataDir: this.#data.dir,
      clock: this.#clock,
      log: options.log,
      metrics: this.#metrics,
      send: (program, message) => (program === 'store' ? this.#stores : this.#sql).send(message),
    });
    const storeOptions = (program: 'store' | 'sql'): StoreProcessOptions => ({
      program,
      dataDir: this.#data.dir,
      fsync: options.config.fsync,
      clock: this.#clock,
      key: this.#badgeKey,
      onTrouble: (message, fields) => options.log.error(message, fields),
      onNotify: (notice) => this.#events.notified(notice),
      greeting: () => this.#quotas.greeting(program),
      onStorage: (apps) => this.#quotas.told(program, apps),
    });
    this.#sql = new StoreProcess(storeOptions('sql'));
    this.#stores = new StoreProcess({ ...storeOptions('store'), onReady: () => this.#events.storesReady() });
    this.#grants = new StoreGrants({ clock: this.#clock, tell: (grants) => Promise.all([this.#stores.grant(grants), this.#sql.grant(grants)]) });
    const storePort = { socket: this.#stores.config.socket, badge: makeBadge(this.#badgeKey, { kind: 'operator' }) };
    this.#routes = openAdminRoutes({
      ...this.#stores.config,
      dataDir: this.#data.dir,
      port: storePort,
      token: options.token,
      scheduled: this,
      apps: () => this.#table,
      wakeStores: () => this.#stores.start(),
      onTrouble: (message, fields) => options.log.error(message, fields),
    });
    this.#apps = new Apps({
      root: options.root,
      single: options.single,
      bundlesDir: this.#data.bundlesDir,
      openBuilder: options.openBuilder,
      settings: this.#appSettings(),
      debounceMs: options.dev ? DEV_DEBOUNCE_MS : SERVE_DEBOUNCE_MS,
      exclude: [this.#data.dir],
      onOutcome: (path, outcome) => {
        if (outcome.kind === 'new' && this.#started) {
          this.#quarantine.release(outcome.row.name);
          this.#asides.forget(outcome.row.name);
        }
        this.#report.built(path, outcome);
      },
      onRemoved: (name) => {
        this.#asides.forget(name);
        this.#report.removed(name);
      },
      onWarning: (message, fields) => options.log.warn(message, fields),
      onChange: () => {
        if (this.#started) void this.#push();
      },
    });
    this.#engines = new EngineGroups({
      clock: this.#clock,
      publicFd: () => this.#listener?.fd ?? -1,
      size: (group, alone) => groupSize(group, alone, this.#config, options.dev),
      // To pass a request on costs about as much as to answer it.
      fronts: options.config.engines,
      launch: (role, apps, events) => this.#launch(role, apps, events),
      drainMs: () => this.#config.drainMs,
      onDeath: (death) => this.#died(death),
      onCatastrophe: (engine, app, message) => this.#catastrophe(engine, app, message),
      onListening: (engine) => this.#report.listening(engine.pid, engine.about),
      onDivided: (groups) => this.#report.divided(groups),
      onStuck: (error) => this.#report.stuck(error),
      onStarved: ({ pid, about }) => this.#report.starved(pid, about),
      retry: () => void this.#push(),
    });
    this.#events = new AppEvents({
      clock: this.#clock,
      log: options.log,
      dataDir: this.#data.dir,
      storePort,
      engines: (app) => this.#engines.serving(app),
      dev: options.dev,
    });
  }

  /** The port that clients connect to, and the admin port (0 where there is none). */
  get ports(): { port: number; adminPort: number } {
    return { port: this.#listener?.port ?? 0, adminPort: this.#admin?.port ?? 0 };
  }

  /**
   * Builds all apps, starts the engines, listens.
   * @throws StartError where a port cannot be had or engines do not start; nothing is left running then
   */
  async start(): Promise<void> {
    const { host, port, adminHost, adminPort } = this.#config;
    if (!this.#options.dev) this.#cgroups = MemoryCgroups.open();
    if (this.#cgroups !== undefined) this.#options.log.debug('the kernel keeps the memory limit of engines', { cgroup: this.#cgroups.dir });
    try {
      this.#listener = await bindListener(host, port, '--port', this.#data.isAfterCrash ? CRASHED_MS : 0);
      if (this.#options.admin) this.#admin = await this.#startAdmin(adminHost, adminPort);
      await this.#apps.open(this.#options.watch);
      if (this.#options.watch && this.#options.secrets !== undefined) this.#secretsWatch = this.#watchSecrets(this.#options.secrets);
      this.#table = this.#currentTable();
      await this.#grants.setApps(this.#table);
      this.#startStores();
      await this.#engines.start(this.#table);
      this.#started = true;
      this.#events.setApps(this.#table);
      this.#sampleLater();
      watchDescriptors((text) => this.#options.log.error(text, { process: 'supervisor' }));
      const { port: own, adminPort: admin } = this.ports;
      if (this.#options.quietStart !== true)
        this.#options.log.info('listening', { port: own, host, ...(this.#admin === undefined ? {} : { adminPort: admin, adminHost }) });
      await this.#pushNewer();
      if (this.#table.length === 0) this.#options.log.warn('no app is there yet', { folder: this.#options.root });
      await this.#cleaner.clean();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Asks engines what they have counted, so that one that is killed takes little of it along. */
  #sampleLater(): void {
    this.#cancelSampling = this.#clock.after(SAMPLE_MS, () => {
      for (const engine of this.#engines.alive) void engine.metrics();
      this.#sampleLater();
    });
  }

  isReady(): boolean {
    return this.#started && this.#stopping === undefined && this.#engines.listening > 0;
  }

  apps(): readonly AppRecord[] {
    return this.#table;
  }

  async metrics(): Promise<string> {
    const engines = await this.#counted();
    const states: Record<string, number> = { ready: 0, broken: 0, quarantined: 0 };
    for (const app of this.#table) states[app.state] = (states[app.state] ?? 0) + 1;
    return this.#metrics.text(engines, { apps: states, engines: this.#engines.states(), storage: this.#quotas.all() });
  }

  async usage(app: string): Promise<AppUsage> {
    return readUsage(await this.#metrics.ofApp(app, await this.#counted()), this.#quotas.of(app));
  }

  async #counted(): Promise<readonly string[]> {
    return (await Promise.all(this.#engines.alive.map((engine) => engine.metrics()))).flat();
  }

  isKnown(app: string): boolean {
    return this.#table.some(({ name }) => name === app);
  }

  /** Runs an app's scheduled handler now. */
  scheduled(app: string, cron: string, scheduledTime: number): Promise<TriggerResult> {
    return this.#events.scheduled(app, cron, scheduledTime);
  }

  /** Reads configuration and apps again. What is wrong is reported, and all stays as it was. */
  async reload(): Promise<void> {
    const next = this.#report.reading(() => this.#options.reread?.() ?? this.#config);
    if (next === undefined) return;
    const fixed = restartKeys(this.#config, next);
    if (fixed.length > 0) this.#options.log.warn('some changes need a restart', { keys: fixed });
    this.#config = {
      ...this.#config,
      limits: next.limits,
      drainMs: next.drainMs,
      egress: next.egress,
      hosts: next.hosts,
      hyperdrive: next.hyperdrive,
      trust: next.trust,
    };
    await this.#apps.rescan(this.#appSettings());
    await this.#push();
    this.#options.log.info('configuration read again', { apps: this.#table.length });
  }

  /** Stops accepting, finishes what is in flight within the configured time, ends. */
  drain(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#options.log.info('stopping: what is in flight may finish', { drainMs: this.#config.drainMs });
      this.#stopping = this.#stop(() => this.#engines.drain(this.#config.drainMs));
    }
    return this.#stopping;
  }

  /** Ends at once. */
  async kill(): Promise<void> {
    const stopped = this.#stopping ?? this.#stop(async () => {});
    this.#stopping = stopped;
    await this.#engines.kill();
    await stopped;
  }

  /** The store process is there from the first app on that has bindings. */
  #startStores(): void {
    this.#quotas.setApps(this.#table);
    if (this.#table.some((app) => app.consumers !== undefined || app.bindings.some(({ type }) => type !== 'assets'))) this.#stores.start();
    if (this.#table.some((app) => app.bindings.some(({ type }) => type === 'd1'))) this.#sql.start();
  }

  async #stop(endEngines: () => Promise<void>): Promise<void> {
    this.#quarantine.dispose();
    this.#asides.dispose();
    this.#cancelSampling?.();
    this.#cleaner.close();
    this.#secretsWatch?.close();
    this.#listener?.close();
    this.#grants.close();
    this.#events.stop();
    await Promise.all([this.#apps.close(), endEngines()]);
    this.#events.close();
    this.#routes.close();
    await Promise.all([this.#stores.stop(), this.#sql.stop()]);
    await this.#admin?.close();
  }

  #appSettings(): AppSettings {
    const { secrets, dev } = this.#options;
    return appSettings(this.#config, dev, secrets === undefined ? undefined : (owner) => secrets.read(owner));
  }

  #watchSecrets(secrets: SecretStore): SecretsWatch {
    return watchSecrets(
      secrets,
      (apps) => {
        this.#apps
          .rebuild(usersOf(apps, this.#table))
          .catch((error: unknown) => this.#options.log.warn('a change of secrets could not be followed', { error: String(error) }));
      },
      (error) => this.#options.log.warn('changes of secrets are not noticed: send SIGHUP after a change', { error: error.message }),
    );
  }

  async #startAdmin(host: string, port: number): Promise<AdminServer> {
    try {
      return await startAdminServer(this, host, port, this.#routes.routes);
    } catch (error) {
      throw new StartError(explain(error, host, port, '--admin-port'));
    }
  }

  /** Engines of all groups in the table, which share the machine's memory. */
  #engineCount(): number {
    const groups = new Set(this.#table.map(({ group }) => group));
    return Math.max(
      1,
      [...groups].reduce((sum, group) => sum + groupSize(group, groups.size === 1, this.#config, this.#options.dev).count, 0),
    );
  }

  #launch(role: EngineRole, apps: readonly AppRecord[], events: ConstructorParameters<typeof EngineProcess>[1]): EngineProcess {
    const ledgerFile = this.#data.ledgerFile(++this.#serial);
    if (role.kind === 'engine') createLedger(ledgerFile);
    const { engineFile, runtimeFile, dev } = this.#options;
    const spawn = engineSpawn(role, apps, {
      config: this.#config,
      dev,
      dataDir: this.#data.dir,
      ports: this.ports,
      ledgerFile,
      engineFile,
      runtimeFile,
      badgeKey: this.#badgeKey,
      stores: { ...this.#stores.config, sql: this.#sql.config.socket },
      engines: this.#engineCount(),
      serviceBytes: this.#cgroups?.serviceBytes,
    });
    // Caches are no bindings: that an app uses one shows when it does.
    const engine = new EngineProcess(spawn, {
      ...events,
      storesForCache: () => this.#stores.start(),
      restless: (app) => this.#restless(blamable(engine.about['group'], [app], this.#table)),
    });
    if (role.kind === 'engine') this.#cgroups?.add(engine.pid, spawn.config.residentLimitMb);
    return engine;
  }

  /** Neighbours are not to pay for what ends again and again: it gets an engine of its own. Without neighbours it stays. */
  #restless([name]: readonly string[]): void {
    // What is reached through others alone runs where they do.
    const app = this.#table.find((one) => one.name === name && one.state === 'ready' && one.namespace === undefined);
    if (app === undefined || this.#options.dev || !this.#table.some(({ name: other, group }) => other !== app.name && group === app.group)) return;
    if (!this.#asides.add(app.name)) return;
    this.#report.setAside(app.name);
    void this.#push();
  }

  #died({ engine, ...exit }: EngineDeath): void {
    const slots = exit.expected ? [] : readInFlight(engine.ledgerFile);
    rmSync(engine.ledgerFile, { force: true });
    const isOutOfMemory = this.#cgroups?.remove(engine.pid) ?? false;
    this.#metrics.engineGone(engine.lastMetrics);
    if (exit.expected) return;
    const flying = slots.map((slot) => this.#apps.nameOf(slot)).filter((name) => name !== undefined);
    const names = blamable(engine.about['group'], flying, this.#table);
    this.#report.died(engine.pid, engine.about, isOutOfMemory ? { ...exit, isOutOfMemory } : exit, names);
    this.#blame(names);
  }

  #catastrophe(engine: EngineProcess, app: string, message: string): void {
    this.#report.catastrophe(engine.pid, engine.about, app, message);
    this.#blame(blamable(engine.about['group'], [app], this.#table));
  }

  /** Called before the dead engine is replaced: the successor must not get the same request. */
  #blame(names: readonly string[]): void {
    let changed = false;
    for (const name of names) {
      this.#metrics.blamed(name);
      const pauseMs = this.#quarantine.blame(name);
      if (pauseMs === undefined) continue;
      this.#report.quarantined(name, pauseMs);
      changed = true;
    }
    if (!changed) return;
    this.#table = this.#currentTable();
    this.#engines.refresh(this.#table);
    this.#events.setApps(this.#table);
  }

  #currentTable(): AppRecord[] {
    return this.#apps.table().map((app) => {
      if (app.state !== 'ready') return app;
      if (this.#quarantine.has(app.name)) return { ...app, state: 'quarantined', reason: 'engines died while it had requests in flight' };
      return this.#asides.has(app.name) ? { ...app, aside: this.#engines.asideSocket(app.group) } : app;
    });
  }

  /** Brings the engines to the newest table. Calls while that is under way make one more round. */
  #push(): Promise<void> {
    this.#pushAgain = true;
    this.#pushing ??= this.#pushRounds().finally(() => {
      this.#pushing = undefined;
    });
    return this.#pushing;
  }

  /** After the start: what has changed while the engines booted. */
  async #pushNewer(): Promise<void> {
    if (JSON.stringify(this.#currentTable()) === JSON.stringify(this.#table)) this.#report.applied(this.#table);
    else await this.#push();
  }

  async #pushRounds(): Promise<void> {
    while (this.#pushAgain && this.#stopping === undefined) {
      this.#pushAgain = false;
      this.#table = this.#currentTable();
      this.#startStores();
      await this.#grants.setApps(this.#table);
      await this.#engines.setApps(this.#table);
      this.#events.setApps(this.#table);
      this.#report.applied(this.#table);
      this.#cleaner.changed();
    }
  }

  #address(app: string): string {
    const { port } = this.ports;
    return this.#options.dev ? serverAddress(this.#config.host, port) : appAddress(app, port);
  }

  #usedBundles(): Set<string> {
    return new Set([...this.#table, ...this.#apps.table()].map((app) => app.bundleDir));
  }
}
