/**
 * The table of apps in two places: what a process has been told of it, and what the process makes of that. With thousands of
 * apps a whole table for each deployment would hold up every request for as long as it takes to read.
 */
import type { AppRecord, TableNews } from '../protocol/engine.ts';

/** Rows are the same objects for every process that is told of them. */
const texts = new WeakMap<AppRecord, string>();

function textOf(app: AppRecord): string {
  let text = texts.get(app);
  if (text === undefined) {
    text = JSON.stringify(app);
    texts.set(app, text);
  }
  return text;
}

/** What a process has been told. */
export class ToldTable {
  #told: ReadonlyMap<string, string> = new Map();

  /** What it is to be told of a newer table. */
  news(table: readonly AppRecord[]): TableNews {
    const before = this.#told;
    const now = new Map(table.map((app) => [app.name, textOf(app)]));
    this.#told = now;
    return {
      apps: table.filter((app) => before.get(app.name) !== now.get(app.name)),
      gone: [...before.keys()].filter((name) => !now.has(name)),
    };
  }
}

/** The table in the process that is told. */
export class AppTable {
  readonly #rows = new Map<string, AppRecord>();
  #isNew = true;

  /** Rows that have not changed are the same objects as before. */
  get rows(): readonly AppRecord[] {
    return [...this.#rows.values()];
  }

  /** @returns whether requests may find other apps than before */
  change({ apps, gone }: TableNews): boolean {
    let isRerouted = this.#isNew || gone.length > 0;
    this.#isNew = false;
    for (const name of gone) this.#rows.delete(name);
    for (const app of apps) {
      const before = this.#rows.get(app.name);
      isRerouted ||= before === undefined || waysTo(before) !== waysTo(app);
      this.#rows.set(app.name, app);
    }
    return isRerouted;
  }
}

const waysTo = ({ namespace, group, routes, hosts }: AppRecord): string => JSON.stringify([namespace, group, routes, hosts]);
