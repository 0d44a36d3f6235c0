/**
 * Who pays for what is stored, and how much of it there still may be: kept in memory, by the process that has the stores.
 *
 * Contract: bytes are on one account at most. Nothing here looks at a disk: whoever opens a store says what it holds, and
 * says it again after each commit. What another process has of the same account is told now and then (`elsewhere`).
 */
import type { AppStorage, StoreAccount } from '../protocol/store.ts';
import type { StoreAddress } from '../ports/stores.ts';

/** A file takes whole blocks of the disk. */
const BLOCK_BYTES = 4096;

/** What a file of so many bytes takes of a disk. */
export function diskBytes(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

type Account = {
  app: string;
  limit: number;
  elsewhere: number;
  /** Stored, and promised to those who are about to store something. */
  total: number;
  held: number;
  byProduct: Map<string, number>;
  refused: Map<string, number>;
  isChanged: boolean;
  /** Stores of each product. */
  stores: Map<string, number>;
};
type Charge = { product: string; bytes: number; held: number; account: Account | undefined; isMeasured: boolean };

/** What a store is called here. */
export function accountKey({ group, product, id }: StoreAddress): string {
  return `${group}\n${product}\n${id}`;
}

export class Accounts {
  #accounts = new Map<string, Account>();
  readonly #charges = new Map<string, Charge>();

  /**
   * Takes in who pays for what, all of it: a store that is not named has nobody who pays.
   * @returns stores of which it is not known what they hold
   */
  set(accounts: readonly StoreAccount[]): StoreAddress[] {
    const unknown: StoreAddress[] = [];
    const before = this.#accounts;
    this.#accounts = new Map();
    for (const charge of this.#charges.values()) charge.account = undefined;
    for (const { app, limit = Number.POSITIVE_INFINITY, elsewhere, stores } of accounts) {
      const refused = before.get(app)?.refused ?? new Map<string, number>();
      const account: Account = { app, limit, elsewhere, total: 0, held: 0, byProduct: new Map(), refused, isChanged: true, stores: new Map() };
      this.#accounts.set(app, account);
      for (const { bytes, ...address } of stores) {
        const charge = this.#charge(address);
        if (charge.account !== undefined) continue;
        charge.account = account;
        account.stores.set(address.product, (account.stores.get(address.product) ?? 0) + 1);
        if (!charge.isMeasured && bytes !== undefined) charge.bytes = bytes;
        if (!charge.isMeasured) unknown.push(address);
        add(account, address.product, charge.bytes, charge.held);
      }
    }
    return unknown;
  }

  /** What other processes have of the accounts. */
  setElsewhere(bytes: readonly (readonly [app: string, bytes: number])[]): void {
    for (const [app, elsewhere] of bytes) {
      const account = this.#accounts.get(app);
      if (account !== undefined) account.elsewhere = elsewhere;
    }
  }

  /** A store holds so many bytes. */
  charge(address: StoreAddress, bytes: number): void {
    const charge = this.#charge(address);
    charge.isMeasured = true;
    if (charge.account !== undefined && bytes !== charge.bytes) add(charge.account, charge.product, bytes - charge.bytes, 0);
    charge.bytes = bytes;
  }

  /** As it was last told. */
  charged(address: StoreAddress): number {
    return this.#charge(address).bytes;
  }

  /** Promises bytes to somebody who is about to store them; whoever does that gives them back (less than none). */
  hold(address: StoreAddress, bytes: number): void {
    const charge = this.#charge(address);
    charge.held += bytes;
    if (charge.account !== undefined) add(charge.account, charge.product, 0, bytes);
  }

  /** Bytes that may be added to a store, below zero where there is too much already; without an end where nobody pays for it. */
  free(address: StoreAddress): number {
    const account = this.#charges.get(accountKey(address))?.account;
    return account === undefined ? Number.POSITIVE_INFINITY : account.limit - account.elsewhere - account.total - account.held;
  }

  /** How many stores of the same kind are on the same account. */
  siblings(address: StoreAddress): number {
    return this.#charges.get(accountKey(address))?.account?.stores.get(address.product) ?? 1;
  }

  /** Something could not be stored for want of room. */
  refused(address: StoreAddress, count = 1): void {
    const account = this.#charges.get(accountKey(address))?.account;
    if (account === undefined) return;
    account.refused.set(address.product, (account.refused.get(address.product) ?? 0) + count);
    account.isChanged = true;
  }

  /** What accounts have come to that have changed since this was last asked for. */
  changes(): AppStorage[] {
    const changed: AppStorage[] = [];
    for (const account of this.#accounts.values()) {
      if (!account.isChanged) continue;
      account.isChanged = false;
      changed.push({ app: account.app, bytes: Object.fromEntries(account.byProduct), refused: Object.fromEntries(account.refused) });
      account.refused.clear();
    }
    return changed;
  }

  #charge(address: StoreAddress): Charge {
    const key = accountKey(address);
    let charge = this.#charges.get(key);
    if (charge === undefined) this.#charges.set(key, (charge = { product: address.product, bytes: 0, held: 0, account: undefined, isMeasured: false }));
    return charge;
  }
}

function add(account: Account, product: string, bytes: number, held: number): void {
  account.held += held;
  if (bytes === 0) return;
  account.total += bytes;
  account.byProduct.set(product, (account.byProduct.get(product) ?? 0) + bytes);
  account.isChanged = true;
}
