/**
 * Every app this engine knows, by name, and the way of an event to a worker of the right version.
 *
 * An update switches at once: new events go to the new version, the old one finishes what it has.
 */
import { availableParallelism } from 'node:os';
import type { AppRecord } from '../protocol/engine.ts';
import type { BatchMessage, EventFailure, FetchClient, FetchMessage, TailMessage } from '../ports/event-client.ts';
import type { Place } from '../ops/op.ts';
import type { SessionCall, SessionClient } from '../ports/invoker.ts';
import type { AppEvent } from './event.ts';
import type { Loaded } from './loaded-workers.ts';
import { EXCEEDED_CPU, OUT_OF_MEMORY, TOO_BUSY } from './failures.ts';
import { LimitDeaths } from './limit-deaths.ts';
import { StartupError } from './loader.ts';
import { StartGate } from './start-gate.ts';
import { Restless } from './restless.ts';
import { StartupFailures } from './startup-failures.ts';
import { openLoader } from './child-version.ts';
import { AppVersion, type VersionDeps } from './version.ts';
import type { Worker } from './worker.ts';

/** Apps that are started at a time: each keeps a processor busy for milliseconds, and one of them is for those that run. */
const MOST_STARTS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** The app gets no isolate at this moment: its last ones hit this limit, again and again. */
class Pausing extends Error {
  readonly limit: 'cpu' | 'memory';

  constructor(limit: 'cpu' | 'memory') {
    super('The app has exceeded a limit again and again.');
    this.limit = limit;
  }
}

export class Apps {
  readonly #deps: VersionDeps;
  readonly #current = new Map<string, AppVersion>();
  /** Versions that have something here: from the first event on until nothing is left. Of thousands of apps most never do. */
  readonly #awake = new Set<AppVersion>();
  readonly #failures: StartupFailures;
  readonly #deaths: LimitDeaths;
  readonly #restless: Restless;

