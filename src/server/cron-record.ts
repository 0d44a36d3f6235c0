/**
 * When which cron of which app last ran: in a file, so that a server that starts knows what it has missed.
 *
 * Contract: the file is whole at any time. One that cannot be read is as good as none.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeWhole } from './secrets/write-whole.ts';

export type CronState = {
  /** The last tick that was due, in milliseconds since 1970, whether it was run or not. */
  last: number;
  /** It is being run, or was when the server ended. */
  running?: boolean | undefined;
};

const schema = z.record(z.string(), z.record(z.string(), z.object({ last: z.number(), running: z.boolean().optional() })));

export class CronRecord {
  readonly #file: string;
  readonly #onTrouble: (error: string) => void;
  readonly #states: Map<string, Map<string, CronState>>;

  constructor(file: string, onTrouble: (error: string) => void) {
    this.#file = file;
    this.#onTrouble = onTrouble;
    this.#states = readStates(file);
  }

  get(app: string, cron: string): CronState | undefined {
    return this.#states.get(app)?.get(cron);
  }

  set(app: string, cron: string, state: CronState): void {
    let crons = this.#states.get(app);
    if (crons === undefined) this.#states.set(app, (crons = new Map()));
    crons.set(cron, state);
  }

  /** Forgets what is not in the table any more. */
  keep(isThere: (app: string, cron: string) => boolean): void {
    for (const [app, crons] of this.#states) {
      for (const cron of crons.keys()) if (!isThere(app, cron)) crons.delete(cron);
      if (crons.size === 0) this.#states.delete(app);
    }
  }

  /** Writes down what has been set. */
  save(): void {
    const text = JSON.stringify(Object.fromEntries([...this.#states].map(([app, crons]) => [app, Object.fromEntries(crons)])));
    try {
      writeWhole(this.#file, text);
    } catch (error) {
      this.#onTrouble(String(error));
    }
  }
}

function readStates(file: string): Map<string, Map<string, CronState>> {
  try {
    const value = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(Object.entries(value).map(([app, crons]) => [app, new Map(Object.entries(crons))]));
  } catch {
    return new Map();
  }
}
