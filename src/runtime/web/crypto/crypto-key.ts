/**
 * CryptoKey: the isolate's name for a key that stays on the host.
 *
 * Contract, binding on changes to this file: no key material is ever held here. A key is a handle
 * and its public description; when the key is collected its handle is given back to the host.
 *
 * @see https://w3c.github.io/webcrypto/#cryptokey-interface
 */
import { Request } from '../../../protocol/ops.ts';
import { request } from '../../bridge.ts';
import { ArrayPrototypePush, FinalizationRegistryCtor, FinalizationRegistryPrototypeRegister, Uint8ArrayCtor, markHandled } from '../../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';

/** Every KeyUsage; a set of usages crosses as bits in this order, which is also the order in which `usages` lists them. */
export const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'] as const;

/** How the host describes a key. `usages` is a set of bits. */
export type KeyDescription = { handle: number; type: string; extractable: boolean; algorithm: Record<string, unknown>; usages: number };

let pending: KeyDescription | undefined;
let handleIn: (key: CryptoKey) => number;

export class CryptoKey {
  readonly #handle: number;
  readonly #type: string;
  readonly #extractable: boolean;
  readonly #algorithm: object;
  readonly #usages: string[];

  constructor() {
    if (pending === undefined) throw illegalConstructor();
    const { handle, type, extractable, algorithm, usages } = pending;
    pending = undefined;
    this.#handle = handle;
    this.#type = type;
    this.#extractable = extractable;
    this.#algorithm = algorithm;
    this.#usages = [];
    for (let i = 0; i < USAGES.length; i++) if (usages & (1 << i)) ArrayPrototypePush(this.#usages, USAGES[i] as string);
  }

  get type(): string {
    if (!isObject(this) || !(#handle in this)) throw illegalInvocation();
    return this.#type;
  }

  get extractable(): boolean {
    if (!isObject(this) || !(#handle in this)) throw illegalInvocation();
    return this.#extractable;
  }

  get algorithm(): object {
    if (!isObject(this) || !(#handle in this)) throw illegalInvocation();
    return this.#algorithm;
  }

  get usages(): string[] {
    if (!isObject(this) || !(#handle in this)) throw illegalInvocation();
    return this.#usages;
  }

  static isCryptoKey(value: unknown): value is CryptoKey {
    return typeof value === 'object' && value !== null && #handle in value;
  }

  static {
    handleIn = (key) => key.#handle;
  }
}

/** The brand check, taken off the class so that tenants do not see it. */
export const isCryptoKey = CryptoKey.isCryptoKey;
delete (CryptoKey as { isCryptoKey?: unknown }).isCryptoKey;
defineInterface(CryptoKey, 'CryptoKey');

/** The number the host knows a key by. */
export const keyHandle = (key: CryptoKey): number => handleIn(key);

/** Handles of collected keys are given back this many at a time, or with the next use of crypto.subtle. */
const RELEASE_BATCH = 32;
let freed = '';
let freedCount = 0;
let registry: FinalizationRegistry<number> | undefined;

/** Tells the host which keys are gone. */
export function releaseKeys(): void {
  if (freedCount === 0) return;
  const handles = `[${freed}]`;
  freed = '';
  freedCount = 0;
  markHandled(request(Request.subtle, 'release', handles));
}

const onFreed = (handle: number): void => {
  freed = freedCount++ === 0 ? `${handle}` : `${freed},${handle}`;
  if (freedCount >= RELEASE_BATCH) releaseKeys();
};

/** Gives `handle` back to the host when `owner` is collected. */
export function trackHandle(owner: object, handle: number): void {
  registry ??= new FinalizationRegistryCtor(onFreed);
  FinalizationRegistryPrototypeRegister(registry, owner, handle);
}

/** Makes the CryptoKey for a key the host has just made. */
export function newCryptoKey(description: KeyDescription): CryptoKey {
  const { algorithm } = description;
  const exponent = algorithm['publicExponent'] as number[] | undefined;
  if (exponent !== undefined) {
    const bytes = new Uint8ArrayCtor(exponent.length);
    for (let i = 0; i < exponent.length; i++) bytes[i] = exponent[i] as number;
    algorithm['publicExponent'] = bytes;
  }
  pending = description;
  const key = new CryptoKey();
  trackHandle(key, description.handle);
  return key;
}
