/**
 * Digests: of one piece, and of bytes that come bit by bit (crypto.DigestStream).
 */
import { createHash, hash, webcrypto } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CRC_BYTES, type CrcName, createCrc } from '../../base/crc.ts';
import { OpError } from '../../base/op-error.ts';
import type { OpContext } from '../op.ts';
import { gated } from './gate.ts';
import { Held, release, reserve } from './keys.ts';
import { INLINE_BYTES } from './limits.ts';
import { toArrayBuffer, toBytes } from './wire.ts';

/** Names as the Web has them to names as OpenSSL has them. */
const HASHES = new Map([
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['SHA3-256', 'sha3-256'],
  ['SHA3-384', 'sha3-384'],
  ['SHA3-512', 'sha3-512'],
  ['MD5', 'md5'],
]);

/** OpenSSL's name of a hash. */
export function hashName(name: unknown): string {
  const known = HASHES.get(name as string);
  if (known === undefined) throw new OpError('NotSupportedError', 'Unrecognized hash algorithm.');
  return known;
}

/** A hash, or a checksum. */
interface Running {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

/** Checksums are for crypto.DigestStream only: the runtime asks for none elsewhere. */
const isChecksum = (name: unknown): name is CrcName => typeof name === 'string' && Object.hasOwn(CRC_BYTES, name);
const begin = (name: unknown): Running => (isChecksum(name) ? createCrc(name) : createHash(hashName(name)));

/** Long inputs are fed piece by piece, with other work in between. */
const updateInTurns = async (running: Running, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length; at += INLINE_BYTES) {
    if (at > 0) await setImmediate();
    running.update(bytes.subarray(at, at + INLINE_BYTES));
  }
};

/** `Request.digest`: algorithm name, bytes → ArrayBuffer. */
export function digest(context: OpContext, event: number, _call: number, algorithm: unknown, data: unknown): ArrayBuffer | Promise<ArrayBuffer> {
  const name = isChecksum(algorithm) ? undefined : hashName(algorithm);
  const bytes = toBytes(data);
  if (name !== undefined && bytes.length <= INLINE_BYTES) return toArrayBuffer(hash(name, bytes, 'buffer'));
  const running = begin(algorithm);
  if (bytes.length <= INLINE_BYTES) {
    running.update(bytes);
    return toArrayBuffer(running.digest());
  }
  return gated(context, event, 'slow', bytes.length, async () => {
    if (name?.startsWith('sha')) return webcrypto.subtle.digest(algorithm as string, bytes);
    await updateInTurns(running, bytes);
    return toArrayBuffer(running.digest());
  });
}

/** A digest in progress. */
class RunningDigest extends Held {
  readonly hash: Running;
  constructor(running: Running) {
    super(1);
    this.hash = running;
  }
}

/** Algorithm name → handle. */
export function digestStart(context: OpContext, algorithm: unknown): number {
  const running = begin(algorithm);
  reserve(context, 1);
  return context.handles.add(new RunningDigest(running));
}

const runningOf = (context: OpContext, handle: unknown): RunningDigest => {
  const running = context.handles.get(handle, RunningDigest);
  if (running === undefined) throw new OpError('TypeError', 'Malformed request to the host.');
  return running;
};

/** Handle, bytes → nothing, when the next may come. */
export async function digestUpdate(context: OpContext, handle: unknown, data: unknown): Promise<undefined> {
  await updateInTurns(runningOf(context, handle).hash, toBytes(data));
}

/** Handle → ArrayBuffer; the handle is gone. */
export function digestFinish(context: OpContext, handle: unknown): ArrayBuffer {
  const running = runningOf(context, handle);
  release(context, handle);
  return toArrayBuffer(running.hash.digest());
}
