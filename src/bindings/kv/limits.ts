/**
 * What a KV namespace takes, and the words in which it refuses the rest.
 * @see https://developers.cloudflare.com/kv/platform/limits/
 */
import { OpError } from '../../base/op-error.ts';

export const MOST_KEY_BYTES = 512;
export const MOST_VALUE_BYTES = 25 * 1024 * 1024;
export const MOST_METADATA_BYTES = 1024;
export const MOST_LISTED = 1000;
/** Characters of a cursor: a key in base64. */
export const MOST_CURSOR = MOST_KEY_BYTES * 2;
export const MOST_KEYS_AT_ONCE = 100;
const LEAST_TTL_SECONDS = 60;
const LEAST_CACHE_TTL_SECONDS = 30;

export type KvOperation = 'GET' | 'GET_BULK' | 'PUT' | 'DELETE';

/** "KV PUT failed: 400 …" */
export function kvError(operation: KvOperation, status: number, message: string): OpError {
  return new OpError('Error', `KV ${operation} failed: ${status} ${message}`);
}

/** @throws OpError */
export function checkKey(operation: KvOperation, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new OpError('TypeError', 'Invalid key.');
  if (key === '') throw kvError(operation, 400, 'Key names must not be empty');
  if (key === '.' || key === '..') throw kvError(operation, 400, `Illegal key name "${key}". Please use a different name.`);
  checkLength(operation, key);
}

/** Keys, and prefixes of keys. @throws OpError */
export function checkLength(operation: KvOperation, key: string): void {
  // A UTF-16 unit takes three bytes at most.
  if (key.length * 3 <= MOST_KEY_BYTES) return;
  const bytes = Buffer.byteLength(key);
  if (bytes > MOST_KEY_BYTES) throw kvError(operation, 414, `UTF-8 encoded length of ${bytes} exceeds key length limit of ${MOST_KEY_BYTES}.`);
}

/** Accepted and without effect: what is read here is never out of date. @throws OpError */
export function checkCacheTtl(operation: KvOperation, seconds: number | undefined): void {
  if (seconds === undefined || seconds >= LEAST_CACHE_TTL_SECONDS) return;
  throw kvError(operation, 400, `Invalid cache_ttl of ${seconds}. Cache TTL must be at least ${LEAST_CACHE_TTL_SECONDS}.`);
}

/**
 * When a value put now expires, in seconds since 1970; null: never.
 * @param now in seconds
 * @throws OpError
 */
export function expirationOf(expiration: number | undefined, ttl: number | undefined, now: number): number | null {
  if (ttl !== undefined) {
    if (!Number.isInteger(ttl) || ttl <= 0) throw kvError('PUT', 400, `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`);
    if (ttl < LEAST_TTL_SECONDS) throw kvError('PUT', 400, `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least ${LEAST_TTL_SECONDS}.`);
    return now + ttl;
  }
  if (expiration === undefined) return null;
  if (!Number.isSafeInteger(expiration) || expiration <= now) {
    const advice = 'Please specify integer greater than the current number of seconds since the UNIX epoch.';
    throw kvError('PUT', 400, `Invalid expiration of ${expiration}. ${advice}`);
  }
  if (expiration < now + LEAST_TTL_SECONDS)
    throw kvError('PUT', 400, `Invalid expiration of ${expiration}. Expiration times must be at least ${LEAST_TTL_SECONDS} seconds in the future.`);
  return expiration;
}

/** @param metadata JSON text @throws OpError */
export function checkMetadata(metadata: string): void {
  const bytes = Buffer.byteLength(metadata);
  if (bytes > MOST_METADATA_BYTES) throw kvError('PUT', 413, `Metadata length of ${bytes} exceeds limit of ${MOST_METADATA_BYTES}.`);
  try {
    JSON.parse(metadata);
  } catch {
    throw kvError('PUT', 500, 'Internal Server Error');
  }
}

/** Cloudflare has no such limit. */
export function quotaExceeded(): OpError {
  return kvError('PUT', 507, 'This app has used up its disk quota (storage_mb).');
}

export function valueTooLarge(bytes: number): OpError {
  return kvError('PUT', 413, `Value length of ${bytes} exceeds limit of ${MOST_VALUE_BYTES}.`);
}

/** @throws OpError */
export function checkCursor(cursor: string): void {
  if (cursor.length > MOST_CURSOR) throw kvError('GET', 400, 'Invalid cursor');
}

/** @throws OpError */
export function checkListLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw kvError('GET', 400, `Invalid key_count_limit of ${limit}. Please specify an integer greater than 0.`);
  if (limit > MOST_LISTED) throw kvError('GET', 400, `Invalid key_count_limit of ${limit}. Please specify an integer less than ${MOST_LISTED}.`);
}
