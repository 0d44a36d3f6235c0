/**
 * How a process that has stores keeps to its supervisor: it opens them when it is told to, follows grants and accounts, says what
 * they come to and that it lives, and ends with the supervisor.
 *
 * Contract: what it says is never more than the supervisor takes (store-channel.ts), whatever it has come upon.
 */
import type { StoreAddress } from '../ports/stores.ts';
import type { AppStorage, Configure, FromStore, StoreConfig, ToStore } from '../protocol/store.ts';
import type { Accounts } from '../storage/accounts.ts';
import type { Gate } from '../storage/gate.ts';
import { beat, ignoreSignals } from './channel.ts';
import { ParentChannel } from './parent-channel.ts';

export type Kept = {
  accounts: Accounts;
  /** Opened to what the supervisor grants. */
  gate: Gate;
  /** Finds out what stores hold of which that is not known. */
  measure?(stores: StoreAddress[]): void;
  /** The supervisor is gone, or done. */
  close(): void;
};

export type StoreWords = {
  tell(message: FromStore): void;
  onTrouble(message: string, fields: Record<string, unknown>): void;
};

/** How old what others know of an account may be, and how many of them are told in one message. */
const TELL_MS = 200;
const MOST_ACCOUNTS = 1000;
/** Of a text for the log: names and errors may be somebody else's. */
const MOST_LETTERS = 2000;

/** @param open called once, with the first message */
export function keepStores(open: (config: StoreConfig, words: StoreWords) => Kept): void {
  const channel = new ParentChannel<ToStore, FromStore>();
  const tell = (message: FromStore): void => channel.tell(message);
  const onTrouble = (message: string, fields: Record<string, unknown>): void => tell({ type: 'trouble', message: clipped(message), fields: plain(fields) });
  let kept: Kept | undefined;
  channel.onMessage((message) => {
    if (message.type === 'configure') {
      kept = open(message.config, { tell, onTrouble });
      tellAccounts(kept.accounts, tell);
      beat(tell);
    } else if (kept !== undefined) follow(kept, message, tell);
  });
  // What was answered is on disk.
  channel.onEnd(() => {
    kept?.close();
    process.exit(0);
  });
  ignoreSignals();
}

function follow({ accounts, gate, measure }: Kept, message: Exclude<ToStore, Configure>, tell: (message: FromStore) => void): void {
  switch (message.type) {
    case 'grants':
      gate.setGrants(message.grants);
      return tell({ type: 'granted', call: message.call });
    case 'accounts': {
      const unknown = accounts.set(message.accounts).filter(({ product }) => product !== 'd1');
      return measure?.(unknown);
    }
    case 'elsewhere':
      return accounts.setElsewhere(message.bytes);
  }
}

function tellAccounts(accounts: Accounts, tell: (message: FromStore) => void): void {
  setInterval(() => {
    const apps: AppStorage[] = accounts.changes();
    for (let at = 0; at < apps.length; at += MOST_ACCOUNTS) tell({ type: 'storage', apps: apps.slice(at, at + MOST_ACCOUNTS) });
  }, TELL_MS).unref();
}

/** What a SQL process has said of itself may be anything. */
function plain(fields: Record<string, unknown>): Record<string, string | number | boolean> {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, typeof value === 'number' || typeof value === 'boolean' ? value : clipped(String(value))]));
}

const clipped = (text: string): string => (text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}…`);
