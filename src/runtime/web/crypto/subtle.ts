/**
 * SubtleCrypto: arguments are converted and normalised here, the work is the host's.
 *
 * Contract, binding on changes to this file: everything a caller can observe (getters, conversions)
 * happens before the call crosses and in the specification's order; bytes are copied before it crosses.
 *
 * @see https://w3c.github.io/webcrypto/#subtlecrypto-interface
 */
import { Request } from '../../../protocol/ops.ts';
import { request, requireEvent } from '../../bridge.ts';
import { ArrayBufferIsView, JSONParse, TypeErrorCtor } from '../../primordials.ts';
import {
  type BufferSource,
  argument,
  bufferSource,
  defineInterface,
  illegalConstructor,
  illegalInvocation,
  isArrayBuffer,
  isObject,
  requireArguments,
} from '../../webidl.ts';
import { enumeration, interfaceOf, sequence, unsignedLong } from '../../webidl-types.ts';
import { algorithmIdentifier, normalizeAlgorithm } from './algorithms.ts';
import { bytesOf, copyOf } from './bytes.ts';
import { Call } from './call.ts';
import { type CryptoKey, type KeyDescription, USAGES, isCryptoKey, newCryptoKey } from './crypto-key.ts';
import { jsonWebKey } from './json-web-key.ts';

const NAME = 'SubtleCrypto';
const cryptoKey = interfaceOf('CryptoKey', isCryptoKey);
const keyFormat = enumeration('KeyFormat', ['raw', 'spki', 'pkcs8', 'jwk', 'raw-public', 'raw-secret', 'raw-seed']);
const usageList = sequence(enumeration('KeyUsage', USAGES));

type CryptoKeyPair = { publicKey: CryptoKey; privateKey: CryptoKey };

let allowed = false;

export class SubtleCrypto {
  #brand = true;

  constructor() {
    if (!allowed) throw illegalConstructor();
  }

  /** Makes the one instance. */
  static make(): SubtleCrypto {
    allowed = true;
    try {
      return new SubtleCrypto();
    } finally {
      allowed = false;
    }
  }