  /** @param now the time, in milliseconds, by which apps are forgiven what is held against them */
  constructor(deps: VersionDeps, now?: () => number) {
    this.#failures = new StartupFailures(now);
    this.#deaths = new LimitDeaths(now);
    this.#restless = new Restless(now);
    this.#deps = {
      starts: new StartGate(MOST_STARTS),
      ...deps,
      woken: (version) => this.#awake.add(version),
      limitDied: (app, limit) => this.#limitDied(app, limit),
      logCut: (app) => this.#ranIntoLimit(app),
    };
  }

  /** Replaces the whole table. Versions that stay keep their workers. */
  update(records: readonly AppRecord[]): void {
    const gone = new Set(this.#current.keys());
    for (const record of records) {
      gone.delete(record.name);
      const current = this.#current.get(record.name);
      if (current !== undefined && sameVersion(current.record, record)) current.changeState(record.state, record.reason);
      else {
        this.#current.set(record.name, new AppVersion(record, this.#deps, openLoader));
        this.#forget(record.name);
        current?.retire();
      }
    }
    for (const name of gone) {
      const version = this.#current.get(name);
      this.#current.delete(name);
      this.#forget(name);
      version?.retire();
    }
  }

  get(name: string): AppVersion | undefined {
    return this.#current.get(name);
  }

  /** All versions that have workers or code here, loaded and retired ones included. */
  *versions(): Iterable<AppVersion> {
    for (const version of this.#awake) yield* version.family();
  }

  /** Loses sight of versions that have nothing here any more. To be called when they were asked what they have used. */
  settle(): void {
    for (const version of this.#awake) if (version.isAsleep) this.#awake.delete(version);
  }

  /** Events in hand, over all apps. */
  get inFlight(): number {
    let sum = 0;
    for (const version of this.versions()) for (const worker of version.workers) sum += worker.inFlight;
    return sum;
  }

  /** Brings a request to the app: to its static assets, where it has any and they have an answer, or else to a worker. */
  fetch(version: AppVersion, message: FetchMessage, client: FetchClient): void {
    const { assets } = version;
    // A named entrypoint is code.
    const isForCode = assets === undefined || (message.entrypoint !== undefined && message.entrypoint !== 'default');
    if (isForCode) this.#toWorker(version, message, client);
    else assets.fetch(message, client, () => this.#toWorker(version, message, client));
  }

  /** Brings a request to a worker of the app, starting one if need be. */
  #toWorker(version: AppVersion, message: FetchMessage, client: FetchClient): void {
    const worker = version.ready();
    if (worker !== undefined) {
      client.started(worker.fetch(message, client), false);
      return;
    }
    this.#start(version).then(
      (started) => client.started(started.fetch(message, client), true),
      (error: unknown) => client.fail(failureOf(error)),
    );
  }

  /** Opens an event that is called, as `fetch` does one that is asked. */
  open(version: AppVersion, call: SessionCall, client: SessionClient<Place>): void {
    const worker = version.ready();
    if (worker !== undefined) return worker.open(call, client);
    this.#start(version).then(
      (started) => started.open(call, client),
      (error: unknown) => client.fail(failureOf(error)),
    );
  }

  /** Runs the scheduled handler. */
  scheduled(version: AppVersion, requestId: string, scheduledTime: number, cron: string, client: FetchClient): void {
    this.#run(version, client, (worker) => worker.scheduled(requestId, scheduledTime, cron, '', client));
  }

  /** Runs the handler of a batch of messages. */
  queue(version: AppVersion, requestId: string, batch: BatchMessage, client: FetchClient): void {
    this.#run(version, client, (worker) => worker.queue(requestId, batch, client));
  }

  /** Runs the tail handler. */
  tail(version: AppVersion, traces: TailMessage, client: FetchClient): void {
    this.#run(version, client, (worker) => worker.tail(traces, client));
  }

  #run(version: AppVersion, client: FetchClient, start: (worker: Worker) => AppEvent): void {
    const worker = version.ready();
    if (worker !== undefined) return client.started(start(worker), false);
    this.#start(version).then(
      (started) => client.started(start(started), true),
      (error: unknown) => client.fail(failureOf(error)),
    );
  }

  /** Ends everything at once. */
  dispose(): void {
    for (const version of new Set([...this.#current.values(), ...this.#awake])) version.dispose();
    this.#current.clear();
    this.#awake.clear();
  }

  /** What was held against an app that is not there any more, or in a new version. */
  #forget(app: string): void {
    this.#failures.forget(app);
    this.#deaths.forget(app);
    this.#restless.forget(app);
  }

  #limitDied(app: string, limit: 'cpu' | 'memory'): void {
    const pause = this.#deaths.died(app, limit);
    this.#ranIntoLimit(app);
    if (pause !== undefined)
      this.#deps.observer.warn('a limit has ended isolates of an app again and again: the next one comes after a pause', { app, limit, pauseMs: pause.ms });
  }

  #ranIntoLimit(app: string): void {
    if (this.#restless.ranInto(app)) this.#deps.onRestless?.(app);
  }

  async #start(version: AppVersion): Promise<Worker> {
    const limit = this.#deaths.pausing(version.record.name);
    if (limit !== undefined) throw new Pausing(limit);
    if (version.loadedAs !== undefined) return this.#startLoaded(version, version.loadedAs);
    const known = this.#failures.recent(version.record.name);
    if (known !== undefined) throw known;
    try {
      return await version.start();
    } catch (error) {
      if (error instanceof StartupError && !version.isRetired) {
        if (error.endedBy !== 'starved') this.#failures.remember(version.record.name, error);
        this.#tell(version, error);
      }
      // A newer version may have come while this one was starting.
      const current = this.#current.get(version.record.name);
      if (version.isRetired && current !== undefined && current !== version) return current.ready() ?? (await this.#start(current));
      throw error;
    }
  }

  #tell({ record: app }: AppVersion, { thrown, endedBy, message }: StartupError): void {
    const { observer } = this.#deps;
    if (endedBy === 'starved') return observer.warn('a start was given up: the machine is too busy', { app: app.name });
    observer.exception(app.name, app.version, undefined, 'startup', thrown);
    if (endedBy !== undefined) observer.limit(app.name, app.version, undefined, endedBy, message);
  }

  /** A worker that an app has loaded. What does not start is not tried again: the app has to load it anew. */
  async #startLoaded(version: AppVersion, self: Loaded<AppVersion>): Promise<Worker> {
    if (self.failure !== undefined) throw self.failure;
    try {
      return await version.start();
    } catch (error) {
      if (error instanceof StartupError && self.failure === undefined) {
        this.#tell(version, error);
        if (error.endedBy === 'starved') throw error;
        self.failure = inOtherWords(error);
        self.broken(error.endedBy === undefined ? 0 : version.record.limits.startupMs);
      }
      throw self.failure ?? error;
    }
  }
}

/** Cloudflare's words, for whoever has loaded it. */
const inOtherWords = ({ thrown: { name, message, stack }, endedBy }: StartupError): StartupError => {
  const place = /\n\s+at (?:[^\n]*\()?([^()\s]+:\d+:\d+)/.exec(stack)?.[1];
  const text = `Failed to start Worker:\nUncaught ${name}: ${message}${place === undefined ? '' : `\n  at ${place}`}`;
  return new StartupError({ name: 'Error', message: text, stack }, endedBy);
};

/** Would a worker of the one do for the other? */
const sameVersion = (a: AppRecord, b: AppRecord): boolean =>
  a === b || (a.version === b.version && a.bundleDir === b.bundleDir && a.isolation === b.isolation && JSON.stringify(a.limits) === JSON.stringify(b.limits));

const failureOf = (error: unknown): EventFailure => {
  if (error instanceof Pausing) return error.limit === 'memory' ? OUT_OF_MEMORY : EXCEEDED_CPU;
  if (error instanceof StartupError) {
    if (error.endedBy === 'starved') return TOO_BUSY;
    const name = error.endedBy === 'memory' ? 'exceededMemory' : error.endedBy === 'startup' ? 'exceededCpu' : 'startup';
    return { name, error: error.thrown, passThrough: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { name: 'internal', error: { name: 'Error', message, stack: message }, passThrough: false };
};
