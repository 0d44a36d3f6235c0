/**
 * The quota of each app, as it is kept while stores are written to.
 *
 * Contract: a store's bytes are those of its database's pages and of its files, rounded to blocks, so that nothing that
 * takes room of the disk is free of charge. As long as there is much room small commits are counted a few at a time, after
 * they were made; with little, each write that would need more than there is is taken back alone. What needs no more of the
 * disk than there is already (deleting, reading, putting less in the place of more) is never refused. A file is promised
 * its room before it is written, and the promise ends with the connection of whoever it was given to.
 */
import { invalidCall, OpError } from '../base/op-error.ts';
import { QUOTA_EXCEEDED, type StoreAddress } from '../ports/stores.ts';
import { accountKey, type Accounts, diskBytes } from './accounts.ts';
import type { Database } from './database.ts';
import type { StoreProduct, StoreQuota } from './product.ts';

/** With less room than this each write is looked at by itself. More than what arrives in one round of the event loop. */
const LITTLE_BYTES = 64 * 1024 * 1024;

type Hold = { address: StoreAddress; bytes: number; owner: unknown; replaced: string | undefined };

const refusal = (): OpError => new OpError(QUOTA_EXCEEDED, 'This app has used up its disk quota (storage_mb).');

export class Metering {
  readonly #accounts: Accounts;
  /** By the name of the file. */
  readonly #holds = new Map<string, Hold>();
  /** What is being replaced by a file that was promised no room of its own for that reason: one at a time. */
  readonly #replaced = new Set<string>();
  /** On whose behalf methods are being called. */
  owner: unknown;
  /** Files were recorded, whose room is promised no more: what has become of them is to be counted at once. */
  #hasReleased = false;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  quotaOf(address: StoreAddress): StoreQuota {
    const part = (id: string): StoreAddress => ({ ...address, id });
    return {
      hold: (blob, bytes, replaced) => this.#hold(address, blob, diskBytes(bytes), replaced),
      release: (blob) => this.#release(blob),
      chargePart: (id, bytes) => this.#accounts.charge(part(id), bytes),
      checkPart: (id, bytes) => {
        if (bytes <= this.#accounts.free(part(id))) return;
        this.#accounts.refused(part(id));
        throw refusal();
      },
    };
  }

  /** Every write of the store's is to be looked at: there may not be room for all. */
  isTight(address: StoreAddress): boolean {
    return this.#accounts.free(address) < LITTLE_BYTES;
  }

  /**
   * Carries out a write, within a transaction that is its own.
   * @throws OpError named QUOTA_EXCEEDED where the store has grown beyond what there is
   */
  checked<T>(address: StoreAddress, product: StoreProduct, database: Database, work: () => T): T {
    const before = sizeOf(product, database);
    const result = work();
    const after = sizeOf(product, database);
    // What was committed is counted already, and what others of the same commit have added is not yet.
    if (after > before && after - this.#accounts.charged(address) > this.#accounts.free(address)) {
      this.#accounts.refused(address);
      throw refusal();
    }
    return result;
  }

  /** Whether a commit that is about to be made must be counted with it. */
  mustCount(address: StoreAddress): boolean {
    const hasReleased = this.#hasReleased;
    this.#hasReleased = false;
    return hasReleased || this.isTight(address);
  }

  /** What the store takes; within a transaction as it will be. Undefined where it is none of our business. */
  size(product: StoreProduct, database: Database): number | undefined {
    return product.metered === undefined ? undefined : sizeOf(product, database);
  }

  /** A commit has made it so large. */
  committed(address: StoreAddress, size: number | undefined): void {
    if (size !== undefined) this.#accounts.charge(address, size);
  }

  /** Somebody is gone. @returns the files they may have begun */
  gone(owner: unknown): { address: StoreAddress; blob: string }[] {
    const left = [...this.#holds].filter(([, hold]) => hold.owner === owner);
    for (const [blob] of left) this.#release(blob);
    return left.map(([blob, { address }]) => ({ address, blob }));
  }

  #hold(address: StoreAddress, blob: string, bytes: number, replaced: { name: string; bytes: number } | undefined): void {
    // It is an engine that says so, and a tenant may have taken it over.
    if (typeof blob !== 'string' || !Number.isSafeInteger(bytes) || bytes < 0 || this.#holds.has(blob)) throw invalidCall();
    const name = replaced === undefined || replaced.bytes === 0 ? undefined : `${accountKey(address)}\n${replaced.name}`;
    const isFirst = name !== undefined && !this.#replaced.has(name);
    const needed = isFirst ? Math.max(0, bytes - (replaced?.bytes ?? 0)) : bytes;
    if (needed > 0 && needed > this.#accounts.free(address)) {
      this.#accounts.refused(address);
      throw refusal();
    }
    this.#accounts.hold(address, needed);
    if (isFirst) this.#replaced.add(name);
    this.#holds.set(blob, { address, bytes: needed, owner: this.owner, replaced: isFirst ? name : undefined });
  }

  #release(blob: string): void {
    const hold = this.#holds.get(blob);
    if (hold === undefined) return;
    this.#holds.delete(blob);
    this.#hasReleased = true;
    if (hold.replaced !== undefined) this.#replaced.delete(hold.replaced);
    this.#accounts.hold(hold.address, -hold.bytes);
  }
}

function sizeOf({ metered }: StoreProduct, database: Database): number {
  const files = metered?.fileBytes === undefined ? 0 : Number(Object.values(database.get(metered.fileBytes) ?? {})[0] ?? 0);
  return database.size() + files;
}
