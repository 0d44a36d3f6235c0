/**
 * Which app pays for which store: in a file, so that what was stored stays on somebody's account.
 *
 * Contract: a store has one payer. It is the first app that was seen to name it, and stays the payer for as long as it
 * names the store, or nobody else does: an app gets rid of what it has stored by deleting it, not by naming another store.
 * The file is whole at any time. One that cannot be read is as good as none.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { paidStoresOf } from '../bindings/stores-of.ts';
import type { StoreAddress } from '../ports/stores.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { accountKey } from '../storage/accounts.ts';

const schema = z.array(z.object({ product: z.string(), group: z.string(), id: z.string(), app: z.string() }));

type Paid = StoreAddress & { app: string };

export class Payers {
  readonly #file: string;
  readonly #onTrouble: (error: string) => void;
  #paid: Map<string, Paid>;
  #saved = '';

  constructor(file: string, onTrouble: (error: string) => void) {
    this.#file = file;
    this.#onTrouble = onTrouble;
    this.#paid = new Map(readPaid(file).map((paid) => [accountKey(paid), paid]));
  }

  /** Takes in the table of apps, and writes down what has changed. */
  setApps(apps: readonly AppRecord[]): void {
    const named = new Map<string, Set<string>>();
    for (const app of apps) {
      for (const { product, id } of paidStoresOf(app)) {
        const address = { product, group: app.group, id };
        const key = accountKey(address);
        const names = named.get(key);
        if (names === undefined) named.set(key, new Set([app.name]));
        else names.add(app.name);
        if (!this.#paid.has(key)) this.#paid.set(key, { ...address, app: app.name });
      }
    }
    for (const [key, paid] of this.#paid) {
      const names = named.get(key);
      const [first] = names ?? [];
      if (first !== undefined && names?.has(paid.app) !== true) this.#paid.set(key, { ...paid, app: first });
    }
    this.#save();
  }

  /** The stores of each payer. */
  byApp(): Map<string, StoreAddress[]> {
    const stores = new Map<string, StoreAddress[]>();
    for (const { app, ...address } of this.#paid.values()) {
      const own = stores.get(app);
      if (own === undefined) stores.set(app, [address]);
      else own.push(address);
    }
    return stores;
  }

  #save(): void {
    const text = JSON.stringify([...this.#paid.values()]);
    if (text === this.#saved) return;
    try {
      writeFileSync(`${this.#file}.new`, text);
      renameSync(`${this.#file}.new`, this.#file);
      this.#saved = text;
    } catch (error) {
      this.#onTrouble(String(error));
    }
  }
}

function readPaid(file: string): Paid[] {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}
