/** One app that is asked again and again, one request after the other, and a record of when it answered what. */
import { Agent, request } from 'node:http';
import { quantile } from './statistics.ts';

/** Times in milliseconds of `performance.now()`. Without `body` the request failed. */
export type Sample = { at: number; ms: number; body?: string };

export class Neighbour {
  readonly samples: Sample[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #target: { port: number; host: string };
  readonly #done: Promise<void>;
  #stopped = false;
  #askedAt = performance.now();

  constructor(port: number, host: string) {
    this.#target = { port, host };
    this.#done = this.#loop();
  }

  /** Ends it, with what is not answered by now as a sample that failed. */
  async stop(): Promise<readonly Sample[]> {
    this.#stopped = true;
    const waiting = this.#askedAt;
    const patience = setTimeout(() => this.#agent.destroy(), 100);
    await this.#done;
    clearTimeout(patience);
    this.#agent.destroy();
    const last = this.samples.at(-1);
    if (last !== undefined && last.at < waiting) this.samples.push({ at: waiting, ms: performance.now() - waiting });
    return this.samples;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      this.#askedAt = performance.now();
      const body = await this.#ask();
      const sample = { at: this.#askedAt, ms: performance.now() - this.#askedAt };
      this.samples.push(body === undefined ? sample : { ...sample, body });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #ask(): Promise<string | undefined> {
    const { port, host } = this.#target;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const message = request({ port, host: '127.0.0.1', headers: { host }, agent: this.#agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? body : undefined));
      response.on('error', () => resolve(undefined));
    });
    message.on('error', () => resolve(undefined));
    message.end();
    return promise;
  }
}

export const p99 = (samples: readonly Sample[]): number =>
  quantile(
    samples.map(({ ms }) => ms),
    0.99,
  );

/** The longest time, in milliseconds, in which no request was answered within `limitMs`. */
export function longestDisturbance(samples: readonly Sample[], limitMs: number): number {
  let longest = 0;
  let since: number | undefined;
  for (const { at, ms, body } of samples) {
    if (body !== undefined && ms <= limitMs) {
      since = undefined;
      continue;
    }
    since ??= at;
    longest = Math.max(longest, at + ms - since);
  }
  return longest;
}
