/** Requests without a pause to one app, over kept connections, for as long as something else happens. */
import { Agent } from 'node:http';
import type { Owner } from './nano-process.ts';
import { send } from './request.ts';

export type LoadResult = { answers: Map<string, number>; errors: string[]; longestMs: number };

export class Load {
  readonly #agent: Agent;
  readonly #loops: Promise<void>[];
  readonly result: LoadResult = { answers: new Map(), errors: [], longestMs: 0 };
  #stopped = false;
  #waiting: { wanted: string; resolve: () => void }[] = [];

  constructor(owner: Owner, port: number, host: string, options: { path?: string; clients?: number; keepAlive?: boolean } = {}) {
    const { path = '/', clients = 4, keepAlive = true } = options;
    this.#agent = new Agent({ keepAlive, maxSockets: clients });
    // A test that fails does not get as far as stopping it.
    owner.after(async () => void (await this.stop()));
    this.#loops = Array.from({ length: clients }, () => this.#loop(port, host, path));
  }

  /** Resolves when "status text" has been answered once more. */
  next(answer: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ wanted: answer, resolve });
    });
  }

  async stop(): Promise<LoadResult> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    return this.result;
  }

  async #loop(port: number, host: string, path: string): Promise<void> {
    while (!this.#stopped) {
      const started = performance.now();
      try {
        const { status, text } = await send(port, { path, headers: { host }, agent: this.#agent });
        this.#count(`${status} ${text}`);
      } catch (error) {
        this.result.errors.push((error as NodeJS.ErrnoException).code ?? String(error));
      }
      this.result.longestMs = Math.max(this.result.longestMs, performance.now() - started);
    }
  }

  #count(answer: string): void {
    this.result.answers.set(answer, (this.result.answers.get(answer) ?? 0) + 1);
    const due = this.#waiting.filter(({ wanted }) => wanted === answer);
    this.#waiting = this.#waiting.filter(({ wanted }) => wanted !== answer);
    for (const { resolve } of due) resolve();
  }
}
