/** What R2 refuses before it looks at anything. */
import { BucketError } from '../../ports/buckets.ts';
import { R2_LIMITS, type R2Hash, type R2ListOptions, type R2MetadataOptions } from '../../protocol/r2.ts';

export function checkKey(key: string): void {
  // A character takes three bytes at most.
  if (key.length * 3 > R2_LIMITS.keyBytes && Buffer.byteLength(key) > R2_LIMITS.keyBytes) throw new BucketError('invalidObjectName');
}

/** Custom metadata, and the fields of HTTP, which have a bound of their own: a list brings a thousand objects at once. */
export function checkMetadata({ custom = {}, http = {}, storageClass = '' }: R2MetadataOptions): void {
  let length = 0;
  for (const [name, value] of Object.entries(custom)) length += lengthOf(name) + lengthOf(value);
  let httpLength = storageClass.length;
  for (const value of Object.values(http)) if (typeof value === 'string') httpLength += value.length;
  if (length > R2_LIMITS.metadataBytes || httpLength > R2_LIMITS.httpMetadataCharacters) throw new BucketError('metadataTooLarge');
}

/** A list's texts: what is longer than a key stands before no key. A cursor is a key in base64. */
export function checkListTexts({ prefix = '', delimiter = '', startAfter = '', past = '', cursor = '' }: R2ListOptions): void {
  for (const text of [prefix, delimiter, startAfter, past]) checkKey(text);
  if (cursor.length > R2_LIMITS.keyBytes * 2) throw new BucketError('invalidArgument');
}

/** As V8 would write it down: a byte for each character, or two where one needs it. */
function lengthOf(text: string): number {
  return /^[\0-\xff]*$/.test(text) ? text.length : text.length * 2;
}

const HASH_NAMES: Readonly<Record<R2Hash, string>> = { md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };

export function checkHash({ algorithm, hex }: { algorithm: R2Hash; hex: string }, digests: Readonly<Record<string, string>>): void {
  const actual = digests[algorithm];
  if (hex === actual) return;
  const name = HASH_NAMES[algorithm];
  throw new BucketError(
    'badDigest',
    `The ${name} checksum you specified did not match what we received.\nYou provided a ${name} checksum with value: ${hex}\nActual ${name} was: ${actual}`,
  );
}
