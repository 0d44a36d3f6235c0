/**
 * S3's headers of a customer's key (SSE-C).
 *
 * Contract: the key is in no error and no answer; whoever asks is told its MD5, as S3 does.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-s3-c-encryption.html
 */
import { createHash, createSecretKey } from 'node:crypto';
import type { WithKey } from '../../ports/buckets.ts';
import type { S3Call } from './call.ts';
import { S3Error } from './errors.ts';

const NAMES = 'server-side-encryption-customer-';

export type GivenKey = WithKey & { md5?: string };

/** @param prefix of what is copied: "x-amz-copy-source-" @throws S3Error for what is no key, or is not all there */
export function givenKey(call: S3Call, prefix = 'x-amz-'): GivenKey {
  const [algorithm, key, md5] = ['algorithm', 'key', 'key-md5'].map((name) => call.header(prefix + NAMES + name));
  if (algorithm === undefined && key === undefined && md5 === undefined) return {};
  if (algorithm !== 'AES256') throw invalid(`${prefix}${NAMES}algorithm must be AES256.`);
  if (key === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(key)) throw invalid(`${prefix}${NAMES}key must be 32 bytes in base64.`);
  const bytes = Buffer.from(key, 'base64');
  if (md5 !== createHash('md5').update(bytes).digest('base64')) throw invalid(`${prefix}${NAMES}key-MD5 is not the MD5 of the key.`);
  return { customerKey: createSecretKey(bytes), md5 };
}

const invalid = (message: string): S3Error => new S3Error('InvalidArgument', message);

/** What an answer says of the key that something is encrypted with. */
export function keyHeaders(md5: string | undefined): Record<string, string> {
  return md5 === undefined ? {} : { [`x-amz-${NAMES}algorithm`]: 'AES256', [`x-amz-${NAMES}key-md5`]: md5 };
}

/** The same, for an answer that is written elsewhere. */
export function tellKey(call: S3Call, md5: string | undefined): void {
  for (const [name, value] of Object.entries(keyHeaders(md5))) call.response.setHeader(name, value);
}
