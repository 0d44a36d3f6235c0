/**
 * One engine process, as the supervisor sees it: messages in, messages out, and its end.
 *
 * Life: booting → ready (has its configuration and an app table) → listening → leaving (told to drain, or lost
 * a thread to V8) → dead. Messages are answered in the order they were sent.
 */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { AppRecord, EngineConfig, FromEngine, ToEngine, Trigger, TriggerResult } from '../protocol/engine.ts';
import { ToldTable } from './app-table.ts';
import { hearEngine } from './engine-channel.ts';
import { spawnWithChannel } from './message-pipe.ts';
import { MetricsAnswers } from './metrics-answers.ts';
import { lowerPriority } from './priority.ts';
import { say } from './parent-channel.ts';
import { Pulse } from './pulse.ts';

export type EngineState = 'booting' | 'ready' | 'listening' | 'leaving' | 'dead';

export type EngineExit = {
  code: number | null;
  signal: string | null;
  /** How long it lived, in milliseconds. */
  uptimeMs: number;
  /** It was told to go. */
  expected: boolean;
  /** It was killed because nothing had been heard of it for so many seconds. */
  silentSeconds?: number;
  /** It was killed because it said what is none of our messages. */
  isOdd?: true;
  /** The kernel killed it for want of memory. */
  isOutOfMemory?: true;
  /** It could not even be started. */
  error?: string;
};

export type EngineEvents = {
  /** It has applied its first app table. */
  ready(engine: EngineProcess): void;
  listening(engine: EngineProcess, port: number): void;
  catastrophe(engine: EngineProcess, app: string, message: string): void;
  /** The app runs into its limits again and again. */
  restless?(app: string): void;
  /** It got no CPU; see `StandsBack`. */
  starved?(engine: EngineProcess): void;
  /** The store process is wanted, for a cache. */
  storesForCache?(): void;
  exit(engine: EngineProcess, exit: EngineExit): void;
};

export type EngineSpawn = {
  file: string;
  execArgv: readonly string[];
  env: Readonly<Record<string, string>>;
  listenFd: number;
  config: EngineConfig;
  apps: readonly AppRecord[];
  /** What it is in log lines: its trust group, or that it is a front. */
  about?: Readonly<Record<string, string>>;
};

/** How much longer than its drain an engine may take before it is killed. */
const KILL_GRACE_MS = 2000;

export class EngineProcess {
  readonly ledgerFile: string;
  readonly about: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #channel: Duplex | undefined;
  readonly #events: EngineEvents;
  readonly #startedAt = performance.now();
  readonly #pulse: Pulse;
  #silentSeconds: number | undefined;
  #isOdd = false;
  readonly #standsBack: boolean;
  #state: EngineState = 'booting';
  #expected = false;
  readonly #told = new ToldTable();
  #applied: (() => void)[] = [];
  readonly #metrics = new MetricsAnswers((call) => this.#send({ type: 'metrics', call }));
  readonly #triggers = new Map<number, (result: TriggerResult | undefined) => void>();
  #calls = 0;
  #killTimer: NodeJS.Timeout | undefined;
  #done: Promise<void>;
  #finish: () => void = () => {};
  readonly #closed = Promise.withResolvers<void>();
  readonly #quiet = Promise.withResolvers<void>();

