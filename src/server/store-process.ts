/**
 * The store process, as the supervisor sees it: started when an app needs it, started again when it dies.
 *
 * Contract: engines learn the socket's path when they start and find whoever listens there; what was answered
 * before a death is on disk. One that hangs is ended, and one that says what is none of our messages.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { FewReports } from '../base/few-reports.ts';
import type { AppStorage, FromStore, Grants, StoreConfig, ToStore } from '../protocol/store.ts';
import { sqlDir, storageDir } from '../storage/paths.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { siblingFile, sqlExecArgv, storeExecArgv, engineEnv } from './engine-launch.ts';
import { spawnWithChannel } from './message-pipe.ts';
import { say } from './parent-channel.ts';
import { type Patience, Pulse } from './pulse.ts';
import { makeSocketFolder } from './socket-folder.ts';
import { hearStore } from './store-channel.ts';

export type StoreProcessOptions = {
  /** "store": the databases whose code is ours. "sql": the router of those that run tenants' SQL. */
  program: 'store' | 'sql';
  /** The program itself, where it is not ours. */
  file?: string;
  dataDir: string;
  fsync: 'full' | 'normal';
  clock: Clock;
  /** That badges are made with. */
  key: string;
  onTrouble(message: string, fields: Record<string, unknown>): void;
  onNotify(notice: Extract<FromStore, { type: 'notify' }>): void;
  /** What it is told when it starts, before anybody can call it. */
  greeting?(): ToStore;
  /** What apps have stored. */
  onStorage?(apps: readonly AppStorage[]): void;
  /** It listens, for the first time or again. */
  onReady?(): void;
};

/** A store process that has ended without being told to is asked to end within this time at shutdown. */
const STOP_MS = 2000;
/** A process that could not even be started is tried again after so long. */
const AGAIN_MS = 1000;
/** How long whoever brings new grants waits for a process that is busy. */
const GRANT_MS = 2000;
/** In seconds. They wait for disks: of some file systems asleep, and for as long as it takes; a large database takes its time to be brought to a new schema. */
const PATIENCE: Patience = { asleep: 30, silent: 300 };

export class StoreProcess {
  readonly #options: StoreProcessOptions;
  readonly #backoff: Backoff;
  readonly #unstarted: FewReports;
  /** The socket lies in a folder of its own that only this user can enter; paths of sockets must be short. */
  readonly #socketDir: string;
  #child: ChildProcess | undefined;
  #channel: Duplex | undefined;
  #grants: Grants = { groups: [], first: undefined };
  /** Grants on their way. */
  readonly #granting = new Map<number, () => void>();
  #calls = 0;
  #startedAt = 0;
  #pulse: Pulse | undefined;
  #silentSeconds: number | undefined;
  #isOdd = false;
  #isStopping = false;
  #cancelWait: (() => void) | undefined;

  constructor(options: StoreProcessOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
    this.#unstarted = new FewReports((message, fields) => options.onTrouble(message, fields));
    this.#socketDir = makeSocketFolder();
  }

