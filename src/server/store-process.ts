/**
 * The store process, as the supervisor sees it: started when an app needs it, started again when it dies.
 *
 * Contract: engines learn the socket's path when they start and find whoever listens there; what was answered
 * before a death is on disk.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AppStorage, FromStore, Grants, StoreConfig, ToStore } from '../protocol/store.ts';
import { sqlDir, storageDir } from '../storage/paths.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { siblingFile, sqlExecArgv, storeExecArgv, engineEnv } from './engine-launch.ts';
import { makeSocketFolder } from './socket-folder.ts';

export type StoreProcessOptions = {
  /** "store": the databases whose code is ours. "sql": the router of those that run tenants' SQL. */
  program: 'store' | 'sql';
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
/** How long whoever brings new grants waits for a process that is busy. */
const GRANT_MS = 2000;

export class StoreProcess {
  readonly #options: StoreProcessOptions;
  readonly #backoff: Backoff;
  /** The socket lies in a folder of its own that only this user can enter; paths of sockets must be short. */
  readonly #socketDir: string;
  #child: ChildProcess | undefined;
  #grants: Grants = { groups: [], first: undefined };
  /** Grants on their way. */
  readonly #granting = new Map<number, () => void>();
  #calls = 0;
  #startedAt = 0;
  #isStopping = false;
  #cancelWait: (() => void) | undefined;

  constructor(options: StoreProcessOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
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
    const child = fork(siblingFile(this.#options.program), [], {
      execArgv: this.#options.program === 'sql' ? sqlExecArgv(this.#socketDir) : storeExecArgv(config.root, this.#socketDir),
      env: engineEnv(),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    child.on('message', (message) => this.#receive(message as FromStore));
    child.on('error', () => {});
    child.on('exit', (code, signal) => this.#exited(code, signal));
    child.send({ type: 'configure', config } satisfies ToStore, () => {});
    const greeting = this.#options.greeting?.();
    if (greeting !== undefined) this.send(greeting);
  }

  /** Tells it something. While it does not run it is told nothing: it begins with its greeting. */
  send(message: ToStore): void {
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  /** Lets engines in. Resolves when the process works by it; one that is not there will when it starts. */
  async grant(grants: Grants): Promise<void> {
    this.#grants = grants;
    const child = this.#child;
    if (child === undefined || !child.connected) return;
    const call = ++this.#calls;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GRANT_MS);
      this.#granting.set(call, () => {
        clearTimeout(timer);
        resolve();
      });
      child.send({ type: 'grants', call, grants } satisfies ToStore, () => {});
    });
    this.#granting.delete(call);
  }

  /** Ends it when nobody needs it any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelWait?.();
    const child = this.#child;
    if (child !== undefined) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#socketDir, { recursive: true, force: true });
  }

  #receive(message: FromStore): void {
    if (message.type === 'trouble') this.#options.onTrouble(message.message, message.fields);
    else if (message.type === 'notify') this.#options.onNotify(message);
    else if (message.type === 'granted') this.#granting.get(message.call)?.();
    else if (message.type === 'storage') this.#options.onStorage?.(message.apps);
    else if (message.type === 'ready') this.#options.onReady?.();
  }

  #exited(code: number | null, signal: string | null): void {
    this.#child = undefined;
    for (const settle of this.#granting.values()) settle();
    if (this.#isStopping) return;
    this.#options.onTrouble(`the ${this.#options.program} process ended and is started again`, { code, signal });
    this.#backoff.died(performance.now() - this.#startedAt);
    this.#cancelWait = this.#options.clock.after(this.#backoff.delay(), () => {
      this.#cancelWait = undefined;
      this.start();
    });
  }
}
