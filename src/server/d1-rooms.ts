/**
 * How large D1 databases may become, for the router that gives each to one process at a time.
 *
 * Contract: what rounds at work at the same time may add comes out of the same account, so that together they cannot go
 * over it. A round gets half of what is left where its app has other databases, all of it where there is none. Room is in
 * steps: a process sets a new bound for its database only when it differs.
 */
import type { Accounts } from '../storage/accounts.ts';
import type { RoomKeeper } from '../storage/pool/router.ts';
import type { StoreAddress } from '../ports/stores.ts';

/** The most that one round may add: other processes hear only afterwards of what it took. */
const MOST_GROWTH_BYTES = 512 * 1024 * 1024;
/** A step is this part of the room. */
const STEP_SHARE = 8;

export function openRooms(accounts: Accounts): RoomKeeper {
  const held = new Map<string, number>();
  return {
    begin: (key) => {
      const address = addressOf(key);
      const known = accounts.charged(address);
      const free = accounts.free(address);
      if (free === Number.POSITIVE_INFINITY) return { most: free, known };
      const growth = Math.max(0, Math.min(MOST_GROWTH_BYTES, accounts.siblings(address) > 1 ? free / 2 : free));
      held.set(key, growth);
      accounts.hold(address, growth);
      return { most: known + growth - stepRest(known + growth, growth), known };
    },
    told: (key, bytes, refused) => {
      const address = addressOf(key);
      accounts.charge(address, bytes);
      if (refused > 0) accounts.refused(address, refused);
    },
    end: (key) => {
      const growth = held.get(key);
      held.delete(key);
      if (growth !== undefined) accounts.hold(addressOf(key), -growth);
    },
  };
}

/** What is over the last whole step; nothing of what is there already. */
function stepRest(bytes: number, growth: number): number {
  if (growth < 1) return 0;
  const step = 2 ** Math.floor(Math.log2(growth)) / STEP_SHARE;
  return Math.min(growth, bytes % step);
}

/** @param key as engines make it: see PooledStores */
function addressOf(key: string): StoreAddress {
  const [group, id] = JSON.parse(key) as [string, string];
  return { product: 'd1', group, id };
}
