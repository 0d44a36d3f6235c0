/** The words between supervisor and store process: messages over the child process channel. */

export type StoreConfig = {
  /** The storage folder. */
  root: string;
  /** The path of the socket that engines connect to. */
  socket: string;
  fsync: 'full' | 'normal';
};

export type ToStore = { type: 'configure'; config: StoreConfig };

export type FromStore =
  | { type: 'ready' }
  | { type: 'trouble'; message: string; fields: Record<string, unknown> }
  /** A store has something to tell: see StoreContext.notify. */
  | { type: 'notify'; product: string; group: string; id: string; topic: string; detail: unknown };
