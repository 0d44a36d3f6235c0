/** What happens to the platform, in words: one log line per change of state, and its count. */
import { FewReports } from '../base/few-reports.ts';
import { ConfigError } from '../config/problem.ts';
import type { Log } from '../observe/log.ts';
import type { PlatformMetrics } from '../observe/platform-metrics.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { createRouteTable } from '../router/table.ts';
import type { BuildOutcome } from './app-source.ts';
import type { EngineExit } from './engine-process.ts';

export type ReporterOptions = {
  dev: boolean;
  /** No line for the first apps: somebody prints a list of them. */
  quiet: boolean;
  address(app: string): string;
};

type About = Readonly<Record<string, string>>;

export class Reporter {
  readonly #log: Log;
  readonly #metrics: PlatformMetrics;
  readonly #options: ReporterOptions;
  readonly #unstarted: FewReports;
  #quiet: boolean;
  /** Versions that have been built and are not served yet, with the time of their build. */
  readonly #pending = new Map<string, { version: string; buildMs: number; at: number }>();
  readonly #live = new Map<string, string>();
  #conflicts = '';

  constructor(log: Log, metrics: PlatformMetrics, options: ReporterOptions) {
    this.#log = log;
    this.#metrics = metrics;
    this.#options = options;
    this.#unstarted = new FewReports((message, fields) => log.error(message, fields));
    this.#quiet = options.quiet;
  }

  built(path: string, outcome: BuildOutcome): void {
    this.#metrics.built(outcome.kind);
    switch (outcome.kind) {
      case 'same':
        return;
      case 'new': {
        const { name, version } = outcome.row;
        this.#pending.set(name, { version, buildMs: outcome.milliseconds, at: performance.now() });
        for (const warning of outcome.warnings) this.#log.warn(warning, { app: name });
        for (const { name: limit, asked, given } of outcome.lowered)
          this.#log.warn('a limit is above what this server allows', { app: name, limit, asked, given });
        if (outcome.refusedGroup !== undefined)
          this.#log.warn('the app may not be in the trust group that it names', { app: name, asked: outcome.refusedGroup, given: outcome.row.group });
        return;
      }
      case 'broken': {
        const { message, frame, lastGood } = outcome;
        if (lastGood !== undefined) this.#log.error(`${message}; the last good version goes on`, { app: lastGood.name, version: lastGood.version, frame });
        else this.#log.error(message, { path, frame });
        return;
      }
    }
  }

  /** Every engine works by this table. */
  applied(table: readonly AppRecord[]): void {
    this.#tellConflicts(table);
    for (const { name, version, state } of table) {
      const pending = this.#pending.get(name);
      if (state !== 'ready' || pending?.version !== version) continue;
      this.#pending.delete(name);
      const isNew = this.#live.get(name) === undefined;
      this.#live.set(name, version);
      const milliseconds = Math.round(pending.buildMs + performance.now() - pending.at);
      const message = isNew ? 'live' : this.#options.dev ? 'reloaded' : 'new version live';
      if (!this.#quiet) this.#log.info(message, { app: name, version, milliseconds, address: this.#options.address(name) });
    }
    this.#quiet = false;
  }

  #tellConflicts(table: readonly AppRecord[]): void {
    const { conflicts } = createRouteTable(table);
    const text = conflicts.map((conflict) => conflict.message).join('\n');
    if (text === this.#conflicts) return;
    this.#conflicts = text;
    for (const { message, pattern, kept, refused } of conflicts) this.#log.error(message, { app: refused, pattern, kept });
  }

  removed(app: string): void {
    this.#live.delete(app);
    this.#pending.delete(app);
    this.#log.info('removed', { app });
  }

  /** @param about its trust group, or that it is a front */
  listening(pid: number, about: About): void {
    this.#log.debug('engine listens', { pid, ...about });
  }

  divided(groups: readonly string[]): void {
    this.#log.info('several trust groups: a front process takes the connections', { groups });
  }

  stuck(error: unknown): void {
    this.#log.error('engines of a trust group do not start: tried again in a while', { error: error instanceof Error ? error.message : String(error) });
  }

  died(pid: number, about: About, exit: EngineExit, inFlight: readonly string[]): void {
    this.#metrics.engineDied('crash');
    const { code, signal, uptimeMs, silentSeconds, isOdd, isOutOfMemory, error } = exit;
    if (error !== undefined) return this.#unstarted.tell('an engine cannot be started, and is tried again', { ...about, error });
    const silent = silentSeconds === undefined ? 'engine died' : 'engine did not answer any more, and was killed';
    const message = isOdd ? 'engine said what no engine says, as one that was taken over, and was killed' : silent;
    const silence = silentSeconds === undefined ? {} : { silentSeconds };
    const shortage = isOutOfMemory ? { detail: 'the kernel killed it: it was at its memory limit, or the service or the machine had none left' } : {};
    this.#log.error(message, {
      pid,
      ...about,
      ...(signal === null ? { code } : { signal }),
      uptimeMs: Math.round(uptimeMs),
      ...silence,
      ...shortage,
      inFlight,
    });
  }

  catastrophe(pid: number, about: About, app: string, message: string): void {
    this.#metrics.engineDied('catastrophe');
    this.#log.error('an app has taken a thread from its engine, which is being replaced', { app, pid, ...about, detail: message });
  }

  quarantined(app: string, pauseMs: number): void {
    this.#metrics.quarantined(app);
    this.#log.error('quarantined: two engines died while it had requests in flight', { app, seconds: pauseMs / 1000 });
  }

  setAside(app: string): void {
    this.#log.warn('an app runs into its limits again and again: it is set aside, in an engine that runs when no other wants to', { app });
  }

  starved(pid: number, about: About): void {
    this.#log.warn('apps that are set aside get no CPU on this machine: their engine is replaced by one with a low priority', { pid, ...about });
  }

  takenBack(app: string): void {
    this.#log.info('no longer set aside', { app });
  }

  released(app: string): void {
    this.#log.warn('released from quarantine', { app });
  }

  /** Runs `read`; what is wrong with the configuration is told, and undefined is the answer. */
  reading<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.error('the configuration is wrong; the old one goes on', { frame: error.message });
      return undefined;
    }
  }
}