  constructor(spawn: EngineSpawn, events: EngineEvents) {
    this.#events = events;
    this.ledgerFile = spawn.config.ledgerFile;
    this.about = spawn.about ?? {};
    this.#done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    // It finds the socket as LISTEN_FD.
    const { child, channel } = spawnWithChannel([...spawn.execArgv, spawn.file], spawn.env, ['ignore', 'inherit', 'inherit'], spawn.listenFd);
    this.#child = child;
    this.#standsBack = spawn.config.standsBack !== undefined;
    this.#channel = channel;
    if (this.#channel !== undefined)
      hearEngine(
        this.#channel,
        (message) => this.#receive(message),
        () => this.#odd(),
      );
    this.#pulse = new Pulse(this.pid, (seconds) => this.#silent(seconds));
    this.#child.on('error', (error) => this.#exited(null, null, error));
    this.#child.on('exit', (code, signal) => this.#exited(code, signal));
    this.#send({ type: 'configure', config: spawn.config });
    void this.setApps(spawn.apps);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Resolves when the process has gone. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Resolves when, having been told to go, it takes no more connections; at the latest when it has gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Resolves when, having been told to go, it has no request in flight; at the latest when it has gone. */
  get quiet(): Promise<void> {
    return this.#quiet.promise;
  }

  /** Resolves when the engine works by this table, or has died. */
  setApps(apps: readonly AppRecord[]): Promise<void> {
    if (this.#state === 'dead' || this.#state === 'leaving') return Promise.resolve();
    return new Promise((resolve) => {
      this.#applied.push(resolve);
      this.#send({ type: 'apps', ...this.#told.news(apps) });
    });
  }

  listen(): void {
    this.#send({ type: 'listen' });
  }

  /** Finishes what is in flight, in at most `ms`, then ends. */
  drain(ms: number): void {
    if (this.#state === 'dead') return;
    this.#expected = true;
    void this.metrics();
    this.#leave(ms);
    this.#send({ type: 'drain', ms });
  }

  kill(): void {
    this.#expected = true;
    this.#child.kill('SIGKILL');
  }

  /** Resolves with what it has counted; with the last known where it does not answer in time. */
  async metrics(): Promise<readonly string[]> {
    if (this.#state !== 'dead') await this.#metrics.ask();
    return this.lastMetrics;
  }

  /** What it counted, as far as it was asked: texts for `parseMetrics`. */
  get lastMetrics(): readonly string[] {
    return this.#metrics.last;
  }

  /** Has an event run. @returns undefined when the process died before it had answered */
  trigger(trigger: Trigger): Promise<TriggerResult | undefined> {
    if (this.#state === 'dead') return Promise.resolve(undefined);
    const call = ++this.#calls;
    return new Promise((resolve) => {
      this.#triggers.set(call, resolve);
      this.#send({ type: 'trigger', call, trigger });
    });
  }

  /** A message to a process that is just dying is lost; its exit event tells the rest. */
  #send(message: ToEngine): void {
    if (this.#channel !== undefined) say(this.#channel, message);
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'alive':
        return this.#pulse.heard();
      case 'applied':
        this.#applied.shift()?.();
        if (this.#state !== 'booting') return;
        this.#state = 'ready';
        this.#events.ready(this);
        return;
      case 'listening':
        if (this.#state !== 'ready') return;
        this.#state = 'listening';
        // Not before: it would take long to start.
        if (this.#standsBack) lowerPriority(this.pid);
        this.#events.listening(this, message.port);
        return;
      case 'catastrophe':
        if (this.#state === 'leaving' || this.#state === 'dead') return;
        this.#expected = true;
        // It may have no chance to tell later what it has counted.
        void this.metrics();
        this.#leave(LEAVE_MS);
        this.#events.catastrophe(this, message.app, message.message);
        return;
      case 'restless':
        return this.#events.restless?.(message.app);
      case 'starved':
        return this.#events.starved?.(this);
      case 'storesForCache':
        return this.#events.storesForCache?.();
      case 'metrics':
        if (this.#state !== 'dead' && !this.#metrics.take(message)) this.#odd();
        return;
      case 'triggered':
        this.#triggers.get(message.call)?.(message.result);
        this.#triggers.delete(message.call);
        return;
      case 'drained':
        return this.#quiet.resolve();
      case 'closed':
        return this.#closed.resolve();
      case 'ready':
        return;
    }
  }

  /** It will never do what it was told, nor answer anybody: it ends as one that has crashed. */
  #silent(seconds: number): void {
    this.#silentSeconds = seconds;
    this.#child.kill('SIGKILL');
  }

  /** What it says is none of our messages: somebody else speaks for it. */
  #odd(): void {
    this.#isOdd = true;
    this.#child.kill('SIGKILL');
  }

  #leave(ms: number): void {
    this.#state = 'leaving';
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.#child.kill('SIGKILL'), ms + KILL_GRACE_MS);
    this.#settle();
  }

  #exited(code: number | null, signal: string | null, error?: Error): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    clearTimeout(this.#killTimer);
    this.#pulse.stop();
    this.#settle();
    this.#metrics.end();
    for (const answer of this.#triggers.values()) answer(undefined);
    this.#triggers.clear();
    const silence = this.#silentSeconds === undefined ? {} : { silentSeconds: this.#silentSeconds };
    const oddness = this.#isOdd ? { isOdd: true as const } : {};
    const failure = error === undefined || this.#child.pid !== undefined ? {} : { error: error.message };
    this.#events.exit(this, { code, signal, uptimeMs: performance.now() - this.#startedAt, expected: this.#expected, ...silence, ...oddness, ...failure });
    this.#finish();
    this.#closed.resolve();
    this.#quiet.resolve();
  }

  /** Nobody waits for an answer that cannot come. */
  #settle(): void {
    const waiting = this.#applied;
    this.#applied = [];
    for (const resolve of waiting) resolve();
  }
}

/** After a catastrophe the engine drains by itself; a thread that V8 has lost must not keep it alive for ever. */
const LEAVE_MS = 30_000;
