/**
 * `Sync.random`: count → ArrayBuffer of random bytes.
 */
import { getRandomValues } from 'node:crypto';
import { OpError } from '../../base/op-error.ts';
import type { OpContext } from '../op.ts';
import { MAX_RANDOM_BYTES } from './limits.ts';
import { toCount } from './wire.ts';

export function random(_context: OpContext, _event: number, count: unknown): ArrayBuffer {
  const length = toCount(count);
  if (length > MAX_RANDOM_BYTES) throw new OpError('RangeError', `At most ${MAX_RANDOM_BYTES} random bytes at a time.`);
  return getRandomValues(new Uint8Array(length)).buffer;
}