  /** Checks the receiver and the number of arguments. */
  static check(self: unknown, operation: string, given: number, required: number): void {
    if (!isObject(self) || !(#brand in self)) throw illegalInvocation();
    requireArguments(given, required, `Failed to execute '${operation}' on '${NAME}'`);
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-encrypt */
  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    check(this, 'encrypt', arguments.length, 3);
    return await transform('encrypt', 'encrypt', algorithm, key, data);
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-decrypt */
  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    check(this, 'decrypt', arguments.length, 3);
    return await transform('decrypt', 'encrypt', algorithm, key, data);
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-sign */
  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    check(this, 'sign', arguments.length, 3);
    return await transform('sign', 'sign', algorithm, key, data);
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-verify */
  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<unknown> {
    check(this, 'verify', arguments.length, 4);
    return await transform('verify', 'sign', algorithm, key, data, [signature]);
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest */
  async digest(algorithm: unknown, data: unknown): Promise<unknown> {
    check(this, 'digest', arguments.length, 2);
    const given = algorithmIdentifier(algorithm, argument('digest', NAME, 1));
    const source = bufferSource(data, argument('digest', NAME, 2));
    const { name } = normalizeAlgorithm('digest', given, []);
    return await request(Request.digest, name, copyOf(source));
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-generateKey */
  async generateKey(algorithm: unknown, extractable: unknown, keyUsages: unknown): Promise<CryptoKey | CryptoKeyPair> {
    check(this, 'generateKey', arguments.length, 3);
    const given = algorithmIdentifier(algorithm, argument('generateKey', NAME, 1));
    const call = new Call();
    call.members.extractable = !!extractable;
    call.members.usages = usageBits(keyUsages, argument('generateKey', NAME, 3));
    call.algorithm('generateKey', given);
    requireEvent();
    const reply = JSONParse((await call.send('generateKey')) as string) as KeyDescription | { publicKey: KeyDescription; privateKey: KeyDescription };
    if ('handle' in reply) return newCryptoKey(reply);
    return { publicKey: newCryptoKey(reply.publicKey), privateKey: newCryptoKey(reply.privateKey) };
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveKey */
  async deriveKey(algorithm: unknown, baseKey: unknown, derivedKeyType: unknown, extractable: unknown, keyUsages: unknown): Promise<CryptoKey> {
    check(this, 'deriveKey', arguments.length, 5);
    const given = algorithmIdentifier(algorithm, argument('deriveKey', NAME, 1));
    const key = cryptoKey(baseKey, argument('deriveKey', NAME, 2));
    const derived = algorithmIdentifier(derivedKeyType, argument('deriveKey', NAME, 3));
    const call = new Call();
    call.members.extractable = !!extractable;
    call.members.usages = usageBits(keyUsages, argument('deriveKey', NAME, 5));
    call.algorithm('deriveBits', given);
    // Normalised twice, as the specification has it; the second form has all that the first has, and the key's length.
    call.algorithm('importKey', derived, 'derived');
    call.algorithm('getKeyLength', derived, 'derived');
    call.key(key);
    return await call.sendForKey('deriveKey');
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveBits */
  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<unknown> {
    check(this, 'deriveBits', arguments.length, 2);
    const given = algorithmIdentifier(algorithm, argument('deriveBits', NAME, 1));
    const key = cryptoKey(baseKey, argument('deriveBits', NAME, 2));
    const call = new Call();
    call.members.length = length === null ? null : unsignedLong(length, argument('deriveBits', NAME, 3));
    call.algorithm('deriveBits', given);
    call.key(key);
    return await call.send('deriveBits');
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-importKey */
  async importKey(format: unknown, keyData: unknown, algorithm: unknown, extractable: unknown, keyUsages: unknown): Promise<CryptoKey> {
    check(this, 'importKey', arguments.length, 5);
    const form = keyFormat(format, argument('importKey', NAME, 1));
    const context = argument('importKey', NAME, 2);
    const isBytes = ArrayBufferIsView(keyData) || isArrayBuffer(keyData);
    const data = isBytes ? bufferSource(keyData, context) : jsonWebKey(keyData, context);
    const given = algorithmIdentifier(algorithm, argument('importKey', NAME, 3));
    const call = new Call();
    call.members.format = form;
    call.members.extractable = !!extractable;
    call.members.usages = usageBits(keyUsages, argument('importKey', NAME, 5));
    call.algorithm('importKey', given);
    if (isBytes === (form === 'jwk')) throw new TypeErrorCtor(`${context} is not of the type that format '${form}' takes.`);
    if (isBytes) call.bytes(data as BufferSource);
    else call.members.jwk = data;
    return await call.sendForKey('importKey');
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-exportKey */
  async exportKey(format: unknown, key: unknown): Promise<unknown> {
    check(this, 'exportKey', arguments.length, 2);
    const call = new Call();
    call.members.format = keyFormat(format, argument('exportKey', NAME, 1));
    call.key(cryptoKey(key, argument('exportKey', NAME, 2)));
    const reply = await call.send('exportKey');
    return typeof reply === 'string' ? JSONParse(reply) : reply;
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-wrapKey */
  async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, wrapAlgorithm: unknown): Promise<unknown> {
    check(this, 'wrapKey', arguments.length, 4);
    const call = new Call();
    call.members.format = keyFormat(format, argument('wrapKey', NAME, 1));
    call.key(cryptoKey(key, argument('wrapKey', NAME, 2)));
    const wrapping = cryptoKey(wrappingKey, argument('wrapKey', NAME, 3));
    call.algorithmOf('wrapKey', 'encrypt', algorithmIdentifier(wrapAlgorithm, argument('wrapKey', NAME, 4)));
    call.wrappingKey(wrapping);
    return await call.send('wrapKey');
  }

  /** @see https://w3c.github.io/webcrypto/#SubtleCrypto-method-unwrapKey */
  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    check(this, 'unwrapKey', arguments.length, 7);
    const call = new Call();
    call.members.format = keyFormat(format, argument('unwrapKey', NAME, 1));
    const wrapped = bufferSource(wrappedKey, argument('unwrapKey', NAME, 2));
    call.wrappingKey(cryptoKey(unwrappingKey, argument('unwrapKey', NAME, 3)));
    const given = algorithmIdentifier(unwrapAlgorithm, argument('unwrapKey', NAME, 4));
    const inner = algorithmIdentifier(unwrappedKeyAlgorithm, argument('unwrapKey', NAME, 5));
    call.members.extractable = !!extractable;
    call.members.usages = usageBits(keyUsages, argument('unwrapKey', NAME, 7));
    call.algorithmOf('wrapKey', 'encrypt', given);
    call.algorithm('importKey', inner, 'derived');
    call.bytes(wrapped);
    return await call.sendForKey('unwrapKey');
  }

  /** @see https://wicg.github.io/webcrypto-modern-algos/#SubtleCrypto-method-getPublicKey */
  async getPublicKey(key: unknown, keyUsages: unknown): Promise<CryptoKey> {
    check(this, 'getPublicKey', arguments.length, 2);
    const call = new Call();
    call.key(cryptoKey(key, argument('getPublicKey', NAME, 1)));
    call.members.usages = usageBits(keyUsages, argument('getPublicKey', NAME, 2));
    return await call.sendForKey('getPublicKey');
  }

  /**
   * Compares in a time that depends on the length alone. Cloudflare's addition.
   * @see https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#timingsafeequal
   */
  timingSafeEqual(a: unknown, b: unknown): boolean {
    check(this, 'timingSafeEqual', arguments.length, 2);
    const left = bytesOf(bufferSource(a, argument('timingSafeEqual', NAME, 1)));
    const right = bytesOf(bufferSource(b, argument('timingSafeEqual', NAME, 2)));
    const { length } = left;
    if (length !== right.length) throw new TypeErrorCtor('Input buffers must have the same byte length.');
    let difference = 0;
    for (let i = 0; i < length; i++) difference |= (left[i] as number) ^ (right[i] as number);
    return difference === 0;
  }
}

const { check } = SubtleCrypto;
export const newSubtleCrypto = SubtleCrypto.make;
delete (SubtleCrypto as { check?: unknown }).check;
delete (SubtleCrypto as { make?: unknown }).make;
defineInterface(SubtleCrypto, NAME);

const usageBits = (value: unknown, context: string): number => {
  const usages = usageList(value, context);
  let bits = 0;
  for (let i = 0; i < USAGES.length; i++) for (let j = 0; j < usages.length; j++) if (usages[j] === USAGES[i]) bits |= 1 << i;
  return bits;
};

/** encrypt, decrypt, sign and verify: an algorithm, a key, perhaps a signature, and data. */
const transform = (name: string, operation: 'encrypt' | 'sign', algorithm: unknown, key: unknown, data: unknown, signature?: [unknown]): Promise<unknown> => {
  const given = algorithmIdentifier(algorithm, argument(name, NAME, 1));
  const cryptographicKey = cryptoKey(key, argument(name, NAME, 2));
  const signed = signature && bufferSource(signature[0], argument(name, NAME, 3));
  const source = bufferSource(data, argument(name, NAME, signed ? 4 : 3));
  const call = new Call();
  call.algorithm(operation, given);
  if (signed) call.bytes(signed);
  call.key(cryptographicKey);
  call.bytes(source);
  return call.send(name);
};