  get config(): StoreConfig {
    const { program, dataDir, fsync, key } = this.#options;
    return { root: program === 'sql' ? sqlDir(dataDir) : storageDir(dataDir), socket: join(this.#socketDir, program), fsync, key, grants: this.#grants };
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.#child !== undefined || this.#isStopping || this.#cancelWait !== undefined) return;
    const { config } = this;
    mkdirSync(config.root, { recursive: true });
    rmSync(config.socket, { force: true });
    this.#startedAt = performance.now();
    const execArgv = this.#options.program === 'sql' ? sqlExecArgv(this.#socketDir) : storeExecArgv(config.root, this.#socketDir);
    const file = this.#options.file ?? siblingFile(this.#options.program);
    const { child, channel } = spawnWithChannel([...execArgv, file], engineEnv(), ['ignore', 'inherit', 'inherit']);
    this.#child = child;
    this.#channel = channel;
    this.#silentSeconds = undefined;
    this.#isOdd = false;
    this.#pulse = new Pulse(child.pid ?? 0, (seconds) => this.#silent(seconds), { patience: PATIENCE, clock: this.#options.clock });
    if (channel !== undefined)
      hearStore(
        channel,
        (message) => this.#receive(child, message),
        () => this.#odd(child),
      );
    child.on('error', (error) => {
      if (child.pid === undefined) this.#notStarted(error);
    });
    child.on('exit', (code, signal) => this.#exited(code, signal));
    this.send({ type: 'configure', config });
    const greeting = this.#options.greeting?.();
    if (greeting !== undefined) this.send(greeting);
  }

  /** Tells it something. While it does not run it is told nothing: it begins with its greeting. */
  send(message: ToStore): void {
    if (this.#channel !== undefined) say(this.#channel, message);
  }

  /** Lets engines in. Resolves when the process works by it; one that is not there will when it starts. */
  async grant(grants: Grants): Promise<void> {
    this.#grants = grants;
    if (this.#channel?.writable !== true) return;
    const call = ++this.#calls;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GRANT_MS);
      this.#granting.set(call, () => {
        clearTimeout(timer);
        resolve();
      });
      this.send({ type: 'grants', call, grants });
    });
    this.#granting.delete(call);
  }

  /** Ends it when nobody needs it any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelWait?.();
    const child = this.#child;
    if (child?.pid !== undefined) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      this.#channel?.end();
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#socketDir, { recursive: true, force: true });
  }

  #receive(child: ChildProcess, message: FromStore): void {
    if (message.type === 'trouble') this.#options.onTrouble(message.message, message.fields);
    else if (message.type === 'notify') this.#options.onNotify(message);
    else if (message.type === 'storage') this.#options.onStorage?.(message.apps);
    else if (message.type === 'granted') this.#granting.get(message.call)?.();
    // One that has gone may still be heard: it speaks for itself only.
    else if (child !== this.#child) return;
    else if (message.type === 'alive') this.#pulse?.heard();
    else if (message.type === 'ready') this.#options.onReady?.();
  }

  /** What it says is none of our messages: somebody else speaks for it. */
  #odd(child: ChildProcess): void {
    if (child === this.#child) this.#isOdd = true;
    child.kill('SIGKILL');
  }

  /** Whoever has called it waits for ever: those who call the next one do not. */
  #silent(seconds: number): void {
    this.#silentSeconds = seconds;
    this.#child?.kill('SIGKILL');
  }

  /** The system gives us no more processes, or no more descriptors. */
  #notStarted(error: Error): void {
    this.#forget();
    if (this.#isStopping) return;
    this.#unstarted.tell(`the ${this.#options.program} process cannot be started, and is tried again`, { error: error.message });
    this.#startAfter(AGAIN_MS);
  }

  #exited(code: number | null, signal: string | null): void {
    this.#forget();
    for (const settle of this.#granting.values()) settle();
    if (this.#isStopping) return;
    const silentSeconds = this.#silentSeconds;
    const { program } = this.#options;
    if (this.#isOdd)
      this.#options.onTrouble(`the ${program} process said what none of ours says, as one that was taken over, was killed and is started again`, {});
    else if (silentSeconds === undefined) this.#options.onTrouble(`the ${program} process ended and is started again`, { code, signal });
    else this.#options.onTrouble(`the ${program} process did not answer any more, was killed and is started again`, { silentSeconds });
    this.#backoff.died(performance.now() - this.#startedAt);
    this.#startAfter(this.#backoff.delay());
  }

  #forget(): void {
    this.#child = undefined;
    this.#channel = undefined;
    this.#pulse?.stop();
  }

  #startAfter(milliseconds: number): void {
    this.#cancelWait = this.#options.clock.after(milliseconds, () => {
      this.#cancelWait = undefined;
      this.start();
    });
  }
}
