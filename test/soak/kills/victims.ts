/** A server that is killed in parts or as a whole, and started again where it was. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { send, type Answer, type Ask } from '../../support/request.ts';
import { family } from '../../../bench/kit/usage.ts';

/** "group": all processes at the same moment. "supervisor": it alone; the others must see it. */
export type Victim = 'store' | 'sql' | 'sql-worker' | 'engine' | 'supervisor' | 'group';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));
const START_MS = 60_000;
/** Nothing that an app is asked here takes so long: a request that does hangs. */
const MOST_MS = 45_000;
const KEPT_LINES = 60;

export class Target {
  readonly #dir: string;
  readonly #data: string;
  #child: ChildProcess | undefined;
  #port = 0;
  #adminPort = 0;
  /** What it has said last. */
  readonly output: string[] = [];
  /** Requests that had no answer for so long that they count as lost, and writes that were made twice. */
  readonly troubles: string[] = [];

  /** How often each answer was given to a write. */
  readonly answers: Record<string, number> = {};

  constructor(dir: string, data: string) {
    this.#dir = dir;
    this.#data = data;
  }

  note(answer: string): void {
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
  }

  /** On the same ports as before. Rejects with what it has said where it does not come up. */
  async start(): Promise<void> {
    const args = ['--disable-warning=ExperimentalWarning', SERVER, this.#dir, this.#data, String(this.#port), String(this.#adminPort)];
    // A group of its own: all of its processes can be killed in one call.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error('the server does not start')), START_MS);
    let rest = '';
    const read = (text: string): void => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.output.push(line);
        if (this.output.length > KEPT_LINES) this.output.shift();
        if (!line.startsWith('{"listening"')) continue;
        const { listening } = JSON.parse(line) as { listening: { port: number; adminPort: number } };
        this.#port = listening.port;
        this.#adminPort = listening.adminPort;
        resolve();
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code, signal) => reject(new Error(`the server ended at its start: ${code ?? signal}`)));
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns whether there was anybody of the kind to be killed */
  kill(victim: Victim): boolean {
    const pid = this.#child?.pid as number;
    if (victim === 'group') return signal(-pid);
    if (victim === 'supervisor') return signal(pid);
    const name = new RegExp(`/server/${victim}\\.[jt]s`);
    let killed = false;
    for (const each of family(pid)) if (name.test(commandOf(each))) killed = signal(each) || killed;
    return killed;
  }

  /** When the supervisor is gone. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => child.once('exit', () => resolve()));
  }

  async stop(): Promise<void> {
    this.kill('group');
    await this.ended();
  }

  /** Undefined where the connection broke: an engine or the server died. */
  ask(path: string, ask: Ask = {}): Promise<Answer | undefined> {
    return this.#bounded(path, send(this.#port, { ...ask, path, headers: { host: 'app.localhost', ...ask.headers } }));
  }

  admin(path: string, ask: Ask = {}): Promise<Answer | undefined> {
    return this.#bounded(path, send(this.#adminPort, { ...ask, path, headers: { host: 'localhost', ...ask.headers } }));
  }

  async #bounded(path: string, answer: Promise<Answer>): Promise<Answer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.troubles.push(`no answer: ${path}`);
        resolve(undefined);
      }, MOST_MS);
    });
    try {
      return await Promise.race([answer.catch(() => undefined), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function signal(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    // It has ended already.
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
