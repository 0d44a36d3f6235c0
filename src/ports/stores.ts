/**
 * Durable state, wherever it is kept: in the store process that all engines share, or in this very process.
 *
 * Contract: a write that has been answered is on disk, as far as the fsync policy says; one whose call rejects
 * may or may not have happened. Calls to one store are carried out in the order they were made.
 */

/** One database. The group keeps apart what must not meet: apps of one trust group share what has the same id. */
export type StoreAddress = {
  /** The kind of store: "kv", "d1", "r2", … */
  product: string;
  group: string;
  /** Anything an app's configuration may say. */
  id: string;
};

/** The name of the error with which a store refuses what its app has no room for. */
export const QUOTA_EXCEEDED = 'QuotaExceeded';

export interface Stores {
  /**
   * Calls a method of a store; arguments and answer are structured-clonable.
   * @throws OpError whose message may be shown to the tenant; named QUOTA_EXCEEDED it is for the binding to say in its own words
   */
  call(address: StoreAddress, method: string, args: readonly unknown[]): Promise<unknown>;
}
