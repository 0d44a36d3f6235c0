/**
 * R2's words: what is refused and with which texts, how large things may be.
 *
 * The texts and codes are those of workerd and Miniflare; an S3 client sees the S3 name and status instead.
 * @see https://developers.cloudflare.com/r2/api/error-codes/
 * @see https://developers.cloudflare.com/r2/platform/limits/
 */
export const R2_ERRORS = {
  internalError: { code: 10001, status: 500, s3: 'InternalError', message: 'We encountered an internal error. Please try again.' },
  noSuchKey: { code: 10007, status: 404, s3: 'NoSuchKey', message: 'The specified key does not exist.' },
  entityTooLarge: { code: 100100, status: 400, s3: 'EntityTooLarge', message: 'Your proposed upload exceeds the maximum allowed object size.' },
  entityTooSmall: { code: 10011, status: 400, s3: 'EntityTooSmall', message: 'Your proposed upload is smaller than the minimum allowed object size.' },
  metadataTooLarge: { code: 10012, status: 400, s3: 'MetadataTooLarge', message: 'Your metadata headers exceed the maximum allowed metadata size.' },
  invalidObjectName: { code: 10020, status: 400, s3: 'InvalidObjectName', message: 'The specified object name is not valid.' },
  invalidMaxKeys: { code: 10022, status: 400, s3: 'InvalidMaxKeys', message: 'MaxKeys params must be positive integer <= 1000.' },
  noSuchUpload: { code: 10024, status: 404, s3: 'NoSuchUpload', message: 'The specified multipart upload does not exist.' },
  invalidPart: { code: 10025, status: 400, s3: 'InvalidPart', message: 'One or more of the specified parts could not be found.' },
  invalidArgument: { code: 10029, status: 400, s3: 'InvalidArgument', message: 'An argument is not valid.' },
  preconditionFailed: { code: 10031, status: 412, s3: 'PreconditionFailed', message: 'At least one of the pre-conditions you specified did not hold.' },
  badDigest: { code: 10037, status: 400, s3: 'BadDigest', message: 'The checksum you specified did not match what we received.' },
  /** Not one of R2's, which has no such limit; for S3 clients what Ceph says. */
  quotaExceeded: { code: 10099, status: 403, s3: 'QuotaExceeded', message: 'This app has used up its disk quota (storage_mb).' },
  invalidRange: { code: 10039, status: 416, s3: 'InvalidRange', message: 'The requested range is not satisfiable' },
  /** What R2 says of a customer's key that is missing, or not to the point, is written nowhere. */
  keyMissing: {
    code: 10029,
    status: 400,
    s3: 'InvalidRequest',
    message: "This object is encrypted with a customer's key (ssecKey), which is not kept here: it can be read, and be given parts, with that key alone.",
  },
  notEncrypted: { code: 10029, status: 400, s3: 'InvalidRequest', message: "This object is not encrypted with a customer's key, but one was given (ssecKey)." },
  wrongKey: { code: 10003, status: 403, s3: 'AccessDenied', message: "The customer's key (ssecKey) is not the one that this object is encrypted with." },
  badUpload: { code: 10048, status: 400, s3: 'InvalidPart', message: 'There was a problem with the multipart upload.' },
} as const;

export type R2ErrorName = keyof typeof R2_ERRORS;

export const R2_LIMITS = {
  /** Bytes of a key. */
  keyBytes: 1024,
  /** 5 GiB less 5 MiB: of one put, and of one part. */
  objectBytes: 5_363_466_240,
  /** Of an object in parts: just under 5 TiB. */
  multipartBytes: 5_497_558_138_880,
  /** Characters of all names and values of customMetadata; twice as many where one of them is beyond Latin-1. */
  metadataBytes: 2048,
  /** Of all fields of httpMetadata together: as much as a request's headers can bring. */
  httpMetadataCharacters: 8192,
  /** Of every part but the last. */
  partBytes: 5 * 1024 * 1024,
  parts: 10_000,
  listKeys: 1000,
  /** With metadata included. */
  listKeysWithMetadata: 100,
  deleteKeys: 1000,
} as const;

export const R2_HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const;
export type R2Hash = (typeof R2_HASHES)[number];

/** A checksum that S3 clients give and are given, in base64; of an object in parts with "-" and their number. */
export type S3ChecksumAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256';
export type S3Checksum = { algorithm: S3ChecksumAlgorithm; value: string };

export type R2HttpMetadata = {
  contentType?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  cacheControl?: string;
  /** Milliseconds since 1970. */
  cacheExpiry?: number;
};

/** What there is to know of an object, as it travels. Digests are hexadecimal. */
export type R2Metadata = {
  key: string;
  version: string;
  size: number;
  etag: string;
  /** Milliseconds since 1970. */
  uploaded: number;
  checksums: Partial<Record<R2Hash, string>>;
  /** Absent where a list did not ask for it. */
  http?: R2HttpMetadata;
  custom?: Record<string, string>;
  storageClass: string;
  /** Of the customer's key that it is encrypted with, in base64. */
  ssecKeyMd5?: string;
  /** For S3 clients alone. */
  s3?: S3Checksum;
  /** Of how many parts it is made, where one of them was asked for. */
  parts?: number;
  range?: { offset: number; length: number };
};

/** An entity tag of a condition: "*" is any. */
export type R2Etag = { value: string; weak?: boolean };

export type R2Conditions = {
  etagMatches?: readonly R2Etag[];
  etagDoesNotMatch?: readonly R2Etag[];
  /** Milliseconds since 1970. */
  uploadedBefore?: number;
  uploadedAfter?: number;
  secondsGranularity?: boolean;
};

/** What of an object is wanted: what was given of a range, a Range header, or a part of those it was uploaded in, from 1 on. */
export type R2Range = { offset?: number; length?: number; suffix?: number } | { header: string } | { part: number };

export type R2GetOptions = { range?: R2Range; onlyIf?: R2Conditions };
export type R2MetadataOptions = { http?: R2HttpMetadata; custom?: Record<string, string>; storageClass?: string };
export type R2PutOptions = R2MetadataOptions & { onlyIf?: R2Conditions; hash?: { algorithm: R2Hash; hex: string } };
export type R2ListOptions = {
  prefix?: string;
  delimiter?: string;
  cursor?: string;
  startAfter?: string;
  /** After all keys that begin with this. */
  past?: string;
  limit?: number;
  include?: readonly ('httpMetadata' | 'customMetadata')[];
};
export type R2ListResult = { objects: R2Metadata[]; prefixes: string[]; truncated: boolean; cursor?: string };
export type R2Part = { number: number; etag: string };
