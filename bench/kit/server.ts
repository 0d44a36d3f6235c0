/** A server under test. */
import type { ChildProcess } from 'node:child_process';
import { stop } from './processes.ts';
import { family } from './usage.ts';

export class Server {
  readonly port: number;
  /** What to ask it for. */
  readonly hosts: readonly string[];
  readonly #child: ChildProcess;
  readonly #clean: () => void;

  constructor(child: ChildProcess, port: number, hosts: readonly string[], clean: () => void = () => {}) {
    this.#child = child;
    this.port = port;
    this.hosts = hosts;
    this.#clean = clean;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return isAlive(this.#child);
  }

  /** Ends it and all it has started at once: what is in an endless loop does not listen to a signal. */
  async kill(): Promise<void> {
    for (const pid of isAlive(this.#child) ? family(this.pid) : []) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await this.stop();
  }

  /** Does not wait for what is in flight. */
  async stop(): Promise<void> {
    await stop(this.#child);
    this.#clean();
  }
}

/** What a child wrote, for the message when it fails. Its output goes nowhere otherwise. */
export function listenTo(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => {
    if (text.length < 4000) text += chunk.toString();
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

export const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
