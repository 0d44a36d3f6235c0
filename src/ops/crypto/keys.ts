/**
 * The keys of an isolate: Node's CryptoKey objects behind handles, counted.
 *
 * Contract, binding on changes to this file: what is added is paid for out of the isolate's
 * allowance before work begins, and given back when it is released; a handle from the isolate is
 * trusted for nothing but looking it up among that isolate's own.
 */
import type { KeyObject, webcrypto } from 'node:crypto';
import type { Handles } from '../handles.ts';
import { OpError } from '../../base/op-error.ts';
import type { OpContext } from '../op.ts';
import { MAX_KEYS } from './limits.ts';

type CryptoKey = webcrypto.CryptoKey;

/** Anything here that an isolate holds and that counts against its allowance. */
export abstract class Held {
  readonly cost: number;
  constructor(cost: number) {
    this.cost = cost;
  }
}

/** A key an isolate holds. */
export class HostKey extends Held {
  readonly key: CryptoKey;
  /** The same key for node:crypto's synchronous functions, where it is worth having. */
  readonly secret: KeyObject | undefined;

  constructor(key: CryptoKey, cost: number, secret?: KeyObject) {
    super(cost);
    this.key = key;
    this.secret = secret;
  }
}

const allowances = new WeakMap<Handles, number>();

/** What a key of so many bytes counts. */
export function costOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}

/** Takes `cost` from the isolate's allowance, or refuses. */
export function reserve(context: OpContext, cost: number): void {
  const held = (allowances.get(context.handles) ?? 0) + cost;
  if (held > MAX_KEYS) throw new OpError('OperationError', `Too many keys: at most ${MAX_KEYS} may be held at a time.`);
  allowances.set(context.handles, held);
}

/** Gives back what was reserved and is not, or no longer, held. */
export function refund(context: OpContext, cost: number): void {
  allowances.set(context.handles, (allowances.get(context.handles) ?? 0) - cost);
}

/** Forgets a held object; anything else `handle` may name is left alone. */
export function release(context: OpContext, handle: unknown): void {
  if (context.handles.get(handle, Held) === undefined) return;
  refund(context, (context.handles.remove(handle) as Held).cost);
}

/** The order in which usages are bits on the wire: that of runtime/web/crypto/crypto-key.ts. */
const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'] as const;
type Usage = (typeof USAGES)[number];

/** The usages that `bits` stand for. */
export function usagesOf(bits: number): Usage[] {
  return USAGES.filter((_, i) => bits & (1 << i));
}

/** Registers a key that was paid for, and describes it for the isolate. */
export function describe(context: OpContext, key: CryptoKey, cost: number, secret?: KeyObject): object {
  const { publicExponent, ...rest } = key.algorithm as unknown as { publicExponent?: Uint8Array };
  const algorithm = publicExponent === undefined ? rest : { ...rest, publicExponent: [...publicExponent] };
  let usages = 0;
  for (const [i, usage] of USAGES.entries()) if (key.usages.includes(usage)) usages |= 1 << i;
  return { handle: context.handles.add(new HostKey(key, cost, secret)), type: key.type, extractable: key.extractable, algorithm, usages };
}
