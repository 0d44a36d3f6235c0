/** The words between supervisor and store process: messages over the child process channel. */

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

export type ToStore =
  | { type: 'configure'; config: StoreConfig }
  /** From now on; answered with `granted`. */
  | { type: 'grants'; call: number; grants: Grants };

export type FromStore =
  | { type: 'ready' }
  | { type: 'granted'; call: number }
  | { type: 'trouble'; message: string; fields: Record<string, unknown> }
  /** A store has something to tell: see StoreContext.notify. */
  | { type: 'notify'; product: string; group: string; id: string; topic: string; detail: unknown };
