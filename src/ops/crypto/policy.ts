/**
 * What Node could do but a tenant may not ask: work and memory without bound on a shared machine.
 */
import type { webcrypto } from 'node:crypto';
import { OpError } from '../../base/op-error.ts';
import { MAX_PBKDF2_ITERATIONS, MAX_PBKDF2_WORK, MAX_RSA_BITS, MAX_RSA_GENERATED_BITS, MAX_SECRET_BITS } from './limits.ts';
import type { Algorithm } from './wire.ts';

const HASH_BITS: Readonly<Record<string, number>> = {
  'SHA-1': 160,
  'SHA-256': 256,
  'SHA-384': 384,
  'SHA-512': 512,
  'SHA3-256': 256,
  'SHA3-384': 384,
  'SHA3-512': 512,
};
/** Where no length is given, HMAC takes a block of its hash: at most this. */
const LONGEST_BLOCK_BITS = 1152;

const checkSecret = (bits: number): void => {
  if (bits > MAX_SECRET_BITS) throw new OpError('OperationError', `A secret may have at most ${MAX_SECRET_BITS} bits (requested ${bits}).`);
};

/** The value of a big-endian integer, or Infinity when it has more than 32 bits. */
const exponentOf = (bytes: Uint8Array): number => {
  let value = 0;
  for (const byte of bytes) {
    value = value * 256 + byte;
    if (value > 0xffff_ffff) return Infinity;
  }
  return value;
};

/** Before a key is made. */
export function checkGeneration({ length, modulusLength, publicExponent }: Algorithm): void {
  checkSecret(length ?? 0);
  if (modulusLength === undefined) return;
  if (modulusLength > MAX_RSA_GENERATED_BITS)
    throw new OpError('OperationError', `RSA keys of more than ${MAX_RSA_GENERATED_BITS} bits cannot be generated here (requested ${modulusLength}).`);
  // OpenSSL would search for ever for primes that suit an even exponent.
  const exponent = publicExponent === undefined ? 0 : exponentOf(publicExponent);
  if (exponent < 3 || exponent === Infinity || exponent % 2 === 0)
    throw new OpError('OperationError', 'The RSA public exponent must be odd, at least 3 and at most 32 bits long.');
}

/** Before bits are derived. `bits` is 0 where the kind of key decides. */
export function checkDerivation({ name, iterations = 0, hash = '' }: Algorithm, bits: number): void {
  checkSecret(bits);
  if (name !== 'PBKDF2') return;
  if (iterations > MAX_PBKDF2_ITERATIONS) {
    throw new OpError('NotSupportedError', `Pbkdf2 failed: iteration counts above ${MAX_PBKDF2_ITERATIONS} are not supported (requested ${iterations}).`);
  }
  const blocks = Math.ceil((bits || LONGEST_BLOCK_BITS) / (HASH_BITS[hash] ?? 160));
  if (iterations * blocks > MAX_PBKDF2_WORK) throw new OpError('OperationError', `Pbkdf2 failed: ${bits} bits are too many at ${iterations} iterations.`);
}

/** Before a code is made: KMAC's is as long as one asks. */
export function checkOutput({ outputLength = 0 }: Algorithm): void {
  checkSecret(outputLength as number);
}

/** When a key has come in from outside. */
export function checkImported({ algorithm }: webcrypto.CryptoKey): void {
  const { modulusLength = 0 } = algorithm as { modulusLength?: number };
  if (modulusLength > MAX_RSA_BITS) throw new OpError('DataError', `RSA keys may have at most ${MAX_RSA_BITS} bits.`);
}
