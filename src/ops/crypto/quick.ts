/**
 * HMAC and AES of short inputs, computed on the spot: a trip to a thread costs several times as much.
 *
 * Contract, binding on changes to this file: what is not plainly allowed is left to Node's Web
 * Cryptography, which then raises the right error. Undefined says so.
 */
import { KeyObject, createCipheriv, createDecipheriv, createHmac, createSecretKey, type webcrypto } from 'node:crypto';
import { OpError } from '../../base/op-error.ts';
import { hashName } from './digest.ts';
import type { HostKey } from './keys.ts';
import { INLINE_BYTES } from './limits.ts';
import type { Algorithm } from './wire.ts';

type SecretAlgorithm = { name: string; hash: { name: string }; length: number };
const NAMES = new Set(['HMAC', 'AES-GCM', 'AES-CBC']);
const TAG_BYTES = new Set([4, 8, 12, 13, 14, 15, 16]);

/** Is this a name whose secret is worth having? */
export function isQuick(name: string): boolean {
  return NAMES.has(name);
}

const lengthOf = ({ algorithm }: webcrypto.CryptoKey): number => (algorithm as unknown as SecretAlgorithm).length;

/** The secret of a key just imported, for node:crypto; undefined for keys of other kinds and of broken bytes. */
export function importedSecret(key: webcrypto.CryptoKey, data: Uint8Array | { k?: unknown }): KeyObject | undefined {
  if (!isQuick(key.algorithm.name)) return undefined;
  const bytes = data instanceof Uint8Array ? data : Buffer.from(String(data.k), 'base64url');
  return bytes.length * 8 === lengthOf(key) ? createSecretKey(bytes) : undefined;
}

/** A generated key and its secret. Node gives the secret of extractable keys only, so the key is made as one. */
export function generatedSecret(made: webcrypto.CryptoKey, extractable: boolean): { key: webcrypto.CryptoKey; secret: KeyObject | undefined } {
  const secret = KeyObject.from(made);
  const key = extractable ? made : secret.toCryptoKey(made.algorithm as never, false, made.usages);
  return { key, secret: lengthOf(made) % 8 === 0 ? secret : undefined };
}

const allowed = ({ key, secret }: HostKey, name: string, usage: webcrypto.KeyUsage, data: Uint8Array): KeyObject | undefined =>
  key.algorithm.name === name && data.length <= INLINE_BYTES && key.usages.includes(usage) ? secret : undefined;

/** The code over `data`. */
export function quickHmac(key: HostKey, name: string, usage: 'sign' | 'verify', data: Uint8Array): Buffer | undefined {
  const secret = name === 'HMAC' ? allowed(key, name, usage, data) : undefined;
  if (secret === undefined) return undefined;
  const { hash } = key.key.algorithm as unknown as SecretAlgorithm;
  return createHmac(hashName(hash.name), secret).update(data).digest();
}

const failed = (): OpError => new OpError('OperationError', 'The operation failed for an operation-specific reason');

/** The pieces in one ArrayBuffer of their own. */
const joined = (first: Uint8Array, second: Uint8Array, third: Uint8Array): ArrayBuffer => {
  const bytes = new Uint8Array(first.length + second.length + third.length);
  bytes.set(first);
  bytes.set(second, first.length);
  bytes.set(third, first.length + second.length);
  return bytes.buffer;
};

const NOTHING = new Uint8Array(0);

/** AES-GCM and AES-CBC. */
export function quickCipher(key: HostKey, algorithm: Algorithm, usage: 'encrypt' | 'decrypt', data: Uint8Array): ArrayBuffer | undefined {
  const { name, iv, additionalData, tagLength = 128 } = algorithm as Algorithm & { iv?: Uint8Array; additionalData?: Uint8Array; tagLength?: number };
  const secret = iv === undefined || name === 'HMAC' ? undefined : allowed(key, name, usage, data);
  if (iv === undefined || secret?.symmetricKeySize === undefined) return undefined;
  const bits = secret.symmetricKeySize * 8;
  if (name === 'AES-CBC') {
    if (iv.length !== 16) return undefined;
    const cipher = (usage === 'encrypt' ? createCipheriv : createDecipheriv)(`aes-${bits}-cbc`, secret, iv);
    const head = cipher.update(data);
    try {
      return joined(head, cipher.final(), NOTHING);
    } catch {
      throw failed();
    }
  }
  const authTagLength = tagLength / 8;
  if (iv.length === 0 || iv.length > 128 || !TAG_BYTES.has(authTagLength)) return undefined;
  if (usage === 'encrypt') {
    const cipher = createCipheriv(`aes-${bits as 256}-gcm`, secret, iv, { authTagLength });
    if (additionalData) cipher.setAAD(additionalData);
    const head = cipher.update(data);
    return joined(head, cipher.final(), cipher.getAuthTag());
  }
  if (data.length < authTagLength) return undefined;
  const end = data.length - authTagLength;
  const decipher = createDecipheriv(`aes-${bits as 256}-gcm`, secret, iv, { authTagLength });
  if (additionalData) decipher.setAAD(additionalData);
  decipher.setAuthTag(data.subarray(end));
  const head = decipher.update(data.subarray(0, end));
  try {
    return joined(head, decipher.final(), NOTHING);
  } catch {
    throw failed();
  }
}
