/**
 * `Request.subtle`: the work behind crypto.subtle, done by Node's own Web Cryptography.
 *
 * Contract, binding on changes to this file: Node checks keys, usages and parameters once more, as
 * the specification says; what is checked here is what Node would do but one tenant must not ask of
 * a machine shared with others. Of an error only the Web's name and text leave this file.
 */
import { type KeyObject, timingSafeEqual, webcrypto } from 'node:crypto';
import { OpError } from '../../base/op-error.ts';
import type { OpContext, Reply } from '../op.ts';
import { digestFinish, digestStart, digestUpdate } from './digest.ts';
import { gated } from './gate.ts';
import { costOf, describe, refund, release, reserve } from './keys.ts';
import { INLINE_BYTES, MAX_KEYS } from './limits.ts';
import { checkDerivation, checkGeneration, checkImported, checkOutput } from './policy.ts';
import { generatedSecret, importedSecret, isQuick, quickCipher, quickHmac } from './quick.ts';
import { type Algorithm, Wire, parse, toArrayBuffer } from './wire.ts';

const { subtle } = webcrypto;
// The very class Node's cryptography throws, whatever becomes of the global.
const { DOMException } = globalThis;
type CryptoKey = webcrypto.CryptoKey;
/** The specification's types are narrower than what crosses; Node converts and checks every member. */
type Loose = never;

const SLOW = new Set(['RSASSA-PKCS1-v1_5', 'RSA-PSS', 'RSA-OAEP', 'PBKDF2']);

/** Runs what needs a thread in the isolate's turn. What the job uses is looked up before: by then the isolate may have given it up. */
const run = <T>(context: OpContext, wire: Wire, { name }: Algorithm, job: () => Promise<T>): Promise<T> =>
  gated(context, wire.event, SLOW.has(name) || wire.size > INLINE_BYTES ? 'slow' : 'short', wire.size, job);

const checkWanted = (wire: Wire): void => {
  if (!wire.isWanted) throw new OpError('OperationError', 'The event is over.');
};

/** Makes keys: paid for first, described last. */
const making = async (
  context: OpContext,
  wire: Wire,
  cost: number,
  make: () => Promise<CryptoKey>,
  secretOf?: (key: CryptoKey) => KeyObject | undefined,
): Promise<string> => {
  reserve(context, cost);
  try {
    const key = await make();
    checkImported(key);
    checkWanted(wire);
    return JSON.stringify(describe(context, key, cost, secretOf?.(key)));
  } catch (error) {
    refund(context, cost);
    throw error;
  }
};

const sign = (context: OpContext, wire: Wire): Reply => {
  const algorithm = wire.algorithm();
  const key = wire.key();
  const data = wire.bytes();
  const mac = quickHmac(key, algorithm.name, 'sign', data);
  checkOutput(algorithm);
  return mac ? toArrayBuffer(mac) : run(context, wire, algorithm, () => subtle.sign(algorithm as Loose, key.key, data));
};

const verify = (context: OpContext, wire: Wire): Reply => {
  const algorithm = wire.algorithm();
  const key = wire.key();
  const signature = wire.bytes(1);
  const data = wire.bytes();
  const mac = quickHmac(key, algorithm.name, 'verify', data);
  checkOutput(algorithm);
  if (mac) return mac.length === signature.length && timingSafeEqual(mac, signature);
  return run(context, wire, algorithm, () => subtle.verify(algorithm as Loose, key.key, signature, data));
};

const generateKey = async (context: OpContext, wire: Wire): Promise<string> => {
  const algorithm = wire.algorithm();
  checkGeneration(algorithm);
  const cost = costOf((algorithm.length ?? 0) / 8);
  reserve(context, 2 * cost);
  let spent = 0;
  const { extractable, usages } = wire;
  const keepsSecret = isQuick(algorithm.name);
  try {
    const made = (await run(context, wire, algorithm, () => subtle.generateKey(algorithm as Loose, extractable || keepsSecret, usages))) as
      | CryptoKey
      | webcrypto.CryptoKeyPair;
    checkWanted(wire);
    if (!('publicKey' in made)) {
      const { key, secret } = keepsSecret ? generatedSecret(made, extractable) : { key: made, secret: undefined };
      spent = cost;
      return JSON.stringify(describe(context, key, cost, secret));
    }
    spent = 2 * cost;
    return JSON.stringify({ publicKey: describe(context, made.publicKey, cost), privateKey: describe(context, made.privateKey, cost) });
  } finally {
    refund(context, 2 * cost - spent);
  }
};

const importKey = (context: OpContext, wire: Wire): Promise<string> => {
  const { format } = wire;
  const data = format === 'jwk' ? wire.jwk : wire.bytes();
  // A JWK that came through has no more characters than a key may well have.
  const cost = format === 'jwk' ? costOf(JSON.stringify(data).length) : costOf(wire.size);
  return making(
    context,
    wire,
    cost,
    () => subtle.importKey(format as Loose, data as Loose, wire.algorithm() as Loose, wire.extractable, wire.usages),
    (key) => importedSecret(key, data),
  );
};

