/** Stores of which some products are with a pool of processes, and the rest elsewhere. */
import type { StoreAddress, Stores } from '../../ports/stores.ts';

/** Calls a resource on behalf of an owner: a pool's client, or the same without processes. */
export interface PoolCalls {
  call(owner: string, key: string, payload: string): Promise<string>;
}

/** What a pool calls a database: see `readResourceKey`. */
function resourceKey(group: string, id: string): string {
  return JSON.stringify([group, id]);
}

/** @returns undefined for what `resourceKey` has not made */
export function readResourceKey(key: string): { group: string; id: string } | undefined {
  try {
    const [group, id] = JSON.parse(key) as unknown[];
    return typeof group === 'string' && typeof id === 'string' && resourceKey(group, id) === key ? { group, id } : undefined;
  } catch {
    return undefined;
  }
}

export class PooledStores implements Stores {
  readonly #rest: Stores;
  readonly #product: string;
  readonly #pool: PoolCalls;

  /** @param product whose every call is an owner's name and a text */
  constructor(rest: Stores, product: string, pool: PoolCalls) {
    this.#rest = rest;
    this.#product = product;
    this.#pool = pool;
  }

  call(address: StoreAddress, method: string, args: readonly unknown[]): Promise<unknown> {
    if (address.product !== this.#product) return this.#rest.call(address, method, args);
    return this.#pool.call(String(args[0]), resourceKey(address.group, address.id), String(args[1]));
  }
}
