/**
 * Checksums of S3: what a body was announced with, and what is kept of an object's.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Crc, createCrc } from '../../base/crc.ts';
import type { S3Checksum, S3ChecksumAlgorithm } from '../../protocol/r2.ts';
import { S3Error } from './errors.ts';

const ALGORITHMS: readonly S3ChecksumAlgorithm[] = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'];
const PREFIX = 'x-amz-checksum-';
const PAYLOAD = 'x-amz-content-sha256';
const MD5 = 'content-md5';

/** As S3 names them in documents. */
export const ELEMENT_OF: Readonly<Record<S3ChecksumAlgorithm, string>> = {
  crc32: 'ChecksumCRC32',
  crc32c: 'ChecksumCRC32C',
  crc64nvme: 'ChecksumCRC64NVME',
  sha1: 'ChecksumSHA1',
  sha256: 'ChecksumSHA256',
};

const algorithmOf = (name: string): S3ChecksumAlgorithm | undefined => ALGORITHMS.find((one) => name === PREFIX + one);

/** Digests of a body: to be computed, and what they must come to, by the names of their headers. */
export class Checks {
  readonly #expected = new Map<string, string>();
  readonly #digests = new Map<string, Hash | Crc>();
  #results: Map<string, string> | undefined;

  /** @param payload the SHA-256 that the signature names, if any @throws S3Error for a header that is no digest */
  constructor(headers: IncomingHttpHeaders, payload: string | undefined) {
    if (payload !== undefined) this.expect(PAYLOAD, payload);
    for (const [name, value] of Object.entries(headers)) if (typeof value === 'string' && name !== PAYLOAD) this.expect(name, value);
    // One whose value comes later, in the trailer, must be computed from the start.
    for (const name of String(headers['x-amz-trailer'] ?? '').split(',')) this.#prepare(name.trim().toLowerCase());
    const named = String(headers['x-amz-sdk-checksum-algorithm'] ?? headers['x-amz-checksum-algorithm'] ?? '').toLowerCase();
    this.#prepare(PREFIX + named);
  }

  /** Does nothing for a name that stands for no digest. */
  expect(name: string, value: string): void {
    if (!this.#prepare(name)) return;
    if (name === MD5 && Buffer.from(value, 'base64').length !== 16) throw new S3Error('InvalidDigest');
    this.#expected.set(name, value);
  }

  #prepare(name: string): boolean {
    if (this.#digests.has(name)) return true;
    const algorithm = algorithmOf(name);
    if (name === PAYLOAD) this.#digests.set(name, createHash('sha256'));
    else if (name === MD5) this.#digests.set(name, createHash('md5'));
    else if (algorithm === 'sha1' || algorithm === 'sha256') this.#digests.set(name, createHash(algorithm));
    else if (algorithm !== undefined) this.#digests.set(name, createCrc(algorithm));
    else return false;
    return true;
  }

  update(chunk: Uint8Array): void {
    for (const digest of this.#digests.values()) digest.update(chunk);
  }

  /** The body is over. @throws S3Error where something does not fit */
  finish(): void {
    const results = new Map<string, string>();
    for (const [name, digest] of this.#digests) results.set(name, digest.digest().toString(name === PAYLOAD ? 'hex' : 'base64'));
    this.#results = results;
    for (const [name, expected] of this.#expected) {
      if (results.get(name) === expected) continue;
      throw name === PAYLOAD ? new S3Error('XAmzContentSHA256Mismatch') : new S3Error('BadDigest', `The ${name} you specified did not match what we received.`);
    }
  }

  /** What a client has asked for beside the digest of its signature; undefined where it is nothing, or before the body's end. */
  get checksum(): S3Checksum | undefined {
    for (const algorithm of ALGORITHMS) {
      const value = this.#results?.get(PREFIX + algorithm);
      if (value !== undefined) return { algorithm, value };
    }
    return undefined;
  }
}

/** Headers that tell of a checksum. */
export function checksumHeaders(checksum: S3Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [PREFIX + checksum.algorithm]: checksum.value, 'x-amz-checksum-type': typeOf(checksum) };
}

/** The same in a document. */
export function checksumElements(checksum: S3Checksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [ELEMENT_OF[checksum.algorithm]]: checksum.value, ChecksumType: typeOf(checksum) };
}

/** Of an object in parts it is that of its parts' checksums, with their number behind it, or that of all bytes. */
const typeOf = ({ value }: S3Checksum): 'COMPOSITE' | 'FULL_OBJECT' => (value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT');

/** What a client says of the checksums of an upload in parts. @throws S3Error */
export function announcedChecksum(headers: IncomingHttpHeaders): { algorithm: S3ChecksumAlgorithm; isFull: boolean } | undefined {
  const name = headers['x-amz-checksum-algorithm'];
  if (typeof name !== 'string') return undefined;
  const algorithm = ALGORITHMS.find((one) => one === name.toLowerCase());
  if (algorithm === undefined) throw new S3Error('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  const type = headers['x-amz-checksum-type'];
  const isFull = algorithm === 'crc64nvme' || type === 'FULL_OBJECT';
  if (isFull && algorithm.startsWith('sha'))
    throw new S3Error('InvalidRequest', `The FULL_OBJECT checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  return { algorithm, isFull };
}

/** The checksum that a client expects of an object that it completes. */
export function expectedChecksum(headers: IncomingHttpHeaders): S3Checksum | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = headers[PREFIX + algorithm];
    if (typeof value === 'string') return { algorithm, value };
  }
  return undefined;
}