const exportKey = async (_context: OpContext, wire: Wire): Promise<Reply> => {
  const { format } = wire;
  const exported = await subtle.exportKey(format as Loose, wire.key().key);
  return format === 'jwk' ? JSON.stringify(exported) : exported;
};

const deriveBits = async (context: OpContext, wire: Wire): Promise<Reply> => {
  const algorithm = wire.algorithm();
  const { key } = wire.key();
  const { length } = wire;
  checkDerivation(algorithm, length ?? 0);
  return run(context, wire, algorithm, () => subtle.deriveBits(algorithm as Loose, key, length as number));
};

const deriveKey = async (context: OpContext, wire: Wire): Promise<Reply> => {
  const algorithm = wire.algorithm();
  const { key } = wire.key();
  const derived = wire.algorithm('derived');
  checkDerivation(algorithm, derived.length ?? 0);
  return making(context, wire, costOf((derived.length ?? 0) / 8), () =>
    run(context, wire, algorithm, () => subtle.deriveKey(algorithm as Loose, key, derived as Loose, wire.extractable, wire.usages)),
  );
};

const getPublicKey = (context: OpContext, wire: Wire): Promise<string> => {
  // Not yet in Node's own type declarations.
  const { getPublicKey: get } = subtle as unknown as { getPublicKey(key: CryptoKey, usages: string[]): Promise<CryptoKey> };
  return making(context, wire, 1, () => get.call(subtle, wire.key().key, wire.usages));
};

const wrapKey = (context: OpContext, wire: Wire): Promise<Reply> => {
  const algorithm = wire.algorithm();
  const { key } = wire.key();
  const wrapping = wire.key('wrapping').key;
  return run(context, wire, algorithm, () => subtle.wrapKey(wire.format as Loose, key, wrapping, algorithm as Loose));
};

const unwrapKey = (context: OpContext, wire: Wire): Promise<Reply> => {
  const algorithm = wire.algorithm();
  const wrapping = wire.key('wrapping').key;
  return making(context, wire, costOf(wire.bytes().length), () =>
    run(context, wire, algorithm, () =>
      subtle.unwrapKey(wire.format as Loose, wire.bytes(), wrapping, algorithm as Loose, wire.algorithm('derived') as Loose, wire.extractable, wire.usages),
    ),
  );
};

const cipher =
  (operation: 'encrypt' | 'decrypt') =>
  (context: OpContext, wire: Wire): Reply => {
    const algorithm = wire.algorithm();
    const key = wire.key();
    const data = wire.bytes();
    return quickCipher(key, algorithm, operation, data) ?? run(context, wire, algorithm, () => subtle[operation](algorithm as Loose, key.key, data));
  };

const OPERATIONS = new Map<unknown, (context: OpContext, wire: Wire) => Reply | Promise<Reply>>([
  ['sign', sign],
  ['verify', verify],
  ['encrypt', cipher('encrypt')],
  ['decrypt', cipher('decrypt')],
  ['generateKey', generateKey],
  ['importKey', importKey],
  ['exportKey', exportKey],
  ['deriveBits', deriveBits],
  ['deriveKey', deriveKey],
  ['getPublicKey', getPublicKey],
  ['wrapKey', wrapKey],
  ['unwrapKey', unwrapKey],
]);

/** Gives up keys the isolate no longer has. */
const releaseAll = (context: OpContext, text: unknown): undefined => {
  const handles = parse(text);
  if (!Array.isArray(handles) || handles.length > MAX_KEYS) throw new OpError('TypeError', 'Malformed request to the host.');
  for (const handle of handles) release(context, handle);
};

/** What the isolate may learn of a failure. A SyntaxError travels as an answer: see runtime/web/crypto/call.ts. */
const translate = (error: unknown): string => {
  if (error instanceof OpError) throw error;
  if (error instanceof DOMException) {
    if (error.name === 'SyntaxError') return `!${error.message}`;
    throw new OpError(error.name, error.message);
  }
  // Node's own errors have a code; a fault of ours has none, and nothing to tell.
  if (error instanceof TypeError && 'code' in error) throw new OpError('TypeError', error.message);
  throw new OpError('OperationError', 'The operation failed for an operation-specific reason');
};

/** `Request.subtle`: operation, then as runtime/web/crypto/call.ts says. */
export async function subtleOp(context: OpContext, event: number, _call: number, operation: unknown, first: unknown, ...rest: unknown[]): Promise<Reply> {
  switch (operation) {
    case 'release':
      return releaseAll(context, first);
    case 'digestStart':
      return digestStart(context, first);
    case 'digestUpdate':
      return digestUpdate(context, first, rest[0]);
    case 'digestFinish':
      return digestFinish(context, first);
  }
  const perform = OPERATIONS.get(operation);
  if (perform === undefined) throw new OpError('NotSupportedError', 'Unknown operation.');
  try {
    return await perform(context, new Wire(context, event, first, rest));
  } catch (error) {
    return translate(error);
  }
}
