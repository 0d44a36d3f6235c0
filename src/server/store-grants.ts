/**
 * Which trust group may use which stores, as the store processes are told.
 *
 * Contract: an app's stores are let through before an engine hears of the app, and for some time after it has gone:
 * versions that are being replaced finish what they have.
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

export class StoreGrants {
  readonly #options: StoreGrantsOptions;
  /** What tables of apps have come to, the newest last; older ones hold for their time. */
  #tables: (readonly GroupGrants[])[] = [];
  #newest = '';
  #first: string | undefined;
  readonly #cancels = new Set<() => void>();

  constructor(options: StoreGrantsOptions) {
    this.#options = options;
  }

  /** Resolves when engines may be told of this table. */
  async setApps(apps: readonly Row[]): Promise<void> {
    const table = grantsOf(apps);
    const text = JSON.stringify(table);
    if (text === this.#newest) return;
    this.#newest = text;
    // Engines that were started before there was an app become those of the first group; see EngineGroups.
    if (table.length === 1) this.#first ??= table[0]?.group;
    if (this.#tables.length > 0) this.#forgetLater();
    this.#tables.push(table);
    await this.#tell();
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  /** The oldest table was the newest till now, or was replaced earlier and goes earlier. */
  #forgetLater(): void {
    const cancel = this.#options.clock.after(GRACE_MS, () => {
      this.#cancels.delete(cancel);
      this.#tables.shift();
      void this.#tell();
    });
    this.#cancels.add(cancel);
  }

  #tell(): Promise<unknown> {
    return this.#options.tell({ groups: merged(this.#tables.flat()), first: this.#first });
  }
}

function grantsOf(apps: readonly Row[]): GroupGrants[] {
  return merged(apps.map((app) => ({ group: app.group, apps: [app.name], stores: storesOf(app).map(({ product, id }) => [product, id] as const) })));
}

/** One entry for each group. */
function merged(grants: readonly GroupGrants[]): GroupGrants[] {
  const groups = new Map<string, { apps: Set<string>; stores: Map<string, readonly [string, string]> }>();
  for (const { group, apps, stores } of grants) {
    let known = groups.get(group);
    if (known === undefined) groups.set(group, (known = { apps: new Set(), stores: new Map() }));
    for (const app of apps) known.apps.add(app);
    for (const store of stores) known.stores.set(store.join('\n'), store);
  }
  return [...groups].map(([group, { apps, stores }]) => ({ group, apps: [...apps], stores: [...stores.values()] }));
}
