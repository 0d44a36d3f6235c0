/** Work in a fresh Node process: the parent's side. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { ISOLATE_FLAGS } from '../../src/isolate/flags.ts';
import { packageRoot } from './nano.ts';
import { keep, stop } from './processes.ts';

export class Task<Reply> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /**
   * @param name the script in bench/tasks
   * @param parameters what it is told
   * @param root the checkout whose code it measures
   * @param env variables that an engine is started with, where they matter
   */
  constructor(name: string, parameters: unknown, root: string = packageRoot, env: Readonly<Record<string, string>> = {}) {
    const file = join(root, 'bench/tasks', `${name}.ts`);
    const flags = [...ISOLATE_FLAGS, '--expose-gc', '--disable-warning=ExperimentalWarning'];
    this.#child = keep(fork(file, [], { execArgv: flags, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    this.#child.send(parameters as object);
    const ended = Promise.withResolvers<never>();
    this.#child.once('exit', (code, signal) => ended.reject(new Error(`bench/tasks/${name}.ts ended with ${signal ?? code}`)));
    this.#ended = ended.promise;
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The next thing it says. */
  next(): Promise<Reply> {
    const reply = new Promise<Reply>((resolve) => this.#child.once('message', (message) => resolve(message as Reply)));
    return Promise.race([reply, this.#ended]);
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

/** Starts a task, takes its one reply, ends it. */
export async function runTask<Reply>(name: string, parameters: unknown, root?: string, env?: Readonly<Record<string, string>>): Promise<Reply> {
  const task = new Task<Reply>(name, parameters, root, env);
  try {
    return await task.next();
  } finally {
    await task.stop();
  }
}
