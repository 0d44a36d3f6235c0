/**
 * The engine processes together: so many listening, and spares that have booted, know all apps and wait.
 *
 * Invariant, restored after every event by `#reconcile`: `count` engines listen or are on their way to it,
 * `spares` further ones are ready or booting. An engine that goes is replaced by a spare in the same tick.
 */
import type { AppRecord } from '../protocol/engine.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { EngineEvents, EngineExit, EngineProcess } from './engine-process.ts';
import { StartError } from './start-error.ts';

export type EngineDeath = EngineExit & { engine: EngineProcess };

export type EnginesOptions = {
  count: number;
  spares: number;
  clock: Clock;
  /** Starts a process with the given table. */
  launch(apps: readonly AppRecord[], events: EngineEvents): EngineProcess;
  /** An engine has gone; called before it is replaced, so that what it says about apps reaches the successor first. */
  onDeath(death: EngineDeath): void;
  /** V8 lost control of an isolate of `app`; the engine is leaving. Called before it is replaced. */
  onCatastrophe(engine: EngineProcess, app: string, message: string): void;
  onListening?(engine: EngineProcess, port: number): void;
  random?: () => number;
};

/** Deaths before the first engine ever listened, after which starting is given up. */
const START_ATTEMPTS = 3;
/** A process that the system had no room for is tried again after so long. */
const AGAIN_MS = 1000;

export class Engines {
  readonly #options: EnginesOptions;
  readonly #backoff: Backoff;
  /** Engines meant to serve, and those that wait; engines that are leaving are in neither. */
  readonly #active = new Set<EngineProcess>();
  readonly #spare = new Set<EngineProcess>();
  readonly #alive = new Set<EngineProcess>();
  #apps: readonly AppRecord[] = [];
  #stopping = false;
  #waiting: (() => void) | undefined;
  #started = false;
  #startError: Error | undefined;
  #startWaiters: (() => void)[] = [];

