/** Rows of a bucket's database, and what they say of an object. */
import { checkCall, isText } from '../sizes.ts';
import type { KeptKey } from './customer-key.ts';
import type { R2Hash, R2HttpMetadata, R2Metadata, S3Checksum } from '../../protocol/r2.ts';

/** What is kept of an object beside what is searched for: the JSON of the column `meta`. */
export type ObjectMeta = {
  checksums: Partial<Record<R2Hash, string>>;
  http: R2HttpMetadata;
  custom: Record<string, string>;
  storageClass: string;
  /** Where a customer's key encrypts its bytes. */
  ssec?: KeptKey;
  s3?: S3Checksum;
};

/** In characters of JSON: all that R2 takes, each character written as six. */
const MOST_META = 80_000;

/** What is kept of an object's metadata. @throws OpError for more than a bucket lets through */
export function metaText(meta: object): string {
  const text = JSON.stringify(meta);
  checkCall(isText(text, MOST_META));
  return text;
}

export type ObjectRow = { key: string; version: string; size: number; etag: string; uploaded: number; meta: string };

export function metadataOf(row: ObjectRow, include: readonly string[] = ['httpMetadata', 'customMetadata']): R2Metadata {
  const { key, version, size, etag, uploaded } = row;
  const { checksums, http, custom, storageClass, ssec, s3 } = JSON.parse(row.meta) as ObjectMeta;
  return {
    key,
    version,
    size,
    etag,
    uploaded,
    // The entity tag of an object in parts is no digest of its bytes.
    checksums: etag.length === 32 ? { md5: etag, ...checksums } : checksums,
    ...(include.includes('httpMetadata') && { http }),
    ...(include.includes('customMetadata') && { custom }),
    storageClass,
    ...(ssec !== undefined && { ssecKeyMd5: ssec.md5 }),
    ...(s3 !== undefined && { s3 }),
  };
}
