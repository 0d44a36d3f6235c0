/**
 * Keys of a customer's own (SSE-C): what is kept of one, and what is made of it.
 *
 * Contract: a key is an opaque KeyObject from the moment it has crossed from the isolate, which neither logs nor JSON can show; it never
 * goes to the store, nor to any disk. What is kept tells whether a key is the one: its MD5, which R2's API shows to everybody who may
 * see the object, and a value derived from it with a salt, which is what is compared. Bytes are encrypted with keys derived from it,
 * one for each file or value, so that no two of them share a key, and nonces may be counted (see sealing.ts).
 */
import { createHash, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { BucketError } from '../../ports/buckets.ts';

/** What is kept of the key of an object or an upload; texts in base64. */
export type KeptKey = { md5: string; salt: string; check: string };

const SALT_BYTES = 16;

/** What a derived key is for: no two purposes come to the same. */
type Purpose = 'check' | 'file' | 'value';

/** @param salt never used before with this purpose */
export function derivedKey(customerKey: KeyObject, salt: Uint8Array, purpose: Purpose): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', customerKey, salt, `nano r2 ${purpose}`, 32));
}

export const newSalt = (): Uint8Array => randomBytes(SALT_BYTES);

export function keptOf(customerKey: KeyObject): KeptKey {
  const salt = newSalt();
  return {
    md5: createHash('md5').update(customerKey.export()).digest('base64'),
    salt: Buffer.from(salt).toString('base64'),
    check: Buffer.from(derivedKey(customerKey, salt, 'check')).toString('base64'),
  };
}

/** @throws BucketError unless the key is the one that there must be, or both are none */
export function checkCustomerKey(kept: KeptKey | undefined, given: KeyObject | undefined): void {
  if (kept === undefined && given === undefined) return;
  if (kept === undefined) throw new BucketError('notEncrypted');
  if (given === undefined) throw new BucketError('keyMissing');
  const derived = derivedKey(given, Buffer.from(kept.salt, 'base64'), 'check');
  const expected = Buffer.from(kept.check, 'base64');
  if (expected.length !== derived.length || !timingSafeEqual(expected, derived)) throw new BucketError('wrongKey');
}