  constructor(options: EnginesOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  get listening(): number {
    return count(this.#active, 'listening');
  }

  /** Engines that serve. */
  get serving(): readonly EngineProcess[] {
    return [...this.#active].filter((engine) => engine.state === 'listening');
  }

  get ready(): number {
    return count(this.#spare, 'ready');
  }

  get alive(): readonly EngineProcess[] {
    return [...this.#alive];
  }

  /** Resolves when, having been told to go, none takes connections any more. */
  get closed(): Promise<unknown> {
    return Promise.all([...this.#alive].map((engine) => engine.closed));
  }

  /** Resolves when, having been told to go, none has a request in flight. */
  get quiet(): Promise<unknown> {
    return Promise.all([...this.#alive].map((engine) => engine.quiet));
  }

  /** Engines by what they are doing, for metrics. */
  states(): Record<string, number> {
    const states: Record<string, number> = { booting: 0, ready: 0, listening: 0, leaving: 0 };
    for (const engine of this.#alive) states[engine.state] = (states[engine.state] ?? 0) + 1;
    return states;
  }

  /** Resolves when all engines listen; rejects when they die again and again before they ever did. */
  async start(apps: readonly AppRecord[]): Promise<void> {
    this.#apps = apps;
    this.#reconcile();
    await new Promise<void>((resolve) => {
      this.#startWaiters.push(resolve);
    });
    if (this.#startError !== undefined) throw this.#startError;
  }

  /** Resolves when every engine that serves works by the new table. A spare has it in its queue, before it is told to listen. */
  async setApps(apps: readonly AppRecord[]): Promise<void> {
    this.#apps = apps;
    for (const engine of this.#alive) if (!this.#active.has(engine)) void engine.setApps(apps);
    await Promise.all([...this.#active].map((engine) => engine.setApps(apps)));
  }

  /** Has another take the place of one that serves, which finishes what is in flight, in at most `ms`. */
  replace(engine: EngineProcess, ms: number): void {
    if (!this.#active.delete(engine)) return;
    engine.drain(ms);
    this.#reconcile();
  }

  /** Ends all engines; those that listen first finish what is in flight, in at most `ms`. */
  async drain(ms: number): Promise<void> {
    this.#stop();
    for (const engine of this.#alive) {
      if (engine.state === 'listening' || engine.state === 'leaving') engine.drain(ms);
      else engine.kill();
    }
    await Promise.all([...this.#alive].map((engine) => engine.done));
  }

  /** Ends all engines at once. */
  async kill(): Promise<void> {
    this.#stop();
    for (const engine of this.#alive) engine.kill();
    await Promise.all([...this.#alive].map((engine) => engine.done));
  }

  #stop(): void {
    this.#stopping = true;
    this.#waiting?.();
    this.#waiting = undefined;
    this.#settleStart(new StartError('stopped before the engines were there'));
  }

  #reconcile(): void {
    if (this.#stopping) return;
    const { count: wanted, spares } = this.#options;
    while (this.#active.size < wanted) {
      const spare = [...this.#spare].find((engine) => engine.state === 'ready') ?? [...this.#spare][0];
      if (spare === undefined) break;
      this.#spare.delete(spare);
      this.#active.add(spare);
      if (spare.state === 'ready') spare.listen();
    }
    const missing = wanted + spares - this.#active.size - this.#spare.size;
    // The spares are started when the engines listen: they would only slow them down.
    const spareTurn = this.#active.size < wanted || this.listening === this.#active.size;
    if (missing > 0 && spareTurn && this.#waiting === undefined) this.#launchAfter(this.#backoff.delay());
  }

  #launchAfter(delay: number): void {
    if (delay > 0) {
      this.#waiting = this.#options.clock.after(delay, () => {
        this.#waiting = undefined;
        this.#launch();
        this.#reconcile();
      });
      return;
    }
    this.#launch();
    this.#reconcile();
  }

  #launch(): void {
    const engine = this.#options.launch(this.#apps, {
      ready: (one) => {
        if (this.#active.has(one)) one.listen();
        this.#reconcile();
      },
      listening: (one, port) => {
        this.#options.onListening?.(one, port);
        if (this.listening >= this.#options.count) this.#settleStart();
        this.#reconcile();
      },
      catastrophe: (one, app, message) => {
        this.#active.delete(one);
        this.#spare.delete(one);
        this.#options.onCatastrophe(one, app, message);
        this.#reconcile();
      },
      exit: (one, exit) => this.#exited(one, exit),
    });
    this.#alive.add(engine);
    (this.#active.size < this.#options.count ? this.#active : this.#spare).add(engine);
  }

  #exited(engine: EngineProcess, exit: EngineExit): void {
    this.#active.delete(engine);
    this.#spare.delete(engine);
    this.#alive.delete(engine);
    // Nothing of ours is wrong where the system did not let it start.
    const isRefused = this.#started && exit.error !== undefined;
    if (!exit.expected && !isRefused) this.#backoff.died(exit.uptimeMs);
    this.#options.onDeath({ engine, ...exit });
    if (!this.#started && this.#backoff.quickDeaths >= START_ATTEMPTS) {
      const end = exit.error ?? (exit.signal === null ? `exit code ${exit.code}` : exit.signal);
      this.#settleStart(new StartError(`the engine process does not start: it ended with ${end}, ${START_ATTEMPTS} times`));
      void this.kill();
      return;
    }
    if (isRefused && !this.#stopping && this.#waiting === undefined) this.#launchAfter(AGAIN_MS);
    this.#reconcile();
  }

  #settleStart(error?: Error): void {
    if (this.#started) return;
    this.#started = true;
    this.#startError = error;
    for (const resolve of this.#startWaiters) resolve();
  }
}

function count(engines: Iterable<EngineProcess>, state: EngineProcess['state']): number {
  let total = 0;
  for (const engine of engines) if (engine.state === state) total++;
  return total;
}
