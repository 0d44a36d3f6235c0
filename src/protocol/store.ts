/** The words between supervisor and the processes that have the stores: messages over a pipe of their own, as JSON. */

/** What a trust group's engines may use. */
export type GroupGrants = {
  group: string;
  apps: readonly string[];
  /** Product and id of each store that one of the apps is bound to. */
  stores: readonly (readonly [product: string, id: string])[];
};

export type Grants = {
  groups: readonly GroupGrants[];
  /** The group that the server had first: that of engines started before there was one. */
  first: string | undefined;
};

export type StoreConfig = {
  /** The storage folder. */
  root: string;
  /** The path of the socket that engines connect to. */
  socket: string;
  fsync: 'full' | 'normal';
  /** That badges are made with; see storage/badge.ts. */
  key: string;
  grants: Grants;
};

/** A store that somebody pays for. Of queues, which share a database, each is one. */
export type PaidStore = {
  product: string;
  group: string;
  id: string;
  /** What it holds, where the process that has it would have to start something to find out. */
  bytes?: number;
};

/** What one app may have on the disk, and the stores that it pays for. Numbers in bytes. */
export type StoreAccount = {
  app: string /** Absent where there is none. */;
  limit?: number /** What other processes have of it. */;
  elsewhere: number;
  stores: PaidStore[];
};

/** What an app has stored, and how many writes were refused since this was last told, by product. */
export type AppStorage = { app: string; bytes: Record<string, number>; refused: Record<string, number> };

/** The first message. */
export type Configure = { type: 'configure'; config: StoreConfig };

export type ToStore =
  | Configure
  /** From now on; answered with `granted`. */
  | { type: 'grants'; call: number; grants: Grants }
  /** Who pays for what, all of it. */
  | { type: 'accounts'; accounts: StoreAccount[] }
  /** What other processes have of some accounts. */
  | { type: 'elsewhere'; bytes: [app: string, bytes: number][] };

export type FromStore =
  /** It listens: said once. */
  | { type: 'ready' }
  /** Once a second. */
  | { type: 'alive' }
  | { type: 'granted'; call: number }
  | { type: 'trouble'; message: string; fields: Record<string, string | number | boolean> }
  /** Accounts that have changed, or some of them. */
  | { type: 'storage'; apps: AppStorage[] }
  /** A store has something to tell: see StoreContext.notify. */
  | { type: 'notify'; product: string; group: string; id: string; topic: string; detail: string };
