/** Keeps accounts as the supervisor has them, in a process that has stores, and tells it what they come to. */
import type { StoreAddress } from '../ports/stores.ts';
import type { FromStore, ToStore } from '../protocol/store.ts';
import type { Accounts } from '../storage/accounts.ts';

/** How old what others know of an account may be. */
const TELL_MS = 200;

/** @param measure finds out what stores hold of which that is not known */
export function followAccounts(accounts: Accounts, tell: (message: FromStore) => void, measure: (stores: StoreAddress[]) => void = () => {}): void {
  process.on('message', (message: ToStore) => {
    if (message.type === 'accounts') measure(accounts.set(message.accounts).filter(({ product }) => product !== 'd1'));
    else if (message.type === 'elsewhere') accounts.setElsewhere(message.bytes);
  });
  setInterval(() => {
    const apps = accounts.changes();
    if (apps.length > 0) tell({ type: 'storage', apps });
  }, TELL_MS).unref();
}
