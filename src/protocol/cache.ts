/** The Cache API between isolate and host. */

/** It is no binding of env, but called like one: under a number that none of env's has. */
export const CACHE_INDEX = -1;

/** A body that has crossed with the answer of `match`: bytes; else it is the number of a host body. */
export const CacheBody = { bytes: 0, source: 1 } as const;

/** @see https://developers.cloudflare.com/workers/platform/limits/#cache-api-limits */
export const CACHE_LIMITS = {
  /** A name must be shorter. */
  nameLength: 1024,
  /** One response's body. */
  objectBytes: 512 * 1024 * 1024,
  /** All that one app has stored; then what was used longest ago goes. */
  appBytes: 1024 * 1024 * 1024,
} as const;
