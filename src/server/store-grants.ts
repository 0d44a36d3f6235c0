/**
 * Which trust group may use which stores, as the store processes are told.
 *
 * Contract: an app's stores are let through before an engine hears of the app, and for some time after it has gone:
 * versions that are being replaced finish what they have. What a change costs does not grow with the changes before it.
 */
import { storesOf } from '../bindings/stores-of.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Grants, GroupGrants } from '../protocol/store.ts';
import type { Clock } from './clock.ts';

export type StoreGrantsOptions = {
  clock: Clock;
  /** Tells the store processes. Resolves when they work by it. */
  tell(grants: Grants): Promise<unknown>;
};

/** Longer than events of a version that was replaced may last. */
const GRACE_MS = 60_000;

type Row = Pick<AppRecord, 'name' | 'group' | 'bindings' | 'consumers'>;

/** What is let through: the round in which it has gone out of use, or 0. */
type Known = { apps: Map<string, number>; stores: Map<string, number> };

export class StoreGrants {
  readonly #options: StoreGrantsOptions;
  readonly #known = new Map<string, Known>();
  #newest = '';
  #round = 0;
  #first: string | undefined;
  readonly #cancels = new Set<() => void>();

  constructor(options: StoreGrantsOptions) {
    this.#options = options;
  }

  /** Resolves when engines may be told of this table. */
  async setApps(apps: readonly Row[]): Promise<void> {
    const table = grantsOf(apps);
    const text = JSON.stringify([...table].map(([group, { apps, stores }]) => [group, [...apps.keys()], [...stores.keys()]]));
    if (text === this.#newest) return;
    this.#newest = text;
    // Engines that were started before there was an app become those of the first group; see EngineGroups.
    if (table.size === 1) this.#first ??= [...table.keys()][0];
    const round = ++this.#round;
    let isLess = false;
    for (const [group, { apps, stores }] of this.#known) {
      const now = table.get(group);
      if (leave(apps, now?.apps, round)) isLess = true;
      if (leave(stores, now?.stores, round)) isLess = true;
    }
    for (const [group, { apps, stores }] of table) {
      const known = this.#of(group);
      for (const app of apps.keys()) known.apps.set(app, 0);
      for (const store of stores.keys()) known.stores.set(store, 0);
    }
    if (isLess) this.#forgetLater(round);
    await this.#tell();
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #of(group: string): Known {
    const known = this.#known.get(group) ?? { apps: new Map(), stores: new Map() };
    this.#known.set(group, known);
    return known;
  }

  /** What went out of use in a round, and has not come back. */
  #forgetLater(round: number): void {
    const cancel = this.#options.clock.after(GRACE_MS, () => {
      this.#cancels.delete(cancel);
      for (const [group, { apps, stores }] of this.#known) {
        for (const map of [apps, stores]) for (const [key, gone] of map) if (gone === round) map.delete(key);
        if (apps.size === 0) this.#known.delete(group);
      }
      void this.#tell();
    });
    this.#cancels.add(cancel);
  }

  #tell(): Promise<unknown> {
    const groups = [...this.#known].map(
      ([group, { apps, stores }]): GroupGrants => ({ group, apps: [...apps.keys()], stores: [...stores.keys()].map(storeOf) }),
    );
    return this.#options.tell({ groups, first: this.#first });
  }
}

/** Notes what is in use no more. @returns whether there is such */
function leave(known: Map<string, number>, now: ReadonlyMap<string, number> | undefined, round: number): boolean {
  let isLess = false;
  for (const [key, gone] of known) {
    if (gone !== 0 || now?.has(key) === true) continue;
    known.set(key, round);
    isLess = true;
  }
  return isLess;
}

/** By group. */
function grantsOf(apps: readonly Row[]): Map<string, Known> {
  const groups = new Map<string, Known>();
  for (const app of apps) {
    const known = groups.get(app.group) ?? { apps: new Map(), stores: new Map() };
    groups.set(app.group, known);
    known.apps.set(app.name, 0);
    for (const { product, id } of storesOf(app)) known.stores.set(`${product}\n${id}`, 0);
  }
  return groups;
}

function storeOf(key: string): [string, string] {
  const at = key.indexOf('\n');
  return [key.slice(0, at), key.slice(at + 1)];
}
