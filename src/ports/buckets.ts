/**
 * Buckets of objects, for whoever offers them: a binding, the S3 endpoint, the command line.
 *
 * Contract: what a method has answered is on disk, as far as the fsync policy says; no reader sees half an object;
 * a body that was given out is read to its end whatever happens to the object meanwhile.
 */
import type { KeyObject } from 'node:crypto';
import type { Readable } from 'node:stream';
import { R2_ERRORS, type R2ErrorName } from '../protocol/r2.ts';
import type {
  R2GetOptions,
  R2ListOptions,
  R2ListResult,
  R2Metadata,
  R2MetadataOptions,
  R2Part,
  R2PutOptions,
  S3Checksum,
  S3ChecksumAlgorithm,
} from '../protocol/r2.ts';

/** An answer that is an error of R2's. */
export class BucketError extends Error {
  override name = 'BucketError';
  readonly error: R2ErrorName;

  /** @param message where it says more than the table does */
  constructor(error: R2ErrorName, message: string = R2_ERRORS[error].message) {
    super(message);
    this.error = error;
  }
}

/** Bytes to be stored. A stream's length must be known; one that brings fewer or more bytes is refused. */
export type ObjectSource = { body: Uint8Array } | { body: Readable; length: number };

/** An object's bytes, or as many as were asked for. Whoever gets a stream reads or destroys it. */
export type ObjectContent = { object: R2Metadata; body: Uint8Array | Readable };

export type UploadedPart = { number: number; etag: string; size: number; uploaded: number; checksum?: S3Checksum };

/** What S3 clients say of checksums. */
export type PutChecksum = {
  /** Asked once the body has been read. */
  checksum?: () => S3Checksum | undefined;
};
/** What the bytes are encrypted with, where that is not the server's affair (SSE-C): 32 bytes, which are never stored. */
export type WithKey = { customerKey?: KeyObject };
/** How the parts of an upload are to be summed up: as a whole, or part by part. */
export type UploadChecksum = { algorithm: S3ChecksumAlgorithm; isFull: boolean };
export type OpenUpload = { id: string; key: string; created: number; storageClass: string };

/** @throws BucketError, OpError */
export interface Bucket {
  head(key: string): Promise<R2Metadata | null>;
  /** The object alone when a condition does not hold; null when there is none. */
  get(key: string, options: R2GetOptions & WithKey): Promise<ObjectContent | R2Metadata | null>;
  /** Null when a condition does not hold. */
  put(key: string, source: ObjectSource, options: R2PutOptions & PutChecksum & WithKey): Promise<R2Metadata | null>;
  delete(keys: readonly string[]): Promise<void>;
  list(options: R2ListOptions): Promise<R2ListResult>;
  /** @returns the upload's id */
  createUpload(key: string, options: R2MetadataOptions & WithKey, checksum?: UploadChecksum): Promise<string>;
  /** @returns the part's entity tag @param md5 hexadecimal, of what is expected to come */
  uploadPart(key: string, upload: string, number: number, source: ObjectSource, md5?: string, more?: PutChecksum & WithKey): Promise<string>;
  /** @param expected the checksum of the whole */
  completeUpload(key: string, upload: string, parts: readonly R2Part[], expected?: S3Checksum): Promise<R2Metadata>;
  /** An upload that is over already is no error; one that never was is. */
  abortUpload(key: string, upload: string): Promise<void>;
  /** The parts after a number, in order. */
  parts(key: string, upload: string, after: number, limit: number): Promise<UploadedPart[]>;
  /** Uploads under way, by key and age, after one (or after all of a key). */
  uploads(prefix: string, after: { key: string; id?: string } | undefined, limit: number): Promise<OpenUpload[]>;
}

export type BucketInfo = { name: string; created: number };

/** The buckets of one trust group. */
export interface Buckets {
  list(): Promise<BucketInfo[]>;
  /** Undefined where there is no such bucket. */
  find(name: string): Promise<Bucket | undefined>;
  /** False where it is there already. */
  create(name: string): Promise<boolean>;
  remove(name: string): Promise<'removed' | 'missing' | 'notEmpty'>;
}
